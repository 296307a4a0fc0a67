#include "jobs/report/notes.hpp"

#include <algorithm>

#include "jobs/output/words.hpp"

namespace jobs {
namespace {

std::string listed(const etl::pg::Result& found, std::size_t from, bool russian) {
    std::string out;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const std::string& amount = found.text(i, from);
        out += (out.empty() ? "" : ", ") +
               (russian ? words::said("amount", amount, true) : amount) + " " +
               found.text(i, from + 1) + " (" + found.text(i, from + 2) + ")";
    }
    return out;
}

const char* rows_word(const Apart& apart, bool russian) {
    if (apart.source == "orders") return russian ? "заказы" : "orders";
    return russian ? "платежи" : "payments";
}

// Whether the school has entered any of what the report needs.
bool set_up(Reading& reading, const Report& report) {
    constexpr std::string_view kSettings = "settings.";
    return report.needs.empty() ||
           std::any_of(report.needs.begin(), report.needs.end(), [&](const std::string& need) {
               const std::string sql = need.rfind(kSettings, 0) == 0
                                           ? "SELECT " + need.substr(kSettings.size()) +
                                                 "::text !~ '^[0.]*$' FROM report.settings"
                                           : "SELECT EXISTS (SELECT FROM report." + need + ")";
               return reading.connection().value(sql) == "t";
           });
}

std::string needs_words(const Report& report, bool russian) {
    std::string out;
    for (const std::string& need : report.needs)
        out += (out.empty() ? "" : russian ? " и " : " and ") + ("report." + need);
    return out + (russian ? ": пусто" : report.needs.size() > 1 ? " have nothing" : " has nothing");
}

// Orders that name no person: a report of persons has no row for them.
void of_nobody(Reading& reading, const Report& report, const Apart& apart, bool russian,
               std::vector<std::string>& out) {
    const Bound bound = bind_range(
        "SELECT sum(paid_amount), currency, count(*) FROM report.paid_orders WHERE "
        "user_id IS NULL AND :in_range(" +
            apart.day + ") GROUP BY 2 ORDER BY 2",
        reading.range(report));
    const auto found = reading.query(report.name, bound.sql, bound.parameters);
    if (!found.empty())
        out.push_back(
            (russian ? "отдельно, заказы без человека: " : "set apart, orders that name nobody: ") +
            listed(found, 0, russian));
}

// Money that is not in the figures, with its reason; and money of no day, when days are asked for.
void money_apart(Reading& reading, const Report& report, const Apart& apart, bool russian,
                 std::vector<std::string>& out) {
    if (apart.source == "nobody") return of_nobody(reading, report, apart, russian, out);
    const Range range = reading.range(report);
    const Bound bound = bind_range(
        "SELECT reason, sum(amount), currency, count(*) FROM report.set_apart WHERE :in_range(" +
            apart.day + ") AND source = '" + apart.source + "' GROUP BY 1, 3 ORDER BY 1, 3",
        range);
    const auto found = reading.query(report.name, bound.sql, bound.parameters);
    for (std::size_t i = 0; i < found.rows(); ++i)
        out.push_back((russian ? "отдельно, " : "set apart, ") +
                      std::string(rows_word(apart, russian)) + ": " +
                      words::sentence(found.text(i, 0), russian) + " " +
                      (russian ? words::said("amount", found.text(i, 1), true) : found.text(i, 1)) +
                      " " + found.text(i, 2) + " (" + found.text(i, 3) + ")");
    if (!range.from && !range.to) return;
    const std::string amount = apart.source == "orders" ? "paid_amount" : "net";
    const auto undated =
        reading.query(report.name,
                      "SELECT sum(" + amount + "), currency, count(*) FROM report." + apart.source +
                          " WHERE counted AND " + amount + " <> 0 AND " + apart.day +
                          " IS NULL GROUP BY 2 ORDER BY 2",
                      {});
    if (!undated.empty())
        out.push_back(
            std::string(rows_word(apart, russian)) + ": " + listed(undated, 0, russian) +
            (russian ? " без даты: не в этом промежутке" : " without a date: not in this range"));
}

// The ranges that the columns _before and _last_year hold.
void comparison(const Range& range, bool russian, std::vector<std::string>& out) {
    const auto before = period_before(range), year = last_year(range);
    if (!before || !year)
        return void(
            out.emplace_back(russian ? "Период до и год назад: сравнить есть с чем, когда задано "
                                       "начало промежутка"
                                     : "_before and _last_year: --from says what to compare with"));
    if (russian) {
        const auto days = [](const Earlier& range_of) {
            return "с " + words::said("day", range_of.from, true) + " по " +
                   words::said("day", range_of.to, true);
        };
        return void(out.push_back("Период до: " + days(*before) + "; год назад: " + days(*year)));
    }
    const std::string to = " to ";
    out.push_back("_before: " + before->from + to + before->to + "; _last_year: " + year->from +
                  to + year->to);
}

bool has_rows(Reading& reading, const Report& report, const Range& range) {
    const Bound bound = bind_range(report.sql, range);
    return !reading
                .query(report.name, "SELECT FROM (" + bound.sql + ") r LIMIT 1", bound.parameters)
                .empty();
}

}  // namespace

