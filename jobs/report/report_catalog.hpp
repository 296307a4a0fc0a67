// The reports and their text: one question a file in jobs/report/queries, embedded; parsing and
// binding are pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jobs {

// How a report is drawn: "line period net,paid currency" is type, x, measures, series (may be
// empty).
struct Chart {
    std::string type;  // line or bar; empty: none
    std::string x;
    std::vector<std::string> measures;
    std::string series;
    std::string gap = "zero";  // what a place without a row means: zero, carry (as before), none
};

// What is not in a report's figures: report.set_apart of that source, by that day.
struct Apart {
    std::string source;  // orders or payments
    std::string day;     // its column that the report's range goes by
};

struct Report {
    std::string name;  // revenue_by_day
    std::string question, question_ru;
    std::string definition;    // lines
    std::vector<int> answers;  // numbers of getcourse-field-notes.md e
    std::string of;            // what an empty range has none of: "no paid orders between …"
    Chart chart;
    std::string rows_view,
        rows_day;  // view of the rows behind the figures and its column of the range; empty: none
    std::string sql;  // with :in_range(column), :period(column), :month(column)
    // The contract: an option that the report lacks is a usage error, and no control on its page.
    bool has_range = false, has_by = false, has_as_of = true;
    std::string bucket;  // column of :period or :month; a range may cut its first and last
    std::vector<Apart> apart;
    std::string needs_table, needs_sql;  // what the school enters before it answers; empty: nothing
};

// All embedded reports by name. Error{unexpected} naming the file when its comment is not complete.
[[nodiscard]] const std::vector<Report>& reports();
// Its first comment: question, "ru:", definition, "answers:", "of:", "chart:", "gap:", "rows:",
// "apart:", "needs:", "as-of:"; the rest is SQL. A range that would compare buckets is refused.
[[nodiscard]] Report parse_report(std::string_view name, std::string_view text);
// Error{usage} with the nearest names when there is none.
[[nodiscard]] const Report& find_report(const std::string& name);

struct Bound {
    std::string sql;  // with $1, $2, …
    std::vector<std::optional<std::string>> parameters;
};
struct Range {
    std::optional<std::string> from, to;  // days
    std::string by = "day";               // day, week, month
};
// :in_range(c) becomes a condition (everything, rows without a day included, when no range is
// asked), :period(c) the first day of the period, :month(c) of the month; values become parameters,
// never text.
[[nodiscard]] Bound bind_range(std::string_view sql, const Range& range);

}  // namespace jobs
