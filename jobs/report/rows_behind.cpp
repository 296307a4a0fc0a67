#include "jobs/report/rows_behind.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "etl/error.hpp"
#include "jobs/output/words.hpp"
#include "schema/sql.hpp"

namespace jobs {

using etl::Error;
using etl::Kind;

namespace {

// Where the rows are: those of a figure, or of the whole report.
Figure source_of(const Report& report, const ReportOptions& options) {
    if (!options.figure.empty()) return find_figure(report, options.figure);
    if (report.rows_view.empty())
        throw Error(Kind::usage, "report " + report.name + " has no single table of rows behind it",
                    report.figures.empty() ? "gcmirror report " + report.name +
                                                 " --explain shows where its figures are from."
                                           : "Name one of its figures with --figure.");
    return {"", "rows", "", report.rows_view, report.rows_day, ""};
}

// Columns of the view; the figure's own and its day stand behind the first, where they are seen.
std::vector<std::string> columns_of(Reading& reading, const Figure& source) {
    const auto found = reading.connection().query(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT "
        "attisdropped ORDER BY attnum",
        {source.view});
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < found.rows(); ++i) columns.push_back(found.text(i, 0));
    if (source.name.empty()) return columns;
    for (const std::string& first : {source.of, source.day})
        if (const auto at = std::find(columns.begin() + 1, columns.end(), first);
            at < columns.end())
            std::rotate(columns.begin() + 1, at, at + 1);
    return columns;
}

// `head` FROM the rows that are asked for, as one statement with its values.
Bound narrowed(Reading& reading, const Figure& source, const ReportOptions& options,
               const std::string& head) {
    std::string sql = "SELECT " + head + " FROM " + source.view + " rows_behind WHERE :in_range(" +
                      source.day + ")" +
                      (source.where.empty() ? "" : " AND (" + source.where + ")");
    Range range;
    if (!options.from.empty()) range.from = options.from;
    if (!options.to.empty()) range.to = options.to;
    Bound bound = bind_range(sql, range);
    const std::vector<std::string> columns = columns_of(reading, source);
    for (const std::string& condition : options.where) {
        const std::size_t equals = condition.find('=');
        const std::string name = condition.substr(0, equals);
        if (equals == std::string::npos ||
            std::find(columns.begin(), columns.end(), name) == columns.end())
            throw Error(Kind::usage,
                        "--where is \"" + condition + "\", expected COLUMN=VALUE with one of " +
                            fmt::format("{}", fmt::join(columns, ", ")),
                        "Nothing was read.");
        bound.parameters.push_back(condition.substr(equals + 1));
        bound.sql += " AND coalesce(" + schema::quoted(name) + "::text, '') = $" +
                     std::to_string(bound.parameters.size());
    }
    return bound;
}

}  // namespace

std::string adding(const Figure& figure) {
    if (figure.how == "sum") return "coalesce(sum(" + figure.of + "), 0.00)";
    if (figure.how == "minus") return "-coalesce(sum(" + figure.of + "), 0.00)";
    if (figure.how == "mean") return "round(avg(" + figure.of + "), 2)";
    if (figure.how == "percent")
        return "round(100.0 * count(*) FILTER (WHERE " + figure.of + ") / nullif(count(*), 0), 1)";
    if (figure.how == "rows") return "count(*)";
    throw Error(Kind::unexpected, "figure " + figure.name + " adds up by \"" + figure.how + "\"",
                "Known are rows, sum, minus, mean, percent.");
}

std::string file_limit(std::int64_t total, const Report& report, bool russian) {
    if (total <= kMostFileRows) return "";
    return fmt::format(fmt::runtime(russian ? "в файл страницы входит не больше {}; все — командой "
                                              "gcmirror report {} --rows --format csv"
                                            : "a file of the page holds at most {}; all of them: "
                                              "gcmirror report {} --rows --format csv"),
                       kMostFileRows, report.name);
}

void require_file_rows(std::int64_t total, const Report& report) {
    if (total <= kMostFileRows) return;
    throw Error(
        Kind::usage,
        fmt::format("there are {} rows, a file of this page holds {}", total, kMostFileRows),
        "Narrow them by days, or take gcmirror report " + report.name + " --rows --format csv.");
}

RowsBehind rows_behind(Reading& reading, const Report& report, const ReportOptions& options,
                       std::int64_t most) {
    const Figure source = source_of(report, options);
    std::string shown;
    for (const std::string& column : columns_of(reading, source))
        shown += (shown.empty() ? "" : ", ") + schema::quoted(column);
    const Bound bound = narrowed(reading, source, options, shown);
    std::string sql = bound.sql + " ORDER BY " + source.day + ", 1";
    if (most > 0) sql += fmt::format(" LIMIT {}", most + 1);
    RowsBehind found{reading.query(report.name, sql, bound.parameters), 0, std::nullopt};
    found.total = static_cast<std::int64_t>(found.rows.rows());
    if (most > 0 && found.total > most)
        found.total =
            reading
                .query(report.name, "SELECT count(*) FROM (" + bound.sql + ") r", bound.parameters)
                .number(0, 0);
    if (source.name.empty()) return found;
    const Bound sum = narrowed(reading, source, options, adding(source));
    found.figure = reading.query(report.name, sum.sql, sum.parameters).at(0, 0);
    return found;
}

std::string figure_title(const Report& report, const Figure& figure, bool russian) {
    return report.name == "morning" ? words::shown("measure", figure.name, russian)
                                    : words::title(figure.name, russian);
}

std::string figure_made_of(const Figure& figure, bool russian) {
    const std::string column = words::title(figure.of, russian);
    const auto said = [&](const char* en, const char* ru) {
        return fmt::format(fmt::runtime(russian ? ru : en), column);
    };
    if (figure.how == "sum") return said("the sum of “{}”", "сумма столбца «{}»");
    if (figure.how == "minus")
        return said("the sum of “{}” with its sign turned", "сумма столбца «{}» с обратным знаком");
    if (figure.how == "mean") return said("the mean of “{}”", "среднее столбца «{}»");
    if (figure.how == "percent")
        return russian ? "доля строк, деньги за которые пришли до конца срока"
                       : "the share of rows whose money came by the end of the range";
    return russian ? "число строк" : "the number of rows";
}

std::string counted_line(const etl::pg::Result& rows, bool russian) {
    const auto column = std::find(rows.columns().begin(), rows.columns().end(), "counted");
    if (column == rows.columns().end()) return "";
    std::size_t apart = 0;
    for (std::size_t r = 0; r < rows.rows(); ++r)
        apart += rows.text(r, static_cast<std::size_t>(column - rows.columns().begin())) == "f"
                     ? 1u
                     : 0u;
    return fmt::format(
        fmt::runtime(
            russian
                ? "\nстрок: {}, из них отдельно: {}, они не учтены (--where counted=true их "
                  "уберёт)\n"
                : "\n{} rows, {} of them set apart: not counted (--where counted=true leaves them "
                  "out)\n"),
        rows.rows(), apart);
}

std::vector<std::string> money_columns(Reading& reading, const std::string& view) {
    const auto found = reading.connection().query(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT "
        "attisdropped AND atttypid = 'numeric'::regtype AND attname !~ 'percent|_score$' "
        // of what came, went and is awaited alike: net is what they add up to
        "AND NOT (attname = 'amount' AND EXISTS (SELECT FROM pg_attribute n WHERE n.attrelid = "
        "$1::regclass AND n.attname = 'net'))",
        {view});
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < found.rows(); ++i) columns.push_back(found.text(i, 0));
    return columns;
}

}  // namespace jobs
