#include "jobs/report/explain.hpp"

#include <ostream>
#include <set>

#include "jobs/output/table_printer.hpp"

namespace jobs {
namespace {

// Views of report that the SQL stands on, each before those it needs itself.
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
        if (found.empty()) continue;
        views.emplace_back("report." + name + ": " + found.text(0, 1), found.text(0, 0));
        collect_views(connection, found.text(0, 0), seen, views);
    }
}

}  // namespace

std::vector<std::string> rules(const Report& report) {
    std::vector<std::string> out;
    out.push_back(report.has_range
                      ? "Range: " + report.range_day +
                            "; a row counts on its own day, and ranges side by side add up."
                      : "Range: none, it is the state now; --from and --to are refused.");
    if (report.has_by)
        out.emplace_back(
            "Periods: days up to six weeks, weeks up to a year, months beyond; --by decides.");
    if (!report.bucket.empty())
        out.emplace_back("A week or month that the range or today cuts is marked with its days.");
    if (report.compares)
        out.emplace_back(
            "_before: as many months or days just before; _last_year: the same days a year ago, "
            "by week the same weekdays. Empty without --from.");
    for (const Apart& apart : report.apart)
        out.push_back(
            apart.source == "nobody"
                ? "Set apart: orders that name nobody; said below."
                : "Set apart, " + apart.source +
                      ": vanished, false, excluded, of unknown status, expected or on the balance; "
                      "said below with the reason, by " +
                      apart.day + ". What has no day is in no range, and said.");
    if (report.sql.find("percentile_") != std::string::npos)
        out.emplace_back("Medians: of two middles the mean, as Excel and Metabase have it.");
    if (!report.chart.type.empty())
        out.push_back("Chart: where there is no row it shows " +
                      std::string(report.chart.gap == "zero"    ? "zero"
                                  : report.chart.gap == "carry" ? "what was before"
                                                                : "nothing") +
                      ".");
    out.emplace_back(report.has_as_of
                         ? "--as-of: as it stood then; a moment before history is refused."
                         : "--as-of: refused, it knows only the state now.");
    if (!report.needs.empty()) {
        std::string needs;
        for (const std::string& need : report.needs)
            needs += (needs.empty() ? "report." : " or report.") + need;
        out.push_back("Needs " + needs + ", and says so when there is nothing in it.");
    }
    return out;
}

void explain(std::ostream& out, Reading& reading, const Report& report) {
    out << report.question << '\n'
        << report.question_ru << "\n\n"
        << report.definition << "Days are those of " << reading.zone()
        << ". Currencies are never added together.\n";
    for (const std::string& rule : rules(report)) out << rule << '\n';
    out << '\n' << report.sql << '\n';
    std::set<std::string> seen;
    std::vector<std::pair<std::string, std::string>> views;
    collect_views(reading.connection(), report.sql, seen, views);
    for (const auto& [comment, definition] : views)
        out << "-- " << comment << '\n' << definition << "\n\n";
    out << "State of the data: " << reading.state() << " (" << reading.zone() << ")\n";
    print_table(out, reading.connection().query(
                         "SELECT table_name, new_rows_as_of, changes_as_of, run_id, run_state, "
                         "balanced, rejects FROM report.freshness ORDER BY table_name"));
    out << "gcmirror explain RUN shows the requests of a run, gcmirror reconciliation RUN its "
           "accounts"
        << (report.rows_view.empty()
                ? ""
                : "; gcmirror report " + report.name +
                      " --rows the rows behind the figures, each with run_id and export_id")
        << ".\n";
}

}  // namespace jobs
