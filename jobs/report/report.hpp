// The command report: a question answered from the published views, for people, programs and
// spreadsheets.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/output/context.hpp"
#include "jobs/report/report_catalog.hpp"

namespace jobs {

// What the judgement of the mirror says of today's numbers (jobs/serve/health); the reports know
// none of their own.
struct Trust {
    std::string level;                 // green, amber, red, unread; empty: nobody was asked
    std::vector<std::string> reasons;  // sentences in the reader's language
};

struct ReportOptions {
    std::string name;                // empty: list them; "all": every one, as files below `out`
    std::string format = "table";    // table, csv, json, html, xlsx
    std::string from, to;            // days; empty: everything
    std::string by;                  // day, week, month, where the report has periods; empty: day
    std::string as_of;               // a day (its end) or a moment; empty: now
    std::string lang;                // en, ru; empty: the command line's
    std::string out;                 // folder for "all", file of a workbook
    std::vector<std::string> where;  // COLUMN=VALUE, only with rows
    std::string figure;              // of these rows, those that it is made of
    bool excel = false;              // CSV as a Russian Excel opens it
    bool rows = false;               // the rows behind the figures
    bool explain = false;            // definition, SQL, state of the data
    std::function<Trust(etl::pg::Connection&, bool russian)> trust;  // for the morning's first line
};
// Which report, its range, periods and moment, as `said` has them by the names of the options.
[[nodiscard]] ReportOptions report_asked(
    const std::function<std::string(const char* option)>& said);
// For the transaction that reads the published views: the memory a sort may take, and the time of
// one statement.
void limit_reading(etl::pg::Connection& connection, etl::Duration statement_timeout);

// Error{usage}: days that are none, and what the report has no use for.
void check_options(const Report& report, const ReportOptions& options);

// Prints CSV or JSON where that is asked for. False: something else is.
[[nodiscard]] bool print_for_programs(Context& context, const ReportOptions& options,
                                      const etl::pg::Result& result);

// Reads only; one snapshot for everything it prints. An empty range says so and is no error.
int run_report(Context& context, const ReportOptions& options);

}  // namespace jobs
