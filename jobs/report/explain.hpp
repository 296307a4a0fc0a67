// What --explain tells: definition, the rules that apply, SQL and the views below it, state.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "jobs/report/reading.hpp"

namespace jobs {

// A line per rule that holds for the report: range, periods, comparison, what is set apart,
// medians, gaps, moments, what it needs.
[[nodiscard]] std::vector<std::string> rules(const Report& report, bool russian = false);
void explain(std::ostream& out, Reading& reading, const Report& report, bool russian = false);

}  // namespace jobs
