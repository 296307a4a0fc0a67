#include "jobs/sync/sql.hpp"

#include "embedded_sync.hpp"
#include "etl/error.hpp"

namespace jobs {

std::string_view sync_sql(std::string_view name) {
    const std::string file = std::string(name) + ".sql";
    for (const embedded::File& one : embedded::embedded_sync())
        if (one.name == file) return one.text;
    throw etl::Error(etl::Kind::unexpected, "there is no statement jobs/sync/queries/" + file);
}

}  // namespace jobs
