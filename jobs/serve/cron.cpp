#include "jobs/serve/cron.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "etl/error.hpp"
#include "jobs/sync/sync_plan.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using etl::Micros;
using std::chrono::days;
using std::chrono::minutes;

constexpr int kMostDays = 5 * 366;  // a leap day comes round within this
constexpr double kRarestPolls =
    1 / 0.95;  // of an export when polls are placed as late as they ever are

int number(std::string_view text) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : -1;
}

[[noreturn]] void wrong(const std::string& expression, const char* field, const std::string& part,
                        int low, int high) {
    throw Error(Kind::usage,
                "[schedule] sync is \"" + expression + "\": \"" + part + "\" is no " + field +
                    ", expected " + std::to_string(low) + " to " + std::to_string(high) +
                    ", *, a-b, */n or a list",
                "The five fields are minute, hour, day, month, weekday, for example 30 3 * * *.");
}

template <std::size_t N>
void read_field(const std::string& expression, const std::string& text, const char* field, int low,
                int high, std::bitset<N>& out) {
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::string range = part;
        int step = 1, from = low, to = high;
        if (const auto slash = part.find('/'); slash != std::string::npos) {
            range = part.substr(0, slash);
            step = number(std::string_view(part).substr(slash + 1));
        }
        if (range != "*") {
            const auto dash = range.find('-');
            from = number(std::string_view(range).substr(0, dash));
            to = dash == std::string::npos ? (step == 1 ? from : high)
                                           : number(std::string_view(range).substr(dash + 1));
        }
        if (step < 1 || from < low || to > high || from > to)
            wrong(expression, field, part, low, high);
        for (int value = from; value <= to; value += step) out.set(static_cast<std::size_t>(value));
    }
    if (out.none()) wrong(expression, field, text, low, high);
}

}  // namespace

Cron::Cron(const std::string& expression) {
    std::stringstream stream(expression);
    std::array<std::string, 5> fields;
    std::string more;
    for (std::string& field : fields) stream >> field;
    if (fields[4].empty() || stream >> more)
        wrong(expression, "expression of five fields", expression, 0, 59);
    read_field(expression, fields[0], "minute", 0, 59, minutes_);
    read_field(expression, fields[1], "hour", 0, 23, hours_);
    read_field(expression, fields[2], "day", 1, 31, days_);
    read_field(expression, fields[3], "month", 1, 12, months_);
    read_field(expression, fields[4], "weekday", 0, 7, weekdays_);
    if (weekdays_[7]) weekdays_.set(0);
    any_day_ = fields[2] == "*";
    any_weekday_ = fields[4] == "*";
}

// As cron does: when both day and weekday are restricted, either is enough.
bool Cron::day_matches(etl::Day day) const {
    const std::chrono::year_month_day date{day};
    if (!months_[static_cast<unsigned>(date.month())]) return false;
    const bool by_day = days_[static_cast<unsigned>(date.day())],
               by_weekday = weekdays_[std::chrono::weekday{day}.c_encoding()];
    if (any_day_ || any_weekday_) return by_day && by_weekday;
    return by_day || by_weekday;
}

std::optional<etl::Instant> Cron::next(etl::Instant after, const etl::Zone& zone) const {
    const etl::Day first = zone.today(after);
    for (int d = 0; d < kMostDays; ++d) {
        const etl::Day day = first + days{d};
        if (!day_matches(day)) continue;
        for (int hour = 0; hour < 24; ++hour) {
            if (!hours_[static_cast<std::size_t>(hour)]) continue;
            for (int minute = 0; minute < 60; ++minute) {
                if (!minutes_[static_cast<std::size_t>(minute)]) continue;
                const auto local = std::chrono::local_time<Micros>{
                    day.time_since_epoch() + std::chrono::hours{hour} + minutes{minute}};
                const etl::Instant at = *zone.to_instant(local).value;
                if (at > after) return at;
            }
        }
    }
    return std::nullopt;
}

Micros Cron::shortest_interval() const {
    Micros shortest = days{7};
    std::optional<Micros> last;
    const etl::Day begin = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
    for (int d = 0; d < 366; ++d) {
        if (!day_matches(begin + days{d})) continue;
        for (int m = 0; m < 24 * 60; ++m) {
            if (!hours_[static_cast<std::size_t>(m / 60)] ||
                !minutes_[static_cast<std::size_t>(m % 60)])
                continue;
            const Micros at = days{d} + minutes{m};
            if (last) shortest = std::min(shortest, at - *last);
            last = at;
        }
    }
    return shortest;
}

void check_schedule(const etl::Config& config) {
    const Cron cron(config.schedule_sync);
    const etl::Zone zone(config.getcourse.time_zone);
    if (!cron.next(std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}, zone))
        throw Error(Kind::usage,
                    "[schedule] sync is \"" + config.schedule_sync + "\", which never comes",
                    "Use a day that exists, for example 30 3 * * *.");
    // The cheapest sync there is: no sweep, polls as rare as they get.
    double exports = 0, lists = 0;
    for (const std::string& resource : config.sync.resources) {
        exports += resource == "payments" ? 2
                   : resource == "deals"  ? 3
                   : resource == "users"  ? 1
                                          : 0;
        lists += resource == "groups" ? 1 : 0;
    }
    const double cost = exports * (1 + kRarestPolls) + lists + (exports > 0 ? 1 : 0);
    const double load = schedule_load(cron.shortest_interval(), cost, config.budget.window);
    const int allowed = config.budget.limit - config.budget.reserve;
    if (load <= allowed) return;
    const double fitting = cost * static_cast<double>(config.budget.window.count()) / allowed /
                           60e6;  // minutes between runs
    throw Error(Kind::usage,
                "[schedule] sync is \"" + config.schedule_sync +
                    "\": " + std::to_string(static_cast<int>(std::ceil(load))) + " requests per " +
                    etl::format_duration(config.budget.window) + ", " + std::to_string(allowed) +
                    " allowed (limit less reserve); every " +
                    std::to_string(static_cast<int>(std::ceil(fitting))) + " minutes would fit",
                "Nothing was sent.");
}

}  // namespace jobs
