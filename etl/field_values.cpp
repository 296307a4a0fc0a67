#include "etl/field_values.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "etl/value.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

constexpr std::size_t kDoubtful = 32;                            // different values kept of a field
constexpr std::size_t kLongestDoubtful = 64;                     // bytes
constexpr std::size_t kWholeDigits = 200, kFractionDigits = 50;  // what mirror.as_numeric takes

bool is_day(int year, int month, int day) {
    if (year < 1 || month < 1 || day < 1) return false;
    return std::chrono::year_month_day(std::chrono::year(year),
                                       std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(day)))
        .ok();
}

// What follows the day does not matter: a time, mostly.
bool reads_as_date(std::string_view text) {
    if (text.size() < 10) return false;
    if (text[4] == '-' && text[7] == '-')
        return is_day(number_at(text, 0, 4), number_at(text, 5, 2), number_at(text, 8, 2));
    return text[2] == '.' && text[5] == '.' &&
           is_day(number_at(text, 6, 4), number_at(text, 3, 2), number_at(text, 0, 2));
}

// Bytes of a space or an apostrophe between digits at `at`; 0: none.
std::size_t digit_separator(std::string_view text, std::size_t at) {
    if (text[at] == ' ' || text[at] == '\'') return 1;
    for (const std::string_view space : {"\u00a0", "\u202f", "\u2009"})
        if (text.substr(at).starts_with(space)) return space.size();
    return 0;
}

bool reads_as_number(std::string_view text) {
    std::size_t whole = 0, fraction = 0;
    bool sign = false, point = false;
    for (std::size_t at = 0; at < text.size();) {
        if (const std::size_t skip = digit_separator(text, at); skip > 0) {
            at += skip;
            continue;
        }
        const char c = text[at++];
        if (schema::is_digit(c))
            ++(point ? fraction : whole);
        else if ((c == '+' || c == '-') && !sign && !point && whole == 0)
            sign = true;
        else if ((c == '.' || c == ',') && !point && whole > 0)
            point = true;
        else
            return false;
    }
    return whole > 0 && whole <= kWholeDigits && fraction <= kFractionDigits &&
           (!point || fraction > 0);
}

// Letters of other case are read by the database's locale: in doubt, and few.
bool reads_as_boolean(std::string_view text) {
    constexpr std::array<std::string_view, 8> kWords = {"да",  "1", "true",  "yes",
                                                        "нет", "0", "false", "no"};
    return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

}  // namespace

bool surely_reads(std::string_view type, std::string_view text) {
    if (type == "text") return true;
    if (type == "date") return reads_as_date(text);
    if (type == "numeric") return reads_as_number(text);
    return type == "boolean" && reads_as_boolean(text);
}

FieldValues::FieldValues(std::string name, std::string type)
    : name_(std::move(name)), type_(std::move(type)), all_text_(type_ == "text") {}

void FieldValues::doubt(std::string_view text) {
    if (std::find(doubtful_.begin(), doubtful_.end(), text) != doubtful_.end()) return;
    many_ = doubtful_.size() == kDoubtful || text.size() > kLongestDoubtful;
    if (!many_) doubtful_.emplace_back(text);
}

bool FieldValues::all_read(pg::Connection& connection, std::string_view type) const {
    if (type != type_ || many_) return false;
    if (all_text_ || doubtful_.empty()) return true;
    return !connection
                .query("SELECT EXISTS (SELECT FROM unnest($1::text[]) v WHERE mirror.as_" + type_ +
                           "(v) IS NULL)",
                       {pg::array_literal(doubtful_)})
                .flag(0, 0);
}

}  // namespace etl
