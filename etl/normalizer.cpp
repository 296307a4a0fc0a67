#include "etl/normalizer.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "etl/json.hpp"
#include "etl/pg.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

using schema::Column;
using schema::Derive;
using schema::Slot;
using schema::Type;

constexpr std::size_t kRawKept = 2000;  // bytes of a cell in journal.reject
constexpr std::size_t kLabelsRemembered =
    200;  // a body of nothing but odd labels must not grow the map
constexpr std::uint64_t kKeySeed =
    0x6763;  // any fixed seed: both sides of a comparison use key_hash()

using schema::trim;

void put_digits(char* at, unsigned value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// "2026-02-01 07:05:12+00": what COPY takes for timestamptz. Digit by digit, since a load writes
// some of these per row.
std::string copy_instant(Instant t) {
    const Day day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date{day};
    const int year = static_cast<int>(date.year());
    if (year < 0 || year > 9999) return format_day(day) + " 00:00:00+00";
    const std::chrono::hh_mm_ss<std::chrono::seconds> time{
        std::chrono::floor<std::chrono::seconds>(t) - day};
    std::string text = "0000-00-00 00:00:00+00";
    put_digits(text.data(), static_cast<unsigned>(year), 4);
    put_digits(text.data() + 5, static_cast<unsigned>(date.month()), 2);
    put_digits(text.data() + 8, static_cast<unsigned>(date.day()), 2);
    put_digits(text.data() + 11, static_cast<unsigned>(time.hours().count()), 2);
    put_digits(text.data() + 14, static_cast<unsigned>(time.minutes().count()), 2);
    put_digits(text.data() + 17, static_cast<unsigned>(time.seconds().count()), 2);
    return text;
}

// First byte from `at` on that must be escaped: a control character, a backslash or `special`;
// sixteen bytes at a time.
std::size_t escaped_byte(std::string_view text, std::size_t at, char special) {
#ifdef __SSE2__
    const __m128i control = _mm_set1_epi8(0x1F), backslash = _mm_set1_epi8('\\'),
                  other = _mm_set1_epi8(special);
    for (; at + 16 <= text.size(); at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
        const __m128i found = _mm_or_si128(
            _mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, backslash), _mm_cmpeq_epi8(bytes, other)));
        if (const int mask = _mm_movemask_epi8(found); mask != 0)
            return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(mask)));
    }
#endif
    while (at < text.size() && text[at] != '\\' && text[at] != special &&
           static_cast<unsigned char>(text[at]) >= 0x20)
        ++at;
    return at;
}

// "12000.00" back to 1200000: of the text that goes to the table, not of the cell, so that the
// certificate is about what is stored.
std::int64_t hundredths(std::string_view money) {
    std::int64_t value = 0;
    for (const char c : money)
        if (c >= '0' && c <= '9') value = value * 10 + (c - '0');
    return !money.empty() && money[0] == '-' ? -value : value;
}

bool empty(const Cell& cell) {
    return cell.kind == Cell::Kind::null ||
           ((cell.kind == Cell::Kind::text) && trim(cell.text).empty());
}

}  // namespace

std::uint64_t key_hash(const std::vector<std::string_view>& key_texts) {
    std::uint64_t hash = kKeySeed;
    for (const std::string_view text : key_texts)
        hash = XXH3_64bits_withSeed(text.data(), text.size(), hash);
    return hash;
}

void append_copy_text(std::string& line, std::string_view value) {
    for (std::size_t from = 0; from < value.size();) {
        const std::size_t at = escaped_byte(value, from, '\\');
        line.append(value, from, at - from);
        if (at == value.size()) return;
        switch (value[at]) {
            case '\\':
                line += "\\\\";
                break;
            case '\t':
                line += "\\t";
                break;
            case '\n':
                line += "\\n";
                break;
            case '\r':
                line += "\\r";
                break;
            default:
                line += value[at];
        }
        from = at + 1;
    }
}

struct Normalizer::State {
    // A column to be written: where its cell stands, and the seed of its share of the row's hash.
    struct Output {
        const Column* column = nullptr;
        int position = -1;  // of the cell in the body; -1: derived or a constant
        int source = -1;    // of a derived column: position of its source's cell
        std::uint64_t seed = 0;
        std::optional<std::string> constant;
        int key = -1;    // index in the key, -1: not of it
        int money = -1;  // index in RowMoney::amounts
        bool is_currency = false, is_status = false;
        bool plain_text = false;  // nothing is done to the cell
    };
    struct Custom {
        std::string name;
        int position = -1;
        std::uint64_t seed = 0;
        std::string name_and_colon;  // as JSON
    };

