// The database of a configuration: a server that is named, or the private cluster, started when
// needed.
#pragma once

#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

[[nodiscard]] std::string database_url(
    const etl::Config& config);  // starts the private cluster; Error{database}
// Connected and migrated; `purpose` is seen in pg_stat_activity.
[[nodiscard]] etl::pg::Connection open_database(const etl::Config& config,
                                                const std::string& purpose);

}  // namespace jobs
