#include "etl/database.hpp"

#include "etl/cluster.hpp"
#include "etl/installation.hpp"

namespace etl {

std::string database_url(const Config& config) {
    if (!config.database.url.empty()) return config.database.url;
    if (!std::filesystem::exists(config.data_dir() / "pg")) tell_second_user(config);
    return Cluster(config).ensure_running();
}

pg::Connection open_database(const Config& config, const std::string& purpose) {
    pg::Connection connection(database_url(config), purpose);
    // Nobody reads in a new cluster of our own: nothing can wait for its first migration.
    if (config.database.url.empty() && schema_state(connection) == SchemaState::none)
        migrate(connection);
    require_schema(connection);
    return connection;
}

pg::Connection open_migrated(const Config& config, const std::string& purpose,
                             const MigrateOptions& options) {
    pg::Connection connection(database_url(config), purpose);
    migrate(connection, embedded_migrations(), options);
    require_own_database(connection, config);
    return connection;
}

}  // namespace etl
