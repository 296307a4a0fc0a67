// Statements of the write-back, by the name of their file in jobs/push/sql.
#pragma once

#include <string_view>

namespace jobs {

[[nodiscard]] std::string_view push_sql(std::string_view name);  // without ".sql"

}  // namespace jobs
