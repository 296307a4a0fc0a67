// The database of a configuration: a server that is named, or the private cluster, started when
// needed.
#pragma once

#include <string>

#include "etl/config.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"

namespace etl {

[[nodiscard]] std::string database_url(
    const Config& config);  // starts the private cluster; Error{database}
// Connected, with the tables this program needs, or Error{database}; `purpose` is seen in
// pg_stat_activity. Writes nothing, except that a private cluster without tables gets them.
[[nodiscard]] pg::Connection open_database(const Config& config, const std::string& purpose);
// For init and serve: connected, migrated, and not the database of another installation.
[[nodiscard]] pg::Connection open_migrated(const Config& config, const std::string& purpose,
                                           const MigrateOptions& options = {});

}  // namespace etl
