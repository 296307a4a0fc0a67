#include "jobs/report/notes.hpp"

#include <fmt/format.h>

#include <chrono>

#include "etl/clock.hpp"

namespace jobs {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

sys_days first_of(sys_days day, const std::string& by) {
    if (by == "week") return day - days{std::chrono::weekday{day}.iso_encoding() - 1};
    const year_month_day at{day};
    return sys_days{at.year() / at.month() / 1};
}

sys_days last_of(sys_days day, const std::string& by) {
    if (by == "week") return first_of(day, by) + days{6};
    const year_month_day at{day};
    return sys_days{at.year() / at.month() / std::chrono::last};
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

std::string listed(const etl::pg::Result& found, std::size_t from) {
    std::string out;
    for (std::size_t i = 0; i < found.rows(); ++i)
        out += (out.empty() ? "" : ", ") + found.text(i, from) + " " + found.text(i, from + 1) +
               " (" + found.text(i, from + 2) + ")";
    return out;
}

const char* rows_word(const Apart& apart, bool russian) {
    if (apart.source == "orders") return russian ? "заказы" : "orders";
    return russian ? "платежи" : "payments";
}

}  // namespace

std::map<std::string, std::string> cut_buckets(const Range& range, const std::string& by) {
    std::map<std::string, std::string> cut;
    if (by != "week" && by != "month") return cut;
    const auto mark = [&](sys_days at) {
        const sys_days from =
            range.from ? std::max(day_of(*range.from), first_of(at, by)) : first_of(at, by);
        const sys_days to =
            range.to ? std::min(day_of(*range.to), last_of(at, by)) : last_of(at, by);
        if (from != first_of(at, by) || to != last_of(at, by))
            cut[iso(first_of(at, by))] = span(from, to);
    };
    if (range.from) mark(day_of(*range.from));
    if (range.to) mark(day_of(*range.to));
    return cut;
}

std::map<std::string, std::string> cut_buckets(const Reading& reading, const Report& report) {
    if (report.bucket.empty()) return {};
    const Range range = reading.range(report);
    return cut_buckets(range, report.has_by ? range.by : "month");
}

std::vector<std::string> notes(Reading& reading, const Report& report, bool russian) {
    std::vector<std::string> out;
    const auto say = [&](const char* en, const char* ru) { return std::string(russian ? ru : en); };
    const Range range = reading.range(report);
    for (const auto& [bucket, covers] : cut_buckets(reading, report))
        out.push_back(bucket + say(" holds only ", ": только ") + covers);
    for (const Apart& apart : report.apart) {
        Bound bound = bind_range(
            "SELECT reason, sum(amount), currency, count(*) FROM report.set_apart WHERE "
            ":in_range(" +
                apart.day + ") AND source = '" + apart.source + "' GROUP BY 1, 3 ORDER BY 1, 3",
            range);
        const auto found = reading.query(report.name, bound.sql, bound.parameters);
        for (std::size_t i = 0; i < found.rows(); ++i)
            out.push_back(say("set apart, ", "отдельно, ") + rows_word(apart, russian) + ": " +
                          found.text(i, 0) + " " + found.text(i, 1) + " " + found.text(i, 2) +
                          " (" + found.text(i, 3) + ")");
        if (!range.from && !range.to) continue;
        const std::string amount = apart.source == "orders" ? "paid_amount" : "net";
        const auto undated =
            reading.query(report.name,
                          "SELECT sum(" + amount + "), currency, count(*) FROM report." +
                              apart.source + " WHERE counted AND " + amount + " <> 0 AND " +
                              apart.day + " IS NULL GROUP BY 2 ORDER BY 2",
                          {});
        if (!undated.empty())
            out.push_back(
                std::string(rows_word(apart, russian)) + ": " + listed(undated, 0) +
                say(" without a date: not in this range", " без даты: не в этом промежутке"));
    }
    if (!report.needs_table.empty() &&
        reading.connection().value("SELECT EXISTS (SELECT FROM report." + report.needs_table +
                                   ")") == "f")
        out.push_back(say("not set up: report.", "не настроено: в report.") + report.needs_table +
                      say(" has no rows", " нет строк"));
    return out;
}

std::string nothing(Reading& reading, const Report& report) {
    if (!report.needs_table.empty() &&
        reading.connection().value("SELECT EXISTS (SELECT FROM report." + report.needs_table +
                                   ")") == "f")
        return "not set up: report." + report.needs_table +
               " has no rows. Enter them with gcmirror db psql, for example: " + report.needs_sql;
    const std::string asked = reading.asked(report);
    if (asked.empty()) return "no " + report.of;
    std::string out = "no " + report.of + " " + asked;
    if (report.rows_view.empty()) return out;
    const auto found = reading.query(report.name,
                                     "SELECT min(" + report.rows_day + "), max(" + report.rows_day +
                                         ") FROM " + report.rows_view,
                                     {});
    if (found.at(0, 0))
        out += "; there are some from " + found.text(0, 0) + " to " + found.text(0, 1);
    return out;
}

}  // namespace jobs
