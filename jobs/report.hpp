// Reports: one question a file in jobs/reports, embedded; its first comment is question, definition and zone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/context.hpp"

namespace jobs {

struct Report {
    std::string name;         // revenue_by_day
    std::string question;     // first line of its comment
    std::string definition;   // the other lines
    std::string_view sql;     // $1 zone, $2 from, $3 to
};
[[nodiscard]] const std::vector<Report>& reports();

struct ReportOptions {
    std::string name;               // empty: list them
    std::string format = "table";   // table, csv, json
    std::string from, to;           // days; empty: everything
};
int run_report(Context& context, const ReportOptions& options);

}  // namespace jobs
