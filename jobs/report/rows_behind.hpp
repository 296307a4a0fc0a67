// The rows behind a report's figures: those of its view and range, narrowed by COLUMN=VALUE. The
// same for the command line and the dashboard.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/report/reading.hpp"

namespace jobs {

struct RowsBehind {
    etl::pg::Result rows;
    std::int64_t total = 0;  // of them there are
    etl::pg::Param figure;   // what they add up to, of the figure that was asked for
};
// Of a figure those that it is made of. Error{usage}: there is no such figure, the report has no
// single view of rows, or a condition names no column of it.
// `most`: read no more than one above it; 0: all.
[[nodiscard]] RowsBehind rows_behind(Reading& reading, const Report& report,
                                     const ReportOptions& options, std::int64_t most = 0);
// Rows of one file that a page or a workbook may have: they stand in memory, of 58 columns.
constexpr std::int64_t kMostFileRows = 100000;
// Where all of them are when there are more than that; else empty.
[[nodiscard]] std::string file_limit(std::int64_t total, const Report& report, bool russian);
// Error{usage} says the same.
void require_file_rows(std::int64_t total, const Report& report);
// Rows that no figure counts are shown, too; how many they are is said. Empty: the view has none.
[[nodiscard]] std::string counted_line(const etl::pg::Result& rows, bool russian);
// How the rows add up to the figure, as SQL.
[[nodiscard]] std::string adding(const Figure& figure);
// "net", "чистыми"; of the morning the name of its measure.
[[nodiscard]] std::string figure_title(const Report& report, const Figure& figure, bool russian);
// How the rows make the figure: "the sum of “net”".
[[nodiscard]] std::string figure_made_of(const Figure& figure, bool russian);
// Columns of the view whose sum has a meaning: a row is one fact there.
[[nodiscard]] std::vector<std::string> money_columns(Reading& reading, const std::string& view);

}  // namespace jobs
