#include "jobs/push/push_query.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "embedded_push.hpp"
#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "etl/value.hpp"
#include "jobs/push/import_fields.hpp"

namespace jobs {
namespace {

namespace fs = std::filesystem;
using etl::Error;
using etl::Kind;

[[noreturn]] void wrong_header(const PushQuery& query, const std::string& line,
                               const char* expected) {
    throw Error(Kind::usage,
                fmt::format("write-back {}: \"{}\", expected {}", query.name, line, expected),
                "See jobs/push/README.md.");
}

// leave: {"column": "text", ...}
Wanted read_leave(const PushQuery& query, const std::string& line) {
    constexpr const char* kExpected = "leave: and a JSON object of columns and texts";
    Wanted leave;
    try {
        Poco::JSON::Parser parser;
        const auto object = parser.parse(line.substr(6)).extract<Poco::JSON::Object::Ptr>();
        for (const auto& [column, value] : *object) {
            if (!value.isString() || names_the_target(column) || column == "group_add")
                wrong_header(query, line,
                             "fields and texts: whom it is about is known, and imports only add "
                             "groups");
            leave.emplace_back(column, value.extract<std::string>());
        }
    } catch (const Poco::Exception&) {
        wrong_header(query, line, kExpected);
    }
    if (leave.empty()) wrong_header(query, line, kExpected);
    std::vector<std::string> columns;
    for (const auto& [column, text] : leave) columns.push_back(column);
    check_columns(columns);
    return leave;
}

// One line of the header, without its dashes.
void read_header_line(PushQuery& query, const std::string& line, bool& has_mode) {
    if (line.starts_with("ru:")) {
        query.what_ru = trimmed(line.substr(3));
    } else if (line.starts_with("mode:")) {
        const auto mode = mode_of(trimmed(line.substr(5)));
        if (!mode) wrong_header(query, line, "mode: create, update or upsert");
        query.mode = *mode;
        has_mode = true;
    } else if (line.starts_with("limit:")) {
        const auto limit = etl::read_bigint(trimmed(line.substr(6)));
        if (!limit.value || *limit.value < 1) wrong_header(query, line, "a number of rows from 1");
        query.limit = *limit.value;
    } else if (line.starts_with("leave:")) {
        query.leave = read_leave(query, line);
    } else if (query.what.empty()) {
        query.what = line;
    } else {
        query.text += line + "\n";
    }
}

std::string stem(std::string_view file) { return fs::path(file).stem().string(); }

void read_folder(const std::string& folder, std::map<std::string, PushQuery>& by_name) {
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
        if (it->path().extension() != ".sql") continue;
        std::ifstream file(it->path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        by_name[stem(it->path().string())] = parse_push_query(stem(it->path().string()), text);
    }
    if (failed)
        throw Error(
            Kind::usage,
            fmt::format("[write_back] dir \"{}\" cannot be read: {}", folder, failed.message()),
            "Name a directory that exists, or leave it empty.");
}

}  // namespace

std::string_view name_of(Mode mode) {
    return mode == Mode::create ? "create" : mode == Mode::update ? "update" : "upsert";
}

std::optional<Mode> mode_of(std::string_view name) {
    for (const Mode mode : {Mode::create, Mode::update, Mode::upsert})
        if (name == name_of(mode)) return mode;
    return std::nullopt;
}

PushQuery parse_push_query(std::string_view name, std::string_view text) {
    PushQuery query;
    query.name = std::string(name);
    bool has_mode = false;
    std::istringstream lines{std::string(text)};
    std::string line;
    while (std::getline(lines, line) && line.starts_with("--"))
        read_header_line(query, trimmed(line.substr(2)), has_mode);
    do query.sql += line + "\n";
    while (std::getline(lines, line));
    if (query.what.empty() || !has_mode || trimmed(query.sql).empty())
        throw Error(Kind::usage,
                    "write-back " + query.name + " lacks its first line, \"mode:\" or its SQL",
                    "See jobs/push/README.md for the header.");
    return query;
}

std::vector<PushQuery> push_queries(const etl::Config& config) {
    std::map<std::string, PushQuery> by_name;
    for (const embedded::File& file : embedded::embedded_push())
        by_name[stem(file.name)] = parse_push_query(stem(file.name), file.text);
    if (!config.write_back.dir.empty()) read_folder(config.write_back.dir, by_name);
    std::vector<PushQuery> all;
    for (auto& [name, query] : by_name) all.push_back(std::move(query));
    return all;
}

PushQuery find_push_query(const etl::Config& config, const std::string& name) {
    std::vector<std::string> names = {"outbox"};
    for (const PushQuery& known : push_queries(config)) {
        if (known.name == name) return known;
        names.push_back(known.name);
    }
    throw Error(Kind::usage,
                fmt::format("there is no write-back \"{}\"; the nearest are {}", name,
                            etl::nearest_text(name, names)),
                "gcmirror push plan lists them all.");
}

}  // namespace jobs
