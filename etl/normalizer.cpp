#include "etl/normalizer.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>

#include "etl/json.hpp"
#include "etl/pg.hpp"
#include "etl/row_plan.hpp"
#include "schema/replacement.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

using schema::Column;
using schema::Derive;
using schema::kReplacement;  // in a cell: not storable as it came, or lost by the service
using schema::trim;
using schema::Type;

constexpr std::size_t kRawKept = 2000;    // bytes of a cell in journal.reject
constexpr std::size_t kCellKept = 200;    // of each cell of a row that is set aside
constexpr std::size_t kLongestKey = 400;  // bytes: keys are indexed, and an index entry is bounded
constexpr std::size_t kLabelsRemembered =
    200;  // a body of nothing but odd labels must not grow the map
// An unknown address is answered with user -1: no row, and nothing unreadable (getcourse-api.md 7).
constexpr const char* kNobody = "nobody";
constexpr std::uint64_t kKeySeed =
    0x6763;  // any fixed seed: both sides of a comparison use key_hash()

// "12000.00" back to 1200000: of the text that goes to the table, not of the cell, so that the
// certificate is about what is stored.
std::int64_t hundredths(std::string_view money) {
    std::int64_t value = 0;
    for (const char c : money)
        if (schema::is_digit(c)) value = value * 10 + (c - '0');
    return !money.empty() && money[0] == '-' ? -value : value;
}

bool empty(const Cell& cell) {
    return cell.kind == Cell::Kind::null ||
           ((cell.kind == Cell::Kind::text) && trim(cell.text).empty());
}

// A list of tags as text[]; file exports join them with a bar. nullopt: no tags.
std::optional<std::string> tags(const Cell& given) {
    std::vector<std::string> items;
    if (given.kind == Cell::Kind::list) {
        items = list_items(given);
        if (items.empty()) return std::nullopt;
    }
    std::string_view rest = given.kind == Cell::Kind::list ? std::string_view() : given.text;
    while (!rest.empty()) {
        const std::size_t bar = std::min(rest.find('|'), rest.size());
        if (const std::string_view item = trim(rest.substr(0, bar)); !item.empty())
            items.emplace_back(item);
        rest.remove_prefix(std::min(bar + 1, rest.size()));
    }
    return pg::array_literal(items);
}

}  // namespace

std::uint64_t key_hash(const std::vector<std::string_view>& key_texts) {
    std::uint64_t hash = kKeySeed;
    for (const std::string_view text : key_texts)
        hash = XXH3_64bits_withSeed(text.data(), text.size(), hash);
    return hash;
}

std::uint64_t single_key_hash(std::string_view text) {
    return XXH3_64bits_withSeed(text.data(), text.size(), kKeySeed);
}

struct Normalizer::State {
    const schema::Table& table;
    const schema::Layout& layout;
    const Zone& zone;
    std::function<void(Reject)> rejects;
    RowPlan plan;
    std::map<std::string, std::optional<std::string>, std::less<>>
        labels_met;  // as written -> code

    // of the row at hand
    std::uint64_t row_no = 0;
    std::span<const Cell> cells;
    std::uint64_t hash = 0;
    std::string money_currency;
    std::vector<std::string> key;
    std::vector<std::string_view> key_texts;
    std::size_t groups_begin = 0;
    std::string scratch;
    std::string unread;                     // COPY text of money_of, which nobody sends
    std::vector<FieldValues> field_values;  // in the order of the plan's customs
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
    void add(std::uint64_t seed, std::string_view text) {
        hash += XXH3_64bits_withSeed(text.data(), text.size(), seed);
    }
    void begin(std::uint64_t no, std::span<const Cell> given);
    void reject(const std::string& heading, std::string_view raw, const std::string& reason,
                bool set_aside = false);
    RowResult set_aside(const char* reason);
    const char* columns(std::string& line);
    const char* column(const RowPlan::Output& output, std::string& line);
    void plain_text(const RowPlan::Output& output, std::string& line);
    void custom(std::string& line);
    void groups(std::string& line);
    void reject_shape();
    std::optional<std::string> value(const RowPlan::Output& output);
    std::optional<std::string> derived(const RowPlan::Output& output);
    std::optional<std::string> typed(const Column& column, const Cell& cell);
    void find_currency();
};