    const schema::Table& table;
    const schema::Layout& layout;
    const Zone& zone;
    std::function<void(Reject)> rejects;
    schema::Present present;
    std::vector<Output> outputs;
    std::vector<Custom> customs;
    std::map<std::string, std::string> status_codes;  // folded label -> code
    std::map<std::string, std::optional<std::string>, std::less<>>
        labels_met;  // as written -> code
    int groups_position = -1;
    std::uint64_t groups_seed = 0;

    // of the row at hand
    std::uint64_t row_no = 0;
    std::span<const Cell> cells;
    std::string money_currency;
    std::vector<std::string> key;
    std::vector<std::string_view> key_texts;
    std::string scratch;
    std::vector<std::string> money_columns;
    RowMoney money;
    std::string currency, status;  // what money's views show

    State(const schema::Table& t, const schema::Layout& l, const Zone& z,
          std::function<void(Reject)> r)
        : table(t), layout(l), zone(z), rejects(std::move(r)) {}

    [[nodiscard]] const Cell& cell(int position) const {
        static const Cell none;
        return position >= 0 && static_cast<std::size_t>(position) < cells.size()
                   ? cells[static_cast<std::size_t>(position)]
                   : none;
    }
    void reject(const std::string& heading, std::string_view raw, const std::string& reason,
                bool set_aside = false) {
        std::string known;
        for (const std::string& part : key)
            known += (known.empty() || part.empty() ? "" : ",") + part;
        rejects(
            {row_no, known, heading, std::string(schema::cut(raw, kRawKept)), reason, set_aside});
    }
    void prepare(const std::vector<std::pair<std::string, std::string>>& constants,
                 const std::vector<std::string>& quarantined);
    std::optional<std::string> value(const Output& output);
    std::optional<std::string> derived(const Output& output);
    std::optional<std::string> typed(const Column& column, const Cell& cell);
    void find_currency();
};

void Normalizer::State::prepare(const std::vector<std::pair<std::string, std::string>>& constants,
                                const std::vector<std::string>& quarantined) {
    std::map<std::string, int> positions;
    for (std::size_t i = 0; i < layout.slots.size(); ++i) {
        const Slot& slot = layout.slots[i];
        if (slot.kind == Slot::Kind::column)
            positions[table.columns[static_cast<std::size_t>(slot.column)].name] =
                static_cast<int>(i);
        if (slot.kind == Slot::Kind::custom && table.has_custom) {
            const std::string& name = layout.custom[static_cast<std::size_t>(slot.custom)].name;
            if (std::find(quarantined.begin(), quarantined.end(), name) != quarantined.end())
                continue;
            customs.push_back(
                {name, static_cast<int>(i), XXH3_64bits(name.data(), name.size()), {}});
            append_json_string(customs.back().name_and_colon, name);
            customs.back().name_and_colon += ':';
        }
    }
    present = schema::present(table, layout);
    std::erase_if(present.custom_names, [&](const std::string& name) {
        return std::find(quarantined.begin(), quarantined.end(), name) != quarantined.end();
    });
    for (const auto& [name, text] : constants)
        if (std::find(present.columns.begin(), present.columns.end(), name) ==
            present.columns.end())
            present.columns.push_back(name);
    for (const std::string& name : present.columns) {
        Output output;
        output.column = schema::find_column(table, name);
        output.seed = XXH3_64bits(name.data(), name.size());
        if (const auto at = positions.find(name); at != positions.end())
            output.position = at->second;
        if (const auto at = positions.find(output.column->source); at != positions.end())
            output.source = at->second;
        for (const auto& [constant, text] : constants)
            if (constant == name && output.position < 0) output.constant = text;
        for (std::size_t k = 0; k < table.key.size(); ++k)
            if (table.key[k] == name) output.key = static_cast<int>(k);
        output.plain_text = output.column->type == Type::text &&
                            output.column->derive == Derive::none && !output.constant &&
                            output.key < 0;
        output.is_currency = name == "currency";
        output.is_status = name == "status";
        if (output.column->type == Type::money) {
            output.money = static_cast<int>(money_columns.size());
            money_columns.push_back(name);
        }
        outputs.push_back(std::move(output));
    }
    for (const schema::Status& known : schema::statuses(table.name))
        for (const std::string& label : known.labels)
            status_codes[schema::fold(label)] = known.code;
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        if (table.columns[c].type == Type::group_list)
            if (const auto at = positions.find(table.columns[c].name); at != positions.end()) {
                groups_position = at->second;
                groups_seed =
                    XXH3_64bits(table.columns[c].name.data(), table.columns[c].name.size());
            }
}

