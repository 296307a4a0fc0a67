// Statements of the write-back, by the name of their file in jobs/push/sql.
#pragma once

#include <string>
#include <string_view>

namespace jobs {

// Without ".sql"; a place {{NAME}} in it is filled by the statement of that name.
[[nodiscard]] std::string push_sql(std::string_view name);

}  // namespace jobs