void Normalizer::State::begin(std::uint64_t no, std::span<const Cell> given) {
    row_no = no;
    cells = given;
    hash = plan.layout_seed;
    key.assign(table.key.size(), {});
    money.amounts.assign(plan.money_columns.size(), std::nullopt);
    currency.clear();
    status.clear();
}

void Normalizer::State::reject(const std::string& heading, std::string_view raw,
                               const std::string& reason, bool set_aside) {
    std::string known;
    for (const std::string& part : key) known += (known.empty() || part.empty() ? "" : ",") + part;
    rejects({row_no, known, heading, std::string(schema::cut(raw, kRawKept)), reason, set_aside});
}

RowResult Normalizer::State::set_aside(const char* reason) {
    std::string raw;
    for (const Cell& cell : cells) {
        if (raw.size() > kRawKept) break;
        raw += raw.empty() ? "" : " | ";
        raw += schema::cut(cell.text, kCellKept);
    }
    reject("", raw, reason, true);
    RowResult result;
    result.outcome = RowResult::Outcome::set_aside;
    return result;
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
            return tags(given);
        case Type::group_list:
            break;
    }
    return std::nullopt;
}

// The row's own currency is a cell or a word behind an amount; the heading's is the account's
// (getcourse-api.md 7).
void Normalizer::State::find_currency() {
    money_currency.clear();
    for (const RowPlan::Output& output : plan.outputs) {
        if (output.column->type != Type::money || output.position < 0 || !money_currency.empty())
            continue;
        if (const Read<Money> amount = read_money(cell(output.position).text); amount.value)
            money_currency = amount.value->currency;
    }
    if (money_currency.empty()) money_currency = layout.heading_currency;
}

