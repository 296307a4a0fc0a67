#include "jobs/report/explain.hpp"

#include <ostream>
#include <set>

#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

// Views and functions of report that the SQL stands on, each before those it needs itself.
void collect_views(etl::pg::Connection& connection, const std::string& sql,
                   std::set<std::string>& seen,
                   std::vector<std::pair<std::string, std::string>>& views) {
    for (std::size_t at = sql.find("report."); at != std::string::npos;
         at = sql.find("report.", at + 1)) {
        std::size_t end = at + 7;
        while (end < sql.size() &&
               (std::isalnum(static_cast<unsigned char>(sql[end])) != 0 || sql[end] == '_'))
            ++end;
        const std::string name = sql.substr(at + 7, end - at - 7);
        if (!seen.insert(name).second) continue;
        const auto found = connection.query(
            "SELECT pg_get_viewdef(c.oid, true), coalesce(obj_description(c.oid), '') FROM "
            "pg_class c WHERE c.relnamespace = 'report'::regnamespace AND c.relname = $1 AND "
            "c.relkind = 'v'",
            {name});
        if (found.empty()) {  // a function, by whichever arguments
            const auto function = connection.query(
                "SELECT pg_get_functiondef(p.oid), coalesce(obj_description(p.oid), '') FROM "
                "pg_proc p WHERE p.pronamespace = 'report'::regnamespace AND p.proname = $1 AND "
                "p.prokind = 'f' ORDER BY p.oid",
                {name});
            for (std::size_t f = 0; f < function.rows(); ++f) {
                views.emplace_back("report." + name + "(): " + function.text(f, 1),
                                   function.text(f, 0));
                collect_views(connection, function.text(f, 0), seen, views);
            }
            continue;
        }
        views.emplace_back("report." + name + ": " + found.text(0, 1), found.text(0, 0));
        collect_views(connection, found.text(0, 0), seen, views);
    }
}

}  // namespace

std::vector<std::string> rules(const Report& report, bool russian) {
    std::vector<std::string> out;
    const auto add = [&](const std::string& en, const std::string& ru) {
        out.push_back(russian ? ru : en);
    };
    if (report.has_range)
        add("Range: " + report.range_day +
                "; a row counts on its own day, and ranges side by side add up.",
            "Промежуток: " + words::title(report.range_day, true) +
                "; строка считается в свой день, соседние промежутки складываются.");
    else
        add("Range: none, it is the state now; --from and --to are refused.",
            "Промежуток: нет, это состояние на сейчас; --from и --to отклоняются.");
    if (report.has_by)
        add("Periods: days up to six weeks, weeks up to a year, months beyond; --by decides.",
            "Периоды: дни до шести недель, недели до года, дальше месяцы; решает --by.");
    if (!report.bucket.empty())
        add("A week or month that the range or today cuts is marked with its days.",
            "Неделя или месяц, которые обрезаны промежутком или сегодняшним днём, помечены днями.");
    if (report.compares)
        add("_before: as many months or days just before; _last_year: the same days a year ago, "
            "by week the same weekdays. Empty without --from.",
            "Период до: столько же месяцев или дней перед промежутком; год назад: те же дни, у "
            "недель те же дни недели. Без --from пусто.");
    for (const Apart& apart : report.apart) {
        const bool orders = apart.source == "orders";
        if (apart.source == "nobody")
            add("Set apart: orders that name nobody; said below.",
                "Отдельно: заказы, в которых человек не назван; сказано ниже.");
        else
            add("Set apart, " + apart.source +
                    ": vanished, false, excluded, of unknown status, expected or on the balance; "
                    "said below with the reason, by " +
                    apart.day + ". What has no day is in no range, and said.",
                std::string("Отдельно, ") + (orders ? "заказы" : "платежи") +
                    ": пропавшие, ложные, исключённые, с неизвестным статусом, ожидаемые и на "
                    "балансе; ниже сказаны с причиной, по столбцу «" +
                    words::title(apart.day, true) +
                    "». У чего дня нет, не входит ни в один промежуток, о чём сказано.");
    }
    if (report.sql.find("percentile_") != std::string::npos)
        add("Medians: of two middles the mean, as Excel and Metabase have it.",
            "Медианы: из двух средних берётся их среднее, как в Excel и Metabase.");
    if (!report.chart.type.empty()) {
        const bool zero = report.chart.gap == "zero", carry = report.chart.gap == "carry";
        add(std::string("Chart: where there is no row it shows ") +
                (zero    ? "zero"
                 : carry ? "what was before"
                         : "nothing") +
                ".",
            std::string("График: где строки нет, там ") +
                (zero    ? "ноль"
                 : carry ? "то, что было до этого"
                         : "ничего") +
                ".");
    }
    if (report.has_as_of)
        add("--as-of: as it stood then; a moment before history is refused.",
            "--as-of: как было тогда; момент до начала истории отклоняется.");
    else
        add("--as-of: refused, it knows only the state now.",
            "--as-of: отклоняется, известно только состояние на сейчас.");
    if (!report.needs.empty()) {
        std::string needs;
        for (const std::string& need : report.needs)
            needs += (needs.empty() ? "report." : russian ? " или report." : " or report.") + need;
        add("Needs " + needs + ", and says so when there is nothing in it.",
            "Нужно заполнить " + needs + "; если там пусто, отчёт это скажет.");
    }
    return out;
}

void explain(std::ostream& out, Reading& reading, const Report& report, bool russian) {
    if (russian)
        out << report.question_ru << "\n\n"
            << report.definition_ru << "Дни считаются в поясе " << reading.zone()
            << ". Валюты никогда не складываются.\n";
    else
        out << report.question << '\n'
            << report.question_ru << "\n\n"
            << report.definition << "Days are those of " << reading.zone()
            << ". Currencies are never added together.\n";
    for (const std::string& rule : rules(report, russian)) out << rule << '\n';
    out << '\n' << report.sql << '\n';
    std::set<std::string> seen;
    std::vector<std::pair<std::string, std::string>> views;
    collect_views(reading.connection(), report.sql, seen, views);
    for (const auto& [comment, definition] : views)
        out << "-- " << comment << '\n' << definition << "\n\n";
    out << (russian ? "Состояние данных: " : "State of the data: ") << reading.state() << " ("
        << reading.zone() << ")\n";
    print_table(out,
                reading.connection().query(
                    "SELECT table_name, new_rows_as_of, changes_as_of, run_id, run_state, "
                    "balanced, rejects FROM report.freshness ORDER BY table_name"),
                russian);
    if (russian)
        out << "gcmirror explain RUN покажет запросы запуска, gcmirror reconciliation RUN его "
               "сверки"
            << (report.rows_view.empty() ? ""
                                         : "; gcmirror report " + report.name +
                                               " --rows строки за числами, каждую с run_id и "
                                               "export_id")
            << ".\n";
    else
        out << "gcmirror explain RUN shows the requests of a run, gcmirror reconciliation RUN its "
               "accounts"
            << (report.rows_view.empty()
                    ? ""
                    : "; gcmirror report " + report.name +
                          " --rows the rows behind the figures, each with run_id and export_id")
            << ".\n";
}

}  // namespace jobs
