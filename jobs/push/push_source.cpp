#include "jobs/push/push_source.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "etl/error.hpp"
#include "jobs/push/csv.hpp"
#include "jobs/report/report.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

std::string file_text(const std::string& name) {
    std::ostringstream text;
    if (name == "-") {
        text << std::cin.rdbuf();
        return text.str();
    }
    std::ifstream file(name, std::ios::binary);
    if (!file)
        throw Error(Kind::usage, "CSV file \"" + name + "\" cannot be read", "No plan was made.");
    text << file.rdbuf();
    return text.str();
}

PlanRow read_waiting(const etl::pg::Result& found, std::size_t i) {
    PlanRow row{static_cast<std::int64_t>(i) + 1,
                found.number(i, 0),
                mode_of(found.text(i, 1)).value_or(Mode::update),
                {},
                {}};
    Poco::JSON::Parser parser;
    const auto object = parser.parse(found.text(i, 2)).extract<Poco::JSON::Object::Ptr>();
    std::vector<std::string> columns;
    for (const auto& [column, value] : *object) {
        columns.push_back(column);
        row.wanted.emplace_back(
            column, value.isEmpty() ? std::nullopt : std::optional(value.convert<std::string>()));
    }
    try {
        check_columns(columns);
    } catch (const Error& error) {  // one analyst's slip is not the others'
        row.outcome = Refusal{"change " + std::to_string(row.change_id), error.what()};
    }
    return row;
}

}  // namespace

PushSource read_query(etl::pg::Connection& connection, const etl::Config& config,
                      const PushQuery& query) {
    PushSource source{query.name, "query", query.sql, std::string(name_of(query.mode)), {}};
    etl::pg::Transaction transaction(connection, "REPEATABLE READ READ ONLY");
    connection.execute("SET LOCAL search_path = report, mirror, history");
    limit_reading(connection, config.database.statement_timeout);
    const auto found = connection.query(query.sql);
    transaction.commit();
    check_columns(found.columns());
    if (static_cast<std::int64_t>(found.rows()) > query.limit)
        throw Error(Kind::usage,
                    fmt::format("write-back {} asks for {} changes; its limit is {}", query.name,
                                found.rows(), query.limit),
                    "No plan was made. Narrow the query, or raise \"limit:\" in its header.");
    for (std::size_t i = 0; i < found.rows(); ++i) {
        PlanRow row{static_cast<std::int64_t>(i) + 1, 0, query.mode, {}, {}};
        for (std::size_t c = 0; c < found.columns().size(); ++c)
            row.wanted.emplace_back(found.columns()[c], found.at(i, c));
        source.rows.push_back(std::move(row));
    }
    return source;
}

PushSource read_csv(const std::string& file, const std::string& mode_name) {
    const std::string text = file_text(file);
    const auto mode = mode_of(mode_name);
    if (!mode)
        throw Error(Kind::usage, "--mode \"" + mode_name + "\", expected create, update or upsert",
                    "No plan was made.");
    const Csv csv = parse_csv(text);
    check_columns(csv.columns);
    const std::string name = file == "-" ? "stdin" : std::filesystem::path(file).stem().string();
    PushSource source{name, "csv", "", mode_name, {}};
    for (std::size_t i = 0; i < csv.rows.size(); ++i) {
        PlanRow row{static_cast<std::int64_t>(i) + 1, 0, *mode, {}, {}};
        for (std::size_t c = 0; c < csv.columns.size(); ++c)
            row.wanted.emplace_back(csv.columns[c], csv.rows[i][c]);
        source.rows.push_back(std::move(row));
    }
    return source;
}

PushSource read_outbox(etl::pg::Connection& connection) {
    PushSource source{"outbox", "outbox", "", "mixed", {}};
    const auto found = connection.query(
        "SELECT id, mode, wanted::text FROM outbox.change WHERE plan_id IS NULL AND state = "
        "'waiting' ORDER BY id");
    for (std::size_t i = 0; i < found.rows(); ++i) source.rows.push_back(read_waiting(found, i));
    return source;
}

}  // namespace jobs