std::optional<std::string> Normalizer::State::derived(const RowPlan::Output& output) {
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
            const auto found = plan.status_codes.find(schema::fold(source.text));
            std::optional<std::string> code =
                found == plan.status_codes.end() ? std::nullopt : std::optional(found->second);
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

std::optional<std::string> Normalizer::State::value(const RowPlan::Output& output) {
    if (output.constant) return output.constant;
    if (output.column->derive != Derive::none) return derived(output);
    return typed(*output.column, cell(output.position));
}

// Most columns: straight from the cell to the line.
void Normalizer::State::plain_text(const RowPlan::Output& output, std::string& line) {
    const Cell& given = cell(output.position);
    if (empty(given)) {
        line += "\\N";
        return;
    }
    add(output.seed, given.text);
    append_copy_text(line, given.text);
    if (output.is_currency) currency = given.text;
    if (output.is_status) status = given.text;
}

// Why the row must be set aside, or nullptr.
const char* Normalizer::State::column(const RowPlan::Output& output, std::string& line) {
    const std::optional<std::string> read = value(output);
    if (output.key >= 0) {
        if (!read) return "no key";
        if (read->size() > kLongestKey) return "key too long";
        if (table.name == "users" && *read == "-1") return kNobody;
        key[static_cast<std::size_t>(output.key)] = *read;
    }
    if (!read) {
        line += "\\N";
        return nullptr;
    }
    add(output.seed, *read);
    append_copy_text(line, *read);
    if (output.money >= 0)
        money.amounts[static_cast<std::size_t>(output.money)] = hundredths(*read);
    if (output.is_currency) currency = *read;
    if (output.is_status) status = *read;
    return nullptr;
}

const char* Normalizer::State::columns(std::string& line) {
    bool first = true;
    for (const RowPlan::Output& output : plan.outputs) {
        if (!first) line += '\t';
        first = false;
        if (output.plain_text)
            plain_text(output, line);
        else if (const char* reason = column(output, line))
            return reason;
    }
    money.currency = currency;
    money.status = status;
    return nullptr;
}

// What the body has and the row has not is empty: the merge knows the body's names.
void Normalizer::State::custom(std::string& line) {
    scratch = "{";
    for (std::size_t i = 0; i < plan.customs.size(); ++i) {
        const RowPlan::Custom& custom = plan.customs[i];
        const Cell& given = cell(custom.position);
        if (empty(given)) continue;
        const bool nested = given.kind == Cell::Kind::list || given.kind == Cell::Kind::object;
        if (nested && !storable_json(given.text)) {
            reject(custom.field->title, given.text, "not JSON that can be stored");
            continue;
        }
        if (scratch.size() > 1) scratch += ',';
        scratch += custom.name_and_colon;
        const std::size_t from = scratch.size();
        if (nested) {
            scratch += given.text;
            field_values[i].see_nested();
        } else {
            append_json_string(scratch, given.text);
            field_values[i].see(given.text);
        }
        add(custom.seed, std::string_view(scratch).substr(from));
    }
    scratch += '}';
    if (!plan.outputs.empty()) line += '\t';
    append_copy_text(line, scratch);
}

void Normalizer::State::groups(std::string& line) {
    const Cell& given = cell(plan.groups_position);
    const auto read = read_groups(given.text);
    if (read.reason != nullptr) reject("id групп пользователя", given.text, read.reason);
    if (!read.value || static_cast<std::size_t>(plan.groups_position) >= cells.size()) {
        line += "\t\\N\t\\N";  // unknown is not "in no group"
        return;
    }
    std::string ids = "{", days = "{";
    for (const auto& [id, day] : *read.value) {
        ids += (ids.size() > 1 ? "," : "") + std::to_string(id);
        days += (days.size() > 1 ? "," : "") + (day ? format_day(*day) : std::string("NULL"));
    }
    line += '\t' + ids + "}\t" + days + '}';
    if (!read.value->empty()) add(plan.groups_seed, ids + days);
}

// What is odd about the row as a whole, and cells that could not be kept as they came.
void Normalizer::State::reject_shape() {
    if (cells.size() < layout.slots.size()) reject("", "", "short row");
    if (cells.size() > layout.slots.size()) reject("", cells[layout.slots.size()].text, "long row");
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (cells[i].text.find(kReplacement) != std::string_view::npos)
            reject(heading_at(table, layout, i), cells[i].text, "characters replaced");
}

Normalizer::Normalizer(const schema::Table& table, const schema::Layout& layout, const Zone& zone,
                       std::function<void(Reject)> rejects, const Constants& constants,
                       const std::vector<std::string>& quarantined)
    : state_(std::make_unique<State>(table, layout, zone, std::move(rejects))) {
    state_->plan = plan_rows(table, layout, constants, quarantined, zone);
    for (const RowPlan::Custom& custom : state_->plan.customs)
        state_->field_values.emplace_back(custom.field->name, custom.field->type);
}

Normalizer::~Normalizer() = default;

const schema::Present& Normalizer::present() const { return state_->plan.present; }
const std::vector<std::string>& Normalizer::key() const { return state_->key; }
std::size_t Normalizer::groups_begin() const { return state_->groups_begin; }
std::string Normalizer::nobody() const {
    for (const RowPlan::Output& output : state_->plan.outputs)
        if (output.column->name == "email")
            return std::string(trim(state_->cell(output.position).text));
    return {};
}
const RowMoney& Normalizer::money() const { return state_->money; }
const std::vector<std::string>& Normalizer::money_columns() const {
    return state_->plan.money_columns;
}

const std::vector<bool>& Normalizer::money_cells() const { return state_->plan.money_cells; }
const std::vector<FieldValues>& Normalizer::field_values() const { return state_->field_values; }
std::uint64_t Normalizer::reading() const { return state_->plan.reading; }

const RowMoney& Normalizer::money_of(std::span<const Cell> cells) {
    State& s = *state_;
    s.begin(0, cells);
    s.unread.clear();
    for (const RowPlan::Output& output : s.plan.outputs) {
        if (output.money < 0 && !output.is_currency && !output.is_status) continue;
        if (output.plain_text)
            s.plain_text(output, s.unread);
        else
            (void)s.column(output, s.unread);
    }
    s.money.currency = s.currency;
    s.money.status = s.status;
    return s.money;
}

RowResult Normalizer::row(std::uint64_t row_no, std::span<const Cell> cells, std::string& line) {
    State& s = *state_;
    s.begin(row_no, cells);
    const std::size_t begin = line.size();
    if (const char* reason = s.columns(line)) {
        line.resize(begin);
        return reason == kNobody ? RowResult{RowResult::Outcome::nobody} : s.set_aside(reason);
    }
    if (s.plan.present.custom) s.custom(line);
    s.groups_begin = line.size();
    if (s.plan.present.groups) s.groups(line);
    s.reject_shape();
    s.key_texts.assign(s.key.begin(), s.key.end());
    RowResult result;
    result.key_hash = key_hash(s.key_texts);
    result.row_hash = static_cast<std::int64_t>(s.hash);
    return result;
}

}  // namespace etl
