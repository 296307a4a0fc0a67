#include "jobs/push/sql.hpp"

#include "embedded_push_sql.hpp"
#include "etl/embedded.hpp"
#include "jobs/output/places.hpp"

namespace jobs {

std::string push_sql(std::string_view name) {
    return filled_places(
        etl::embedded_text(embedded::embedded_push_sql(), std::string(name) + ".sql"), push_sql);
}

}  // namespace jobs