std::map<std::string, std::string> cut_of(Reading& reading, const Report& report) {
    if (report.bucket.empty()) return {};
    const Range range = reading.range(report);
    return cut_buckets(range, report.has_by ? range.by : "month", report.ahead);
}

std::vector<std::string> notes(Reading& reading, const Report& report, bool russian, bool empty) {
    std::vector<std::string> out;
    for (const auto& [bucket, covers] : cut_of(reading, report))
        out.push_back(words::said("day", bucket, russian) +
                      (russian ? ": только " : " holds only ") + covers);
    if (report.compares && !empty) comparison(reading.range(report), russian, out);
    for (const Apart& apart : report.apart) money_apart(reading, report, apart, russian, out);
    // where all of it is needed, what stands in place of the rows says so
    if (!set_up(reading, report) && !(empty && report.needs_all))
        out.push_back((russian ? "не настроено: " : "not set up: ") + needs_words(report, russian) +
                      (russian ? "; например: " : "; for example: ") + report.needs_sql);
    if (!reading.set_aside().empty())
        out.push_back((russian ? "в этом сеансе задано gcmirror.as_of = "
                               : "this session has gcmirror.as_of = ") +
                      reading.set_aside() +
                      (russian ? "; отчёт его не применил" : "; the report left it aside"));
    return out;
}

std::string nothing(Reading& reading, const Report& report, bool russian) {
    if (report.needs_all && !set_up(reading, report))
        return (russian ? "не настроено: " : "not set up: ") + needs_words(report, russian) +
               (russian ? ". Введите в gcmirror db psql, например: "
                        : ". Enter it with gcmirror db psql, for example: ") +
               report.needs_sql;
    const std::string asked = reading.asked(report, russian);
    std::string out = russian ? "строк нет" : "no " + report.of;
    if (asked.empty()) return out;
    out += " " + asked;
    const bool days = !report.days_view.empty();
    std::optional<std::string> first, last;
    if (days) {
        const auto found = reading.query(report.name,
                                         "SELECT min(" + report.days_column + "), max(" +
                                             report.days_column + ") FROM " + report.days_view,
                                         {});
        first = found.at(0, 0);
        last = found.at(0, 1);
    }
    // Everything is asked only when the newest day shows nothing either: it costs what it costs.
    if (!(last && has_rows(reading, report, {last, last, "day", {}})) &&
        !has_rows(reading, report, {}))
        return out + (russian ? "; нет и в другое время" : ", nor at any other time");
    if (first)
        out += russian ? "; есть с " + words::said("day", *first, true) + " по " +
                             words::said("day", *last, true)
                       : "; there are some from " + *first + " to " + *last;
    return out;
}

}  // namespace jobs
