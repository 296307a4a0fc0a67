#include "schema/naming.hpp"

#include <fmt/format.h>

#include "schema/reserved_words.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace schema {
namespace {

constexpr std::size_t kLongestName = 63;  // PostgreSQL cuts identifiers behind this many bytes

constexpr std::array<std::string_view, 32> kLatin = {
    "a", "b", "v", "g", "d", "e",  "zh", "z",  "i",  "y",    "k", "l", "m", "n", "o",  "p",
    "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "",  "y", "",  "e", "yu", "ya"};

// The letters that Ukrainian, Belarusian and Kazakh have beside those of Russian.
struct Letter {
    char32_t letter;
    std::string_view latin;
};
constexpr std::array<Letter, 14> kFurtherLetters = {{{U'ё', "e"},
                                                     {U'і', "i"},
                                                     {U'ї', "yi"},
                                                     {U'є', "ye"},
                                                     {U'ґ', "g"},
                                                     {U'ў', "u"},
                                                     {U'ә', "a"},
                                                     {U'ғ', "g"},
                                                     {U'қ', "q"},
                                                     {U'ң', "n"},
                                                     {U'ө', "o"},
                                                     {U'ұ', "u"},
                                                     {U'ү', "u"},
                                                     {U'һ', "h"}}};

// ASCII for a letter in lower case; empty for what has none.
std::optional<std::string_view> latin_of(char32_t letter) {
    if (letter >= U'а' && letter <= U'я') return kLatin[static_cast<std::size_t>(letter - U'а')];
    for (const Letter& known : kFurtherLetters)
        if (known.letter == letter) return known.latin;
    return std::nullopt;
}

}  // namespace

std::string transliterate(std::string_view title) {
    std::string out;
    const std::string letters = lower(title);
    for (std::size_t at = 0; at < letters.size();) {
        const char32_t c = next_point(letters, at);
        if ((c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9'))
            out += static_cast<char>(c);
        else if (const auto latin = latin_of(c))
            out += *latin;
        else if (!out.empty() && out.back() != '_')
            out += '_';
    }
    if (out.size() > kLongestName) out.resize(kLongestName);
    while (!out.empty() && out.back() == '_') out.pop_back();
    if (out.empty()) return "field";
    if (out[0] >= '0' && out[0] <= '9') out = ("f_" + out).substr(0, kLongestName);
    return out;
}

namespace {

using Names = std::set<std::string>;

std::string free_among(std::string_view title, std::optional<std::int64_t> field_id, int ordinal,
                       const Table& table, const Names& taken) {
    std::string base;
    if (fold(title).empty())
        base = field_id ? fmt::format("field_{}", *field_id) : fmt::format("untitled_{}", ordinal);
    else
        base = transliterate(title);
    if (reserved_word(base) || base == "custom") base += "_field";  // custom: of our own views
    const auto in_use = [&](const std::string& name) {
        if (taken.contains(name) || find_column(table, name) != nullptr) return true;
        const auto named = [&](const Bookkeeping& column) { return column.name == name; };
        return std::any_of(bookkeeping().begin(), bookkeeping().end(), named);
    };
    std::string name = base;
    // From its own place among equal titles on: a thousand equal ones need no thousand tries each.
    for (int n = std::max(2, ordinal); in_use(name); ++n) {
        const std::string suffix = fmt::format("_{}", n);
        name = base.substr(0, kLongestName - suffix.size()) + suffix;
    }
    return name;
}

}  // namespace

std::string free_name(std::string_view title, std::optional<std::int64_t> field_id, int ordinal,
                      const Table& table, const std::vector<std::string>& taken) {
    return free_among(title, field_id, ordinal, table, {taken.begin(), taken.end()});
}

namespace {

using Extra = std::vector<std::pair<std::string, std::string>>;

// «Стоимость, BYN» -> «стоимость» and BYN; a heading without a code stays whole.
std::pair<std::string, std::string> split_currency(const std::string& folded) {
    const std::size_t comma = folded.rfind(", ");
    if (comma == std::string::npos || folded.size() != comma + 5) return {folded, ""};
    std::string code = folded.substr(comma + 2);
    for (char& c : code) {
        if (c < 'a' || c > 'z') return {folded, ""};
        c = static_cast<char>(c - 32);
    }
    return {folded.substr(0, comma), code};
}

// The custom fields known so far, found by what a heading tells.
struct Registry {
    explicit Registry(const std::vector<CustomField>& known)
        : lines(known), used(known.size(), false) {
        for (std::size_t k = 0; k < lines.size(); ++k) {
            if (lines[k].field_id) by_id.emplace(*lines[k].field_id, k);
            by_title[{fold(lines[k].title), lines[k].ordinal}].push_back(k);
        }
    }
    const std::vector<CustomField>& lines;
    std::vector<bool> used;
    std::map<std::int64_t, std::size_t> by_id;
    std::map<std::pair<std::string, int>, std::vector<std::size_t>> by_title;
};

constexpr std::size_t kUnknownNamed = 5;  // of the columns that are not known

// One assignment: the headings folded, the table, what is taken so far.
class Assignment {
public:
    Assignment(const Table& table, const std::vector<std::string>& headings, const Extra& extra)
        : table_(table), headings_(headings), column_taken_(table.columns.size(), false) {
        for (const std::string& heading : headings) {
            folded_.push_back(fold(heading));
            without_currency_.push_back(split_currency(folded_.back()).first);
            if (heading.find("\uFFFD") != std::string::npos)
                layout_.problems.push_back("\"" + heading +
                                           "\" held characters that cannot be stored");
        }
        for (const Column& column : table.columns) {
            std::vector<std::string>& titles = titles_.emplace_back();
            for (const std::string& heading : column.headings) titles.push_back(fold(heading));
        }
        for (const auto& [heading, name] : extra) extra_.emplace_back(fold(heading), name);
        layout_.slots.resize(headings.size());
    }

    void unknown();

    void fixed() {
        const std::size_t head = match_head();
        match_tail(head);
        fallback(Place::head);
        fallback(Place::tail);
        for (std::size_t i = 0; i < folded_.size(); ++i)
            for (std::size_t c = 0; c < table_.columns.size() && open(i); ++c)
                if (table_.columns[c].place == Place::anywhere && !column_taken_[c] &&
                    speaks_of(i, c))
                    take(i, c);
    }

    void absent() {
        for (std::size_t c = 0; c < table_.columns.size(); ++c) {
            const Column& column = table_.columns[c];
            if (column.headings.empty() || column_taken_[c]) continue;
            layout_.absent.push_back(column.name);
            if (column.required && layout_.missing_required.empty())
                layout_.missing_required = column.name;
        }
    }

    void custom(const std::vector<Field>& fields, const std::vector<CustomField>& lines);

    Layout layout_;

private:
    [[nodiscard]] bool open(std::size_t i) const {
        return layout_.slots[i].kind != Slot::Kind::column;
    }

    [[nodiscard]] bool speaks_of(std::size_t i, std::size_t c) const {
        const Column& column = table_.columns[c];
        for (const auto& [heading, name] : extra_)
            if (name == column.name && heading == folded_[i]) return true;
        for (const std::string& title : titles_[c])
            if (title == folded_[i] ||
                (column.type == Type::money && title == without_currency_[i]))
                return true;
        return false;
    }

    void take(std::size_t i, std::size_t c) {
        layout_.slots[i].kind = Slot::Kind::column;
        layout_.slots[i].column = static_cast<int>(c);
        column_taken_[c] = true;
        if (table_.columns[c].type == Type::money && table_.columns[c].name == "cost")
            layout_.heading_currency = split_currency(folded_[i]).second;
    }

    // From the left, in the service's order, over columns an account lacks; ends where the custom
    // block begins.
    std::size_t match_head() {
        std::size_t next = 0, i = 0;
        for (; i < folded_.size(); ++i) {
            std::size_t c = next;
            while (c < table_.columns.size() &&
                   (table_.columns[c].place != Place::head || !speaks_of(i, c)))
                ++c;
            if (c == table_.columns.size()) break;
            take(i, c);
            next = c + 1;
        }
        return i;
    }

    void match_tail(std::size_t head) {
        std::size_t before = table_.columns.size();
        for (std::size_t i = folded_.size(); i > head; --i) {
            std::size_t c = before;
            while (c > 0 &&
                   (table_.columns[c - 1].place != Place::tail || !speaks_of(i - 1, c - 1)))
                --c;
            if (c == 0) break;
            take(i - 1, c - 1);
            before = c - 1;
        }
    }

    // What neither end found: the first occurrence of a head's name, the last of a tail's. Said
    // where it is in doubt: another heading has the name, too, or the order is not the service's.
    void fallback(Place place) {
        std::vector<std::size_t> taken;
        for (std::size_t c = 0; c < table_.columns.size(); ++c) {
            if (table_.columns[c].place != place || column_taken_[c]) continue;
            std::optional<std::size_t> found;
            int candidates = 0;
            for (std::size_t i = 0; i < folded_.size(); ++i) {
                if (!open(i) || !speaks_of(i, c)) continue;
                ++candidates;
                if (!found || place == Place::tail) found = i;
            }
            if (!found) continue;
            take(*found, c);
            if (candidates > 1)
                moved(*found);
            else
                taken.push_back(*found);
        }
        const std::vector<std::size_t> ordered = in_order(place);
        for (const std::size_t i : taken)
            if (std::find(ordered.begin(), ordered.end(), i) == ordered.end()) moved(i);
    }

    void moved(std::size_t i) {
        layout_.problems.push_back(fmt::format(
            "\"{}\" stands at column {}, not where it was expected", headings_[i], i + 1));
    }

    // The most headings of this place that stand in the service's order: the others have moved.
    [[nodiscard]] std::vector<std::size_t> in_order(Place place) const {
        std::vector<std::size_t> at;  // positions, in the order of the table's columns
        for (std::size_t c = 0; c < table_.columns.size(); ++c)
            for (std::size_t i = 0; i < layout_.slots.size() && table_.columns[c].place == place;
                 ++i)
                if (!open(i) && layout_.slots[i].column == static_cast<int>(c)) at.push_back(i);
        std::vector<std::size_t> length(at.size(), 1), before(at.size(), at.size()), chain;
        std::size_t last = at.size();
        for (std::size_t k = 0; k < at.size(); ++k) {
            for (std::size_t j = 0; j < k; ++j)
                if (at[j] < at[k] && length[j] + 1 > length[k]) {
                    length[k] = length[j] + 1;
                    before[k] = j;
                }
            if (last == at.size() || length[k] > length[last]) last = k;
        }
        for (; last < at.size(); last = before[last]) chain.push_back(at[last]);
        return chain;
    }

    std::map<std::size_t, const Field*> bind(const std::vector<Field>& fields);
    std::optional<std::size_t> known(const CustomField& field, const std::string& title,
                                     const Registry& registry) const;

    const Table& table_;
    const std::vector<std::string>& headings_;
    Extra extra_;                                         // titles folded
    std::vector<std::string> folded_, without_currency_;  // of the headings
    std::vector<std::vector<std::string>> titles_;        // of the columns, folded
    std::vector<bool> column_taken_;
};

std::string wide_type(const std::string& type) {
    if (type == "checkbox") return "boolean";
    if (type == "date") return "date";
    if (type == "number" || type == "integer" || type == "float") return "numeric";
    return "text";
}

std::map<std::size_t, const Field*> Assignment::bind(const std::vector<Field>& fields) {
    std::map<std::string, std::vector<std::size_t>> places;  // title -> positions, from the left
    std::map<std::string, std::vector<const Field*>>
        listed;  // title -> fields, in the list's order
    for (std::size_t i = 0; i < folded_.size(); ++i)
        if (open(i)) places[folded_[i]].push_back(i);
    for (const Field& field : fields) listed[fold(field.title)].push_back(&field);
    std::map<std::size_t, const Field*> field_at;
    for (const auto& [title, at] : places) {
        const auto found = listed.find(title);
        if (found == listed.end()) continue;
        if (found->second.size() == at.size())
            for (std::size_t k = 0; k < at.size(); ++k) field_at[at[k]] = found->second[k];
        else
            layout_.problems.push_back(fmt::format(
                "{}: {} in the body, {} in the fields list; kept by order, not bound to an id",
                title.empty() ? std::string("columns without a title") : "\"" + title + "\"",
                at.size(), found->second.size()));
    }
    return field_at;
}

// The line of the registry that the field continues: by its id, else by title and place.
std::optional<std::size_t> Assignment::known(const CustomField& field, const std::string& title,
                                             const Registry& registry) const {
    if (field.field_id)
        if (const auto at = registry.by_id.find(*field.field_id);
            at != registry.by_id.end() && !registry.used[at->second])
            return at->second;
    const auto at = registry.by_title.find({title, field.ordinal});
    if (at == registry.by_title.end()) return std::nullopt;
    for (const std::size_t k : at->second)
        if (!registry.used[k] && (!registry.lines[k].field_id || !field.field_id)) return k;
    return std::nullopt;
}

void Assignment::custom(const std::vector<Field>& fields, const std::vector<CustomField>& lines) {
    const std::map<std::size_t, const Field*> field_at = bind(fields);
    Registry registry(lines);
    Names taken;
    for (const CustomField& line : lines) taken.insert(line.name);
    std::map<std::string, int> ordinals;
    for (std::size_t i = 0; i < folded_.size(); ++i) {
        if (!open(i)) continue;
        CustomField field;
        field.table = table_.name;
        field.title = headings_[i];
        field.ordinal = ++ordinals[folded_[i]];
        field.type = "text";
        if (const auto bound = field_at.find(i); bound != field_at.end()) {
            field.field_id = bound->second->id;
            field.type = wide_type(bound->second->type);
        }
        bool news = true;
        if (const auto match = known(field, folded_[i], registry)) {
            const CustomField& line = lines[*match];
            registry.used[*match] = true;
            news = line.title != field.title || line.ordinal != field.ordinal ||
                   (field.field_id && !line.field_id);
            field.name = line.name;
            field.type = line.type;
            if (!field.field_id) field.field_id = line.field_id;
        } else {
            field.name = free_among(field.title, field.field_id, field.ordinal, table_, taken);
            taken.insert(field.name);
        }
        layout_.slots[i].kind = Slot::Kind::custom;
        layout_.slots[i].custom = static_cast<int>(layout_.custom.size());
        if (news) layout_.new_custom.push_back(static_cast<int>(layout_.custom.size()));
        layout_.custom.push_back(std::move(field));
    }
}

// A table without custom fields has no place for them: said in one sentence, there may be dozens.
void Assignment::unknown() {
    std::vector<std::string> unknown;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
        Slot& slot = layout_.slots[i];
        if (slot.kind == Slot::Kind::column) continue;
        slot.kind = Slot::Kind::repeated;
        unknown.push_back('"' + headings_[i] + '"');
    }
    if (unknown.empty()) return;
    if (unknown.size() == 1) {
        layout_.problems.push_back("column " + unknown[0] +
                                   " is not known and stays in the kept body only");
        return;
    }
    const std::size_t all = unknown.size();
    unknown.resize(std::min(all, kUnknownNamed));
    layout_.problems.push_back(
        fmt::format("{} columns are not known and stay in the kept body only: {}{}", all,
                    fmt::join(unknown, ", "), all > kUnknownNamed ? ", …" : ""));
}

}  // namespace

Layout assign(const Table& table, const std::vector<std::string>& headings,
              const std::vector<Field>& fields, const std::vector<CustomField>& registry,
              const std::vector<std::pair<std::string, std::string>>& extra) {
    Assignment assignment(table, headings, extra);
    assignment.fixed();
    assignment.absent();
    if (table.has_custom) {
        assignment.custom(fields, registry);
    } else {
        assignment.unknown();
    }
    return std::move(assignment.layout_);
}

}  // namespace schema
