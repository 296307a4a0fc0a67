// The reports and their text: one question a file in jobs/report/queries, embedded; parsing and
// binding are pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/report/periods.hpp"

namespace jobs {

// How a report is drawn: "line period net,paid currency" is type, x, measures, series (may be
// empty).
struct Chart {
    std::string type;  // line, bar; funnel, share, heat; empty: none
    std::string x;
    std::vector<std::string> measures;
    std::string series;
    std::string gap = "zero";  // what a place without a row means: zero, carry (as before), none
    std::string order =
        "measure";  // of categories: by the measure, or rows (as the report has them)
};

// What is not in a report's figures: report.set_apart of that source, by that day.
struct Apart {
    std::string source;  // orders, payments; nobody: paid orders that name no person
    std::string day;     // its column that the report's range goes by
};

// How a row of a report narrows the rows behind it: "column" of both, "column:of_the_report",
// "column=value".
struct Drill {
    std::string column;  // of the view of the rows
    std::string of;      // of the report; empty: always `value`
    std::string value;
};

// The rows that a figure is made of, and how they add up to it.
struct Figure {
    std::string name;       // column of the report; of the morning its measure
    std::string how;        // rows (their number), sum, minus, mean of a column, percent of a kind
    std::string of;         // that column; of percent the condition that makes the kind
    std::string view, day;  // where the rows are, and the column that a range goes by
    std::string where;      // which of them, as SQL; empty: all
};

struct Report {
    std::string name;  // revenue_by_day
    std::string question, question_ru;
    std::string definition, definition_ru;  // lines
    std::string group;  // where a list shows it: money, sales, people, channels, managers, access,
                        // quality
    std::vector<int> answers;  // numbers of getcourse-field-notes.md e
    std::string of;            // what an empty range has none of: "no paid orders between …"
    Chart chart;
    std::string rows_view,
        rows_day;  // view of the rows behind the figures and its column of the range; empty: none
    std::vector<std::string> sums;  // columns whose sum over rows of one currency has a meaning
    // Whether a row of the report names all that the rows behind its figures have in common, and by
    // what beside its bucket.
    bool has_drill = false;
    std::vector<Drill> drill;
    std::vector<Figure> figures;
    std::string sql;  // with the places of bind_range
    // The contract: an option that the report lacks is a usage error, and no control on its page.
    bool has_range = false, has_by = false, has_as_of = true;
    bool compares = false;  // with the period before and with last year
    bool ahead = false;     // its days lie ahead, too: today cuts nothing
    std::string range_day;  // what the range is held against: "day", "created_on"
    std::string bucket;     // column of :period or :month; a range may cut its first and last
    std::string days_view, days_column;  // where its days are, to name a range that has some
    std::vector<Apart> apart;
    // What the school enters before it answers: tables, or columns of settings that must not be
    // empty or 0, any of them; and an example. Empty: nothing.
    std::vector<std::string> needs;
    std::string needs_sql;
    bool needs_all = true;  // false, "wants:": some of its columns only
};

// All embedded reports by name. Error{unexpected} naming the file when its comment is not complete.
[[nodiscard]] const std::vector<Report>& reports();
// Its first comment: question, "ru:", definition, its lines in Russian "ru: ", "group:",
// "sums:", "drill:", "figure:", "answers:", "of:", "chart:", "gap:", "order:", "rows:", "days:",
// "apart:", "needs:", "wants:", "as-of:", "ahead:"; the rest is SQL. A range that would compare
// buckets is refused.
[[nodiscard]] Report parse_report(std::string_view name, std::string_view text);
// Error{usage} naming the figures that there are.
[[nodiscard]] const Figure& find_figure(const Report& report, const std::string& name);
// Error{usage} with the nearest names when there is none.
[[nodiscard]] const Report& find_report(const std::string& name);

struct Bound {
    std::string sql;  // with $1, $2, …
    std::vector<std::optional<std::string>> parameters;
};
// :in_range(c) becomes a condition (everything, rows without a day included, when no range is
// asked), :period(c) the first day of the period, :month(c) of the month. :in_before(c) and
// :in_last_year(c) hold the ranges to compare with (nothing without a beginning), :day_before(c)
// and :day_last_year(c) bring their days onto the range, :compared() says whether there are any,
// :whole() whether no range is asked, or a moment, which no index serves; :until(c) holds for days
// up to the range's last.
// Values become parameters, never text.
[[nodiscard]] Bound bind_range(std::string_view sql, const Range& range);

}  // namespace jobs
