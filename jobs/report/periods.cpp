#include "jobs/report/periods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "etl/clock.hpp"

namespace jobs {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr days kMostDays{42}, kMostWeeks{366}, kRecent{90};

year_month_day date_of(sys_days day) { return year_month_day{day}; }

sys_days first_of(sys_days day, const std::string& by) {
    if (by == "week") return day - days{std::chrono::weekday{day}.iso_encoding() - 1};
    return sys_days{date_of(day).year() / date_of(day).month() / 1};
}

sys_days month_end(year_month_day at) {
    return sys_days{at.year() / at.month() / std::chrono::last};
}

sys_days last_of(sys_days day, const std::string& by) {
    return by == "week" ? first_of(day, by) + days{6} : month_end(date_of(day));
}

std::string two(unsigned number) { return fmt::format("{:02}", number); }

std::string iso(sys_days day) {
    const year_month_day at{day};
    return fmt::format("{}-{:02}-{:02}", int(at.year()), unsigned(at.month()), unsigned(at.day()));
}

// "27–31.08", "28.08–03.09".
std::string span(sys_days from, sys_days to) {
    const year_month_day a{from}, b{to};
    std::string out = two(unsigned(a.day()));
    if (a.month() != b.month()) out += "." + two(unsigned(a.month()));
    return out + "–" + two(unsigned(b.day())) + "." + two(unsigned(b.month()));
}

sys_days day_of(const std::string& text) {
    return sys_days{days{etl::parse_day(text)->time_since_epoch().count()}};
}

// As a calendar goes back: the last day of a month stays the last one, 31 March is 28 February.
sys_days months_back(sys_days day, int count) {
    const year_month_day at = date_of(day);
    const year_month_day then = at - months{count};
    const sys_days end = month_end(then.year() / then.month() / 1);
    if (day == month_end(at) || !then.ok()) return end;
    return sys_days{then};
}

std::optional<sys_days> end_of(const Range& range) {
    if (range.to) return day_of(*range.to);
    if (range.today.empty()) return std::nullopt;
    return day_of(range.today);
}

}  // namespace

std::string fitting_bucket(const std::string& first, const std::string& last) {
    const days length = day_of(last) - day_of(first) + days{1};
    return length <= kMostDays ? "day" : length <= kMostWeeks ? "week" : "month";
}

Range recent(const std::string& today) {
    const sys_days far = day_of(today) - kRecent;
    const std::string by = fitting_bucket(iso(far), today);
    return {iso(first_of(far, by)), today, by, today};
}

std::map<std::string, std::string> cut_buckets(const Range& range, const std::string& by,
                                               bool ahead) {
    std::map<std::string, std::string> cut;
    if (by != "week" && by != "month") return cut;
    std::optional<sys_days> begin, end;
    if (range.from) begin = day_of(*range.from);
    if (range.to) end = day_of(*range.to);
    if (!ahead && !range.today.empty())
        end = std::min(end.value_or(day_of(range.today)), day_of(range.today));
    const auto mark = [&](sys_days at) {
        const sys_days first = first_of(at, by), last = last_of(at, by);
        const sys_days from = begin ? std::max(*begin, first) : first;
        const sys_days to = end ? std::min(*end, last) : last;
        if (from <= to && (from != first || to != last)) cut[iso(first)] = span(from, to);
    };
    if (begin) mark(*begin);
    if (end) mark(*end);
    return cut;
}

std::optional<Earlier> period_before(const Range& range) {
    const auto end = end_of(range);
    if (!range.from || !end) return std::nullopt;
    const sys_days from = day_of(*range.from);
    if (from > *end) return std::nullopt;
    if (date_of(from).day() == std::chrono::day{1}) {
        const year_month_day a = date_of(from), b = date_of(*end);
        const int count = (int(b.year()) - int(a.year())) * 12 + int(unsigned(b.month())) -
                          int(unsigned(a.month())) + 1;
        return Earlier{iso(months_back(from, count)), iso(months_back(*end, count)),
                       std::to_string(count) + " months"};
    }
    const days length = *end - from + days{1};
    return Earlier{iso(from - length), iso(from - days{1}),
                   std::to_string(length.count()) + " days"};
}

std::optional<Earlier> last_year(const Range& range) {
    const auto end = end_of(range);
    if (!range.from || !end) return std::nullopt;
    const sys_days from = day_of(*range.from);
    constexpr days kYearOfWeeks{364};
    if (range.by == "week")
        return Earlier{iso(from - kYearOfWeeks), iso(*end - kYearOfWeeks), "364 days"};
    constexpr int kYear = 12;
    const year_month_day then = date_of(from) - years{1};
    const sys_days first = then.ok() ? sys_days{then} : month_end(then.year() / then.month() / 1);
    return Earlier{iso(first), iso(months_back(*end, kYear)), "1 year"};
}

}  // namespace jobs
