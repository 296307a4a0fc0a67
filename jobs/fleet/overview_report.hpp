// One report in several schools: each answers from its own database, by its own settings and zone;
// their rows stand side by side. A school that cannot answer is named, never silently missing.
#pragma once

#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/fleet/schools.hpp"
#include "jobs/output/context.hpp"
#include "jobs/report/report.hpp"

namespace jobs::fleet {

// Those that `names` names, "all" or "a,b". Error{usage}: an unknown one, with those there are.
[[nodiscard]] std::vector<School> chosen_schools(const std::vector<School>& schools,
                                                 const std::string& names);
// Sum of decimals to the last digit, with the decimals of the longest. Error{unexpected}: a text
// that is none. Pure.
[[nodiscard]] std::string decimal_sum(const std::vector<std::string>& decimals);
// Sums of the columns that may be added up, over all rows: a row per currency, currencies never
// together. Empty when there are none. Pure.
[[nodiscard]] etl::pg::Result totals(const etl::pg::Result& rows,
                                     const std::vector<std::string>& sums);

// 0; 3 when some schools could not answer, 6 when none could. Error{usage} as run_report, and for
// what one table of several schools cannot hold.
int run_report_across(Context& context, const std::vector<School>& schools,
                      const ReportOptions& asked);

}  // namespace jobs::fleet
