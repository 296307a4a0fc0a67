// The longer statements of a sync: each stands in a file of queries/, embedded in the program.
#pragma once

#include <string>
#include <string_view>

namespace jobs {

// The text of queries/`name`.sql; Error{unexpected} when there is none.
[[nodiscard]] std::string_view sync_sql(std::string_view name);

}  // namespace jobs
