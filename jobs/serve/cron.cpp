#include "jobs/serve/cron.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <sstream>

#include "etl/error.hpp"

namespace jobs {
namespace {

using etl::Duration;
using etl::Error;
using etl::Kind;
using std::chrono::days;
using std::chrono::minutes;

constexpr int kMostDays = 5 * 366;  // a leap day comes round within this

struct Field {
    const char* name;
    int low, high;
    std::vector<std::string_view> names;  // of low, low + 1, …
};
const Field kMinute{"minute", 0, 59, {}}, kHour{"hour", 0, 23, {}}, kDay{"day", 1, 31, {}},
    kMonth{"month",
           1,
           12,
           {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
    kWeekday{"weekday", 0, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShorthands{
    {{"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"},
     {"@monthly", "0 0 1 * *"},
     {"@weekly", "0 0 * * 0"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@hourly", "0 * * * *"}}};

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
}

// A number or a name of the field; -1 when it is neither.
int number(std::string_view text, const Field& field) {
    for (std::size_t i = 0; i < field.names.size(); ++i)
        if (field.names[i] == upper(text)) return field.low + static_cast<int>(i);
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : -1;
}

// What is being read: for the message when it cannot be.
struct Source {
    const std::string& expression;
    const std::string& key;
};

[[noreturn]] void wrong(const Source& source, const std::string& part, const Field& field) {
    throw Error(
        Kind::usage,
        fmt::format("[schedule] {} is \"{}\": \"{}\" is no {}, expected {} to {}, *, a-b, "
                    "*/n or a list{}",
                    source.key, source.expression, part, field.name, field.low, field.high,
                    field.names.empty() ? std::string()
                                        : fmt::format(", or names such as {}", field.names.back())),
        "The five fields are minute, hour, day, month, weekday, for example 30 3 * * *.");
}

template <std::size_t N>
void read_field(const Source& source, const std::string& text, const Field& field,
                std::bitset<N>& out) {
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::string range = part;
        int step = 1, from = field.low, to = field.high;
        if (const auto slash = part.find('/'); slash != std::string::npos) {
            range = part.substr(0, slash);
            step = number(std::string_view(part).substr(slash + 1), {field.name, 0, 0, {}});
        }
        if (range != "*") {
            const auto dash = range.find('-');
            from = number(std::string_view(range).substr(0, dash), field);
            to = dash != std::string::npos ? number(std::string_view(range).substr(dash + 1), field)
                                           : (step == 1 ? from : field.high);
        }
        if (field.high == 7 && to == 0 && from > 0) to = 7;  // FRI-SUN
        if (step < 1 || from < field.low || to > field.high || from > to)
            wrong(source, part, field);
        for (int value = from; value <= to; value += step) out.set(static_cast<std::size_t>(value));
    }
    if (out.none()) wrong(source, text, field);
}

std::array<std::string, 5> fields_of(const Source& source) {
    std::string text = source.expression;
    for (const auto& [name, meaning] : kShorthands)
        if (text == name) text = meaning;
    std::stringstream stream(text);
    std::array<std::string, 5> fields;
    std::string more;
    for (std::string& field : fields) stream >> field;
    if (fields[4].empty() || stream >> more)
        throw Error(Kind::usage,
                    fmt::format("[schedule] {} is \"{}\", expected an expression of five fields, "
                                "or @hourly, @daily, @weekly, @monthly",
                                source.key, source.expression),
                    "The five fields are minute, hour, day, month, weekday, for example 30 3 * * "
                    "*.");
    return fields;
}

}  // namespace

Cron::Cron(const std::string& expression, const std::string& key) {
    const Source source{expression, key};
    const std::array<std::string, 5> fields = fields_of(source);
    read_field(source, fields[0], kMinute, minutes_);
    read_field(source, fields[1], kHour, hours_);
    read_field(source, fields[2], kDay, days_);
    read_field(source, fields[3], kMonth, months_);
    read_field(source, fields[4], kWeekday, weekdays_);
    if (weekdays_[7]) weekdays_.set(0);
    star_day_ = fields[2].front() == '*';
    star_weekday_ = fields[4].front() == '*';
}

// crontab(5): when both day and weekday are restricted, either is enough; a field that begins with
// * is not restricted, so that of "*/2 * 1" both must hold.
bool Cron::day_matches(etl::Day day) const {
    const std::chrono::year_month_day date{day};
    if (!months_[static_cast<unsigned>(date.month())]) return false;
    const bool by_day = days_[static_cast<unsigned>(date.day())],
               by_weekday = weekdays_[std::chrono::weekday{day}.c_encoding()];
    if (star_day_ || star_weekday_) return by_day && by_weekday;
    return by_day || by_weekday;
}

namespace {

// The hour of `after`, unless the clocks were changed within the day before: a skipped time comes
// later than those behind it.
int hour_to_begin_at(etl::Instant after, const etl::Zone& zone) {
    const auto local = zone.to_local(after);
    if (local - zone.to_local(after - days{1}) != days{1}) return 0;
    return static_cast<int>(
        std::chrono::floor<std::chrono::hours>(local - std::chrono::floor<days>(local)).count());
}

}  // namespace

std::optional<etl::Instant> Cron::next(etl::Instant after, const etl::Zone& zone) const {
    const etl::Day first = zone.today(after);
    const int begin = hour_to_begin_at(after, zone);
    for (int d = 0; d < kMostDays; ++d) {
        const etl::Day day = first + days{d};
        if (!day_matches(day)) continue;
        for (int hour = d == 0 ? begin : 0; hour < 24; ++hour) {
            if (!hours_[static_cast<std::size_t>(hour)]) continue;
            for (int minute = 0; minute < 60; ++minute) {
                if (!minutes_[static_cast<std::size_t>(minute)]) continue;
                const auto local = std::chrono::local_time<Duration>{
                    day.time_since_epoch() + std::chrono::hours{hour} + minutes{minute}};
                const etl::Instant at = *zone.to_instant(local).value;
                if (at > after) return at;
            }
        }
    }
    return std::nullopt;
}

std::vector<minutes> Cron::moments(etl::Day first, int count) const {
    std::vector<minutes> of_a_day, all;
    for (int m = 0; m < 24 * 60; ++m)
        if (hours_[static_cast<std::size_t>(m / 60)] && minutes_[static_cast<std::size_t>(m % 60)])
            of_a_day.emplace_back(m);
    for (int d = 0; d < count; ++d) {
        const etl::Day day = first + days{d};
        if (!day_matches(day)) continue;
        for (const minutes at : of_a_day) all.push_back(day.time_since_epoch() + at);
    }
    return all;
}

}  // namespace jobs
