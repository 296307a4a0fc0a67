#include "jobs/sync/sql.hpp"

#include "embedded_sync.hpp"
#include "etl/embedded.hpp"

namespace jobs {

std::string_view sync_sql(std::string_view name) {
    return etl::embedded_text(embedded::embedded_sync(), std::string(name) + ".sql");
}

}  // namespace jobs