std::optional<std::string> Normalizer::State::typed(const Column& column, const Cell& given) {
    if (empty(given)) return std::nullopt;
    const std::string_view text = given.text;
    const auto finish = [&](const auto& read, const auto& format) -> std::optional<std::string> {
        if (read.reason != nullptr)
            reject(column.headings.empty() ? column.name : column.headings.front(), text,
                   read.reason);
        if (!read.value) return std::nullopt;
        return format(*read.value);
    };
    switch (column.type) {
        case Type::text:
            return std::string(text);
        case Type::bigint:
            return finish(read_bigint(text), [](std::int64_t v) { return std::to_string(v); });
        case Type::integer:
            return finish(read_integer(text), [](std::int32_t v) { return std::to_string(v); });
        case Type::money:
            return finish(read_money(text),
                          [](const Money& v) { return format_money(v.hundredths); });
        case Type::boolean:
            return finish(read_boolean(text), [](bool v) { return std::string(v ? "t" : "f"); });
        case Type::date:
            return finish(read_date(text), [](Day v) { return format_day(v); });
        case Type::timestamp:
            return finish(read_timestamp(text, zone), [](Instant v) { return copy_instant(v); });
        case Type::text_list:
            if (given.kind == Cell::Kind::list) {
                const std::vector<std::string> items = list_items(given);
                if (items.empty()) return std::nullopt;
                return pg::array_literal(items);
            } else {  // file exports join tags with a bar
                std::vector<std::string> items;
                std::string_view rest = text;
                while (!rest.empty()) {
                    const std::size_t bar = std::min(rest.find('|'), rest.size());
                    if (const std::string_view item = trim(rest.substr(0, bar)); !item.empty())
                        items.emplace_back(item);
                    rest.remove_prefix(std::min(bar + 1, rest.size()));
                }
                return pg::array_literal(items);
            }
        case Type::group_list:
            break;
    }
    return std::nullopt;
}

// The row's own currency is a cell or a word behind an amount; the heading's is the account's
// (getcourse-api.md 7).
void Normalizer::State::find_currency() {
    money_currency.clear();
    for (const Output& output : outputs) {
        if (output.column->type != Type::money || output.position < 0 || !money_currency.empty())
            continue;
        if (const Read<Money> amount = read_money(cell(output.position).text); amount.value)
            money_currency = amount.value->currency;
    }
    if (money_currency.empty()) money_currency = layout.heading_currency;
}

std::optional<std::string> Normalizer::State::derived(const Output& output) {
    const Cell& source = cell(output.source);
    const auto unless_empty = [](std::string text) {
        return text.empty() ? std::nullopt : std::optional(std::move(text));
    };
    switch (output.column->derive) {
        case Derive::email_key:
            return unless_empty(email_key(source.text));
        case Derive::phone_key:
            return unless_empty(phone_key(source.text));
        case Derive::status_code: {
            const auto known = labels_met.find(
                source.text);  // a school has a handful of labels, a body a million rows
            if (known != labels_met.end()) return known->second;
            const auto found = status_codes.find(schema::fold(source.text));
            std::optional<std::string> code =
                found == status_codes.end() ? std::nullopt : std::optional(found->second);
            if (labels_met.size() < kLabelsRemembered) labels_met.emplace(source.text, code);
            return code;
        }
        case Derive::currency: {
            const Cell& own = cell(output.position);
            if (output.position >= 0 && !empty(own)) return std::string(trim(own.text));
            find_currency();
            return unless_empty(money_currency);
        }
        case Derive::none:
            break;
    }
    return std::nullopt;
}

std::optional<std::string> Normalizer::State::value(const Output& output) {
    if (output.constant) return output.constant;
    if (output.column->derive != Derive::none) return derived(output);
    return typed(*output.column, cell(output.position));
}

Normalizer::Normalizer(const schema::Table& table, const schema::Layout& layout, const Zone& zone,
                       std::function<void(Reject)> rejects,
                       std::vector<std::pair<std::string, std::string>> constants,
                       std::vector<std::string> quarantined)
    : state_(std::make_unique<State>(table, layout, zone, std::move(rejects))) {
    state_->prepare(constants, quarantined);
}

Normalizer::~Normalizer() = default;

