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
    std::string sql;  // with :in_range(column), :period(column), :from, :to, :by
};

// All embedded reports by name. Error{unexpected} naming the file when its comment is not complete.
[[nodiscard]] const std::vector<Report>& reports();
// Its first comment: question, "ru:", definition, "answers:", "of:", "chart:", "rows:"; the rest is
// SQL.
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
// asked), :period(c) the first day of the period; values become parameters, never text.
[[nodiscard]] Bound bind_range(std::string_view sql, const Range& range);

}  // namespace jobs
