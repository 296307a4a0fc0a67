#include "jobs/cli/sql.hpp"

#include "embedded_cli_sql.hpp"
#include "etl/embedded.hpp"

namespace jobs {

std::string_view cli_sql(std::string_view name) {
    return etl::embedded_text(embedded::embedded_cli_sql(), std::string(name) + ".sql");
}

}  // namespace jobs
