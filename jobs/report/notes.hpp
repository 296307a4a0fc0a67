// What stands under a report: money that is not in its figures and why, money without a date,
// buckets that the range cuts, and which kind of empty an empty report is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jobs/report/reading.hpp"

namespace jobs {

// Buckets that hold only a part of their days, as they are labelled.
[[nodiscard]] std::map<std::string, std::string> cut_of(Reading& reading, const Report& report);

// `empty`: there are no figures to compare.
[[nodiscard]] std::vector<std::string> notes(Reading& reading, const Report& report, bool russian,
                                             bool empty);

// Instead of an empty table: not set up, nothing in this range (with the range that has something),
// or truly none.
[[nodiscard]] std::string nothing(Reading& reading, const Report& report, bool russian = false);

}  // namespace jobs
