// Named queries that say what is wanted: jobs/push/queries/NAME.sql, or the school's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "etl/config.hpp"
#include "jobs/push/import_fields.hpp"

namespace jobs {

enum class Mode { create, update, upsert };
[[nodiscard]] std::string_view name_of(Mode mode);
[[nodiscard]] std::optional<Mode> mode_of(std::string_view name);

// The columns of its rows say what is wanted.
struct PushQuery {
    std::string name;
    std::string what, what_ru;  // one line each
    Mode mode = Mode::update;
    std::int64_t limit = 1000;  // more rows than this and no plan is made
    Wanted leave;               // what is wanted of those whose row is gone, of a segment
    std::string text;           // header lines behind the first two
    std::string sql;
};

// First comment: what it does, "ru:", "mode:", "limit:", "leave:"; the rest is SQL. Error{usage}
// naming the file when the header is not complete.
[[nodiscard]] PushQuery parse_push_query(std::string_view name, std::string_view text);

// Built-in queries and those of [write_back] dir, by name; the school's own win. Error{usage}
// naming the file that cannot be read.
[[nodiscard]] std::vector<PushQuery> push_queries(const etl::Config& config);
// Error{usage} with the nearest names when there is none of that name.
[[nodiscard]] PushQuery find_push_query(const etl::Config& config, const std::string& name);

}  // namespace jobs
