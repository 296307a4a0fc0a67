// Reports as Excel workbooks: the figures, and a sheet that says what they mean and what was asked.
#pragma once

#include <string>

#include "jobs/report/reading.hpp"
#include "jobs/report/report_page.hpp"

namespace jobs {

// A sheet of figures, and one with question, definition, range, state and notes.
[[nodiscard]] std::string report_workbook(const Page& page, const etl::pg::Result& result);
// The rows behind a report or one of its figures, and what they add up to. Error{usage}: more than
// a sheet of ours holds.
[[nodiscard]] std::string rows_workbook(Reading& reading, const Report& report,
                                        const ReportOptions& options);
// The morning: figures, 13 weeks, the month's outlook, what needs a hand, and what they mean.
[[nodiscard]] std::string morning_workbook(Reading& reading, bool russian);
// Every report in one: contents by group, a sheet each, definitions. `count`: how many there are.
[[nodiscard]] std::string all_workbook(Reading& reading, const ReportOptions& options,
                                       std::size_t& count);

}  // namespace jobs
