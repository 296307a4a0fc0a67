#include "jobs/database.hpp"

#include "etl/cluster.hpp"
#include "etl/migrator.hpp"

namespace jobs {

std::string database_url(const etl::Config& config) {
    return config.database.url.empty() ? etl::Cluster(config.data_dir()).ensure_running()
                                       : config.database.url;
}

etl::pg::Connection open_database(const etl::Config& config, const std::string& purpose) {
    etl::pg::Connection connection(database_url(config), purpose);
    etl::migrate(connection);
    return connection;
}

}  // namespace jobs
