#include "jobs/report/rows_behind.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "etl/error.hpp"
#include "schema/sql.hpp"

namespace jobs {

using etl::Error;
using etl::Kind;

namespace {

Bound narrowed(Reading& reading, const Report& report, const ReportOptions& options) {
    if (report.rows_view.empty())
        throw Error(
            Kind::usage, "report " + report.name + " has no single table of rows behind it",
            "gcmirror report " + report.name + " --explain shows where its figures are from.");
    std::string sql =
        "SELECT * FROM " + report.rows_view + " WHERE :in_range(" + report.rows_day + ")";
    Range range;
    if (!options.from.empty()) range.from = options.from;
    if (!options.to.empty()) range.to = options.to;
    Bound bound = bind_range(sql, range);
    const auto columns = reading.connection().query(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT "
        "attisdropped ORDER BY attnum",
        {report.rows_view});
    for (const std::string& condition : options.where) {
        const std::size_t equals = condition.find('=');
        const std::string name = condition.substr(0, equals);
        std::string known;
        bool found = false;
        for (std::size_t i = 0; i < columns.rows(); ++i) {
            known += (i > 0 ? ", " : "") + columns.text(i, 0);
            found = found || columns.text(i, 0) == name;
        }
        if (equals == std::string::npos || !found)
            throw Error(
                Kind::usage,
                "--where is \"" + condition + "\", expected COLUMN=VALUE with one of " + known,
                "Nothing was read.");
        bound.parameters.push_back(condition.substr(equals + 1));
        bound.sql += " AND coalesce(" + schema::quoted(name) + "::text, '') = $" +
                     std::to_string(bound.parameters.size());
    }
    return bound;
}

}  // namespace

RowsBehind rows_behind(Reading& reading, const Report& report, const ReportOptions& options,
                       std::int64_t most) {
    const Bound bound = narrowed(reading, report, options);
    std::string sql = bound.sql + " ORDER BY " + report.rows_day + ", 1";
    if (most > 0) sql += fmt::format(" LIMIT {}", most + 1);
    RowsBehind found{reading.query(report.name, sql, bound.parameters), 0};
    found.total = static_cast<std::int64_t>(found.rows.rows());
    if (most > 0 && found.total > most)
        found.total =
            reading
                .query(report.name, "SELECT count(*) FROM (" + bound.sql + ") r", bound.parameters)
                .number(0, 0);
    return found;
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

std::vector<std::string> money_columns(Reading& reading, const Report& report) {
    const auto found = reading.connection().query(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT "
        "attisdropped AND atttypid = 'numeric'::regtype AND attname !~ 'percent|_score$' "
        // of what came, went and is awaited alike: net is what they add up to
        "AND NOT (attname = 'amount' AND EXISTS (SELECT FROM pg_attribute n WHERE n.attrelid = "
        "$1::regclass AND n.attname = 'net'))",
        {report.rows_view});
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < found.rows(); ++i) columns.push_back(found.text(i, 0));
    return columns;
}

bool has_counted(Reading& reading, const Report& report) {
    return reading.connection()
        .query(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1::regclass AND attname = "
            "'counted')",
            {report.rows_view})
        .flag(0, 0);
}

}  // namespace jobs
