#include "jobs/push/sql.hpp"

#include "embedded_push_sql.hpp"
#include "etl/embedded.hpp"

namespace jobs {

std::string_view push_sql(std::string_view name) {
    return etl::embedded_text(embedded::embedded_push_sql(), std::string(name) + ".sql");
}

}  // namespace jobs
