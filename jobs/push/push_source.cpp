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

constexpr std::size_t kLongestName = 200;      // of a column
constexpr std::size_t kLargestCsv = 64 << 20;  // more is no list of changes

std::string read_all(std::istream& in, const std::string& name) {
    std::string text;
    std::string piece(1 << 16, '\0');
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        text.append(piece, 0, static_cast<std::size_t>(in.gcount()));
        if (text.size() > kLargestCsv)
            throw Error(Kind::usage, fmt::format("{} has more than 64 MB", name),
                        "No plan was made. Is it the right file? Cut it into smaller ones.");
    }
    return text;
}

std::string file_text(const std::string& name) {
    if (name == "-") return read_all(std::cin, "stdin");
    std::ifstream file(name, std::ios::binary);
    if (!file || std::filesystem::is_directory(name))
        throw Error(Kind::usage, "CSV file \"" + name + "\" cannot be read", "No plan was made.");
    return read_all(file, "CSV file \"" + name + "\"");
}

// A value of `wanted` as the text that a query would have given. Throws Refused.
std::optional<std::string> text_of_json(const std::string& column,
                                        const Poco::Dynamic::Var& value) {
    if (value.isEmpty()) return std::nullopt;
    if (column == "group_add" && value.type() == typeid(Poco::JSON::Array::Ptr)) {
        const auto& list = value.extract<Poco::JSON::Array::Ptr>();
        for (const Poco::Dynamic::Var& item : *list)
            if (!item.isString())
                throw Refused{"group_add is a list of something other than texts"};
        std::ostringstream text;
        list->stringify(text);
        return text.str();
    }
    if (value.type() == typeid(Poco::JSON::Array::Ptr) ||
        value.type() == typeid(Poco::JSON::Object::Ptr))
        throw Refused{
            fmt::format("{} is a JSON {}, expected a text, a number, true, false or null", column,
                        value.type() == typeid(Poco::JSON::Array::Ptr) ? "list" : "object")};
    return value.convert<std::string>();
}

void read_wanted(const std::string& json, Wanted& wanted) {
    Poco::JSON::Parser parser;
    const auto object = parser.parse(json).extract<Poco::JSON::Object::Ptr>();
    std::vector<std::string> columns;
    for (const auto& [column, value] : *object) {
        columns.push_back(column);
        if (column.size() > kLongestName)
            throw Refused{fmt::format("a column has a name of {} bytes", column.size())};
    }
    check_columns(columns);
    for (const auto& [column, value] : *object)
        wanted.emplace_back(column, text_of_json(column, value));
}

// One analyst's slip is not the others'.
PlanRow read_waiting(const etl::pg::Result& found, std::size_t i) {
    PlanRow row{static_cast<std::int64_t>(i) + 1,
                found.number(i, 0),
                mode_of(found.text(i, 1)).value_or(Mode::update),
                {},
                {}};
    const std::string key = fmt::format("change {}", row.change_id);
    try {
        read_wanted(found.text(i, 2), row.wanted);
    } catch (const Refused& refused) {
        row.outcome = Refusal{key, refused.reason};
    } catch (const Error& error) {
        row.outcome = Refusal{key, error.what()};
    } catch (const Poco::Exception& error) {
        row.outcome = Refusal{key, "wanted cannot be read: " + error.displayText()};
    }
    if (std::holds_alternative<Refusal>(row.outcome)) row.wanted.clear();
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
