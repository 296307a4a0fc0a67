#include "jobs/serve/schedule_words.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

namespace jobs {
namespace {

std::optional<int> plain_number(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "*/15": 15.
std::optional<int> step(const std::string& field) {
    return field.starts_with("*/") ? plain_number(field.substr(2)) : std::nullopt;
}

std::string at_clock(int hour, int minute) { return fmt::format("{:02}:{:02}", hour, minute); }

// "9-21": from 9:00 to 21:59, as the hours of a field are.
std::string between_hours(const std::string& hours, bool russian) {
    const std::size_t dash = hours.find('-');
    const auto from = plain_number(hours.substr(0, dash)),
               to = dash == std::string::npos ? from : plain_number(hours.substr(dash + 1));
    if (!from || !to) return "";
    return fmt::format(fmt::runtime(russian ? " с {} до {}" : " from {} to {}"), at_clock(*from, 0),
                       at_clock(*to, 59));
}

std::string every_minutes(int minutes, bool russian) {
    if (minutes == 1) return russian ? "каждую минуту" : "every minute";
    return fmt::format(fmt::runtime(russian ? "каждые {} мин" : "every {} minutes"), minutes);
}

std::string on_weekday(int day, bool russian) {
    constexpr std::array<const char*, 7> kRussian = {
        "по воскресеньям", "по понедельникам", "по вторникам", "по средам",
        "по четвергам",    "по пятницам",      "по субботам"};
    constexpr std::array<const char*, 7> kEnglish = {"on Sundays",    "on Mondays",   "on Tuesdays",
                                                     "on Wednesdays", "on Thursdays", "on Fridays",
                                                     "on Saturdays"};
    const auto at = static_cast<std::size_t>(day % 7);
    return russian ? kRussian.at(at) : kEnglish.at(at);
}

// Which days; nullopt: not in our words.
std::optional<std::string> which_days(const std::string& day, const std::string& weekday,
                                      bool russian) {
    if (day == "*" && weekday == "*") return russian ? "каждый день" : "every day";
    if (day == "*" && weekday == "1-5") return russian ? "по будням" : "on weekdays";
    if (const auto one = plain_number(weekday); day == "*" && one) return on_weekday(*one, russian);
    if (const auto one = plain_number(day); weekday == "*" && one)
        return fmt::format(fmt::runtime(russian ? "{}-го числа" : "on day {} of the month"), *one);
    return std::nullopt;
}

}  // namespace

std::string schedule_words(const std::string& expression, bool russian) {
    std::istringstream in(expression == "@daily"    ? "0 0 * * *"
                          : expression == "@hourly" ? "0 * * * *"
                                                    : expression);
    std::vector<std::string> fields;
    for (std::string field; in >> field;) fields.push_back(field);
    if (fields.size() != 5 || fields[3] != "*") return expression;
    const auto minute = plain_number(fields[0]), hour = plain_number(fields[1]);
    const auto days = which_days(fields[2], fields[4], russian);
    if (!days) return expression;
    if (minute && hour) return *days + (russian ? " в " : " at ") + at_clock(*hour, *minute);
    const std::string prefix = fields[2] == "*" && fields[4] == "*" ? "" : *days + ", ";
    const bool all_hours = fields[1] == "*";
    const std::string hours = all_hours ? "" : between_hours(fields[1], russian);
    if (const auto every = fields[0] == "*" ? std::optional(1) : step(fields[0]);
        every && (all_hours || !hours.empty()))
        return prefix + every_minutes(*every, russian) + hours;
    if (minute && (all_hours || !hours.empty()))
        return prefix + (russian ? "каждый час" : "every hour") +
               (*minute == 0
                    ? ""
                    : fmt::format(fmt::runtime(russian ? " в {} мин" : " at minute {}"), *minute)) +
               hours;
    if (const auto every = step(fields[1]); minute && every)
        return prefix +
               fmt::format(fmt::runtime(russian ? "каждые {} ч" : "every {} hours"), *every);
    return expression;
}

}  // namespace jobs
