#include "etl/database.hpp"

#include "etl/cluster.hpp"
#include "etl/migrator.hpp"

namespace etl {

std::string database_url(const Config& config) {
    return config.database.url.empty() ? Cluster(config.data_dir()).ensure_running()
                                       : config.database.url;
}

pg::Connection open_database(const Config& config, const std::string& purpose) {
    pg::Connection connection(database_url(config), purpose);
    migrate(connection);
    return connection;
}

}  // namespace etl
