// A report as one self-contained HTML file: table, chart, light and dark, printable; no request to
// anywhere.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/report/reading.hpp"
#include "jobs/report/rows_behind.hpp"

namespace jobs {

struct Page {
    std::string title;  // the question in the reader's language
    std::string definition;
    std::string range, zone, state;
    std::string name;
    std::string lang = "en";
    std::vector<std::string> sums;  // columns that have a total
    bool has_as_of = true;
    bool has_drill = false;  // its rows lead to the rows behind them
    std::vector<Drill> drill;
    std::vector<std::string> figures;  // columns that have rows of their own
    struct MadeOf {
        std::string name, title, how, column, value, said;
    };
    std::optional<MadeOf> figure;  // of a page of rows: what they add up to
    std::string as_of;             // asked for; empty: now
    std::string rest;              // where the rows are that no file of the page can hold
    std::string nothing;           // said instead of an empty table
    Chart chart;
    std::vector<std::string> notes;          // under the table
    std::string bucket;                      // column whose first and last bucket may be cut
    std::map<std::string, std::string> cut;  // its first day, and the days it holds
    bool has_range = false, has_by = false;  // which controls a page may have
    Range bound;                             // what they stand at
};
// A report's result as it is shown, in the reader's language.
[[nodiscard]] Page page_of(Reading& reading, const Report& report, const etl::pg::Result& result,
                           const std::string& lang);
// The rows behind the report as a page of their own.
[[nodiscard]] Page rows_page_of(Reading& reading, const Report& report, const RowsBehind& found,
                                const ReportOptions& options);
// As JSON: the page, its columns and `most` rows; of a report over time the newest. `total`: rows
// there are, when the result holds not all.
[[nodiscard]] std::string page_json(const Page& page, const etl::pg::Result& result,
                                    std::size_t most, std::size_t total = 0);
// Everything from the database goes in as JSON and is shown as text: no markup of a name or title
// takes effect.
[[nodiscard]] std::string html_page(const Page& page, const etl::pg::Result& result);
[[nodiscard]] std::string html_index(
    const std::vector<Page>& pages);  // links to NAME.html and NAME.csv

}  // namespace jobs
