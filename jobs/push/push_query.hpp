// Named queries that say what is wanted: jobs/push/queries/NAME.sql, or the school's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "etl/config.hpp"

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
    std::string text;           // header lines behind the first two
    std::string sql;
};

// First comment: what it does, "ru:", "mode:", "limit:"; the rest is SQL. Error{usage} naming the
// file when the header is not complete.
[[nodiscard]] PushQuery parse_push_query(std::string_view name, std::string_view text);

// Built-in queries and those of [write_back] dir, by name; the school's own win. Error{usage}
// naming the file that cannot be read.
[[nodiscard]] std::vector<PushQuery> push_queries(const etl::Config& config);

}  // namespace jobs
