// What the dashboard shows, as JSON made by PostgreSQL: each page is one snapshot of the journal.
#pragma once

#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "jobs/report/report.hpp"

namespace jobs {

struct DashboardState {  // of the service itself, beside the database
    bool leading = false;
    bool syncing = false;
    etl::Instant now;  // its clock
    std::string csrf;  // token of the actions
};
// Trust and its reasons, freshness, budget, the newest run with its exports, expected runs, open
// alerts, write-back.
[[nodiscard]] std::string overview_json(etl::pg::Connection& connection, const etl::Config& config,
                                        const DashboardState& state);
[[nodiscard]] std::string runs_json(etl::pg::Connection& connection);
[[nodiscard]] std::string run_json(etl::pg::Connection& connection,
                                   std::int64_t id);  // "null" when there is none
[[nodiscard]] std::string rejects_json(etl::pg::Connection& connection,
                                       std::int64_t run);  // 0: the newest 500 of all
[[nodiscard]] std::string fields_json(
    etl::pg::Connection& connection);  // custom fields, and layouts of bodies that changed
[[nodiscard]] std::string push_json(etl::pg::Connection& connection,
                                    std::int64_t plan);  // 0: all plans
[[nodiscard]] std::string reports_json();
// What every page begins with: the account's zone, the school's address, the token of the actions.
[[nodiscard]] std::string session_json(const etl::Config& config, const std::string& csrf);
// A report as a file for Excel, "xlsx" or "csv": what the page shows, with all rows.
[[nodiscard]] std::string report_file(etl::pg::Connection& connection, const etl::Config& config,
                                      ReportOptions options, bool recent_days, etl::Instant now);
// The rows behind a figure as such a file. Error{usage}: too many for the memory of a service.
[[nodiscard]] std::string rows_file(etl::pg::Connection& connection, const etl::Config& config,
                                    ReportOptions options);
// The owner's morning (jobs/report/morning.hpp); lang: en, ru.
[[nodiscard]] std::string morning_page_json(etl::pg::Connection& connection,
                                            const etl::Config& config, const std::string& lang,
                                            etl::Instant now);
// As gcmirror report answers it; recent_days: of the last whole weeks, where it has a range.
// Error{usage} for an unknown report or day; Error{database} when it takes too long.
[[nodiscard]] std::string report_json(etl::pg::Connection& connection, const etl::Config& config,
                                      ReportOptions options, bool recent_days);
// The rows behind a report's figures, as gcmirror report --rows reads them.
[[nodiscard]] std::string rows_json(etl::pg::Connection& connection, const etl::Config& config,
                                    ReportOptions options);

}  // namespace jobs
