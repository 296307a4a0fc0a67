// The database of a configuration: a server that is named, or the private cluster, started when
// needed.
#pragma once

#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace etl {

[[nodiscard]] std::string database_url(
    const Config& config);  // starts the private cluster; Error{database}
// Connected and migrated; `purpose` is seen in pg_stat_activity.
[[nodiscard]] pg::Connection open_database(const Config& config, const std::string& purpose);

}  // namespace etl