const schema::Present& Normalizer::present() const { return state_->present; }
const RowMoney& Normalizer::money() const { return state_->money; }
const std::vector<std::string>& Normalizer::money_columns() const { return state_->money_columns; }

RowResult Normalizer::row(std::uint64_t row_no, std::span<const Cell> cells, std::string& line) {
    State& s = *state_;
    s.row_no = row_no;
    s.cells = cells;
    s.key.assign(s.table.key.size(), "");
    s.money.amounts.assign(s.money_columns.size(), std::nullopt);
    s.currency.clear();
    s.status.clear();
    const std::size_t begin = line.size();
    RowResult result;
    std::uint64_t hash = 0;
    const auto add = [&](std::uint64_t seed, std::string_view text) {
        hash += XXH3_64bits_withSeed(text.data(), text.size(), seed);
    };
    const auto separate = [&] {
        if (line.size() > begin) line += '\t';
    };
    const auto aside = [&](const char* reason) {
        line.resize(begin);
        std::string raw;
        for (const Cell& cell : cells)
            raw += (raw.empty() ? "" : " | ") + std::string(schema::cut(cell.text, 200));
        s.reject("", raw, reason, true);
        result.outcome = RowResult::Outcome::set_aside;
        return result;
    };
    bool first = true;
    for (const State::Output& output : s.outputs) {
        if (output.plain_text) {  // most columns: straight from the cell to the line
            if (!first) line += '\t';
            first = false;
            const Cell& cell = s.cell(output.position);
            if (empty(cell)) {
                line += "\\N";
                continue;
            }
            add(output.seed, cell.text);
            append_copy_text(line, cell.text);
            if (output.is_currency) s.currency = cell.text;
            if (output.is_status) s.status = cell.text;
            continue;
        }
        const std::optional<std::string> value = s.value(output);
        if (!first) line += '\t';
        first = false;
        if (output.key >= 0) {
            if (!value) return aside("no key");
            if (s.table.name == "users" && *value == "-1")
                return aside("nobody");  // getcourse-api.md 7: no such user
            s.key[static_cast<std::size_t>(output.key)] = *value;
        }
        if (!value) {
            line += "\\N";
            continue;
        }
        add(output.seed, *value);
        append_copy_text(line, *value);
        if (output.money >= 0)
            s.money.amounts[static_cast<std::size_t>(output.money)] = hundredths(*value);
        if (output.is_currency) s.currency = *value;
        if (output.is_status) s.status = *value;
    }
    s.money.currency = s.currency;
    s.money.status = s.status;
    if (s.present.custom) {
        separate();
        s.scratch = "{";
        for (const State::Custom& custom : s.customs) {
            const Cell& cell = s.cell(custom.position);
            if (empty(cell))
                continue;  // what the body has and the row has not is empty: the merge knows the
                           // body's names
            if (s.scratch.size() > 1) s.scratch += ',';
            s.scratch += custom.name_and_colon;
            const std::size_t from = s.scratch.size();
            if (cell.kind == Cell::Kind::list || cell.kind == Cell::Kind::object)
                s.scratch += cell.text;
            else
                append_json_string(s.scratch, cell.text);
            add(custom.seed, std::string_view(s.scratch).substr(from));
        }
        s.scratch += '}';
        append_copy_text(line, s.scratch);
    }
    if (s.present.groups) {
        const Cell& cell = s.cell(s.groups_position);
        const auto groups = read_groups(cell.text);
        if (groups.reason != nullptr) s.reject("id групп пользователя", cell.text, groups.reason);
        if (!groups.value || static_cast<std::size_t>(s.groups_position) >=
                                 cells.size()) {  // unknown is not "in no group"
            line += "\t\\N\t\\N";
        } else {
            std::string ids = "{", days = "{";
            for (const auto& [id, day] : *groups.value) {
                ids += (ids.size() > 1 ? "," : "") + std::to_string(id);
                days +=
                    (days.size() > 1 ? "," : "") + (day ? format_day(*day) : std::string("NULL"));
            }
            line += '\t' + ids + "}\t" + days + '}';
            if (!groups.value->empty()) add(s.groups_seed, ids + days);
        }
    }
    if (cells.size() < s.layout.slots.size()) s.reject("", "", "short row");
    if (cells.size() > s.layout.slots.size())
        s.reject("", cells[s.layout.slots.size()].text, "long row");
    s.key_texts.assign(s.key.begin(), s.key.end());
    result.key_hash = key_hash(s.key_texts);
    result.row_hash = static_cast<std::int64_t>(hash);
    return result;
}

}  // namespace etl
