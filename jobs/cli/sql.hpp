// Statements of the commands, by the name of their file in jobs/cli/sql.
#pragma once

#include <string_view>

namespace jobs {

[[nodiscard]] std::string_view cli_sql(std::string_view name);  // without ".sql"

}  // namespace jobs
