// Embedded migrations: applied in order under a lock, checksummed, forward only, beside readers.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "etl/clock.hpp"
#include "etl/pg.hpp"

namespace etl {

struct Migration {
    int number = 0;
    std::string_view name;  // "0001_journal"
    std::string_view sql;
};
[[nodiscard]] const std::vector<Migration>&
embedded_migrations();  // generated at build time from migrations/*.sql

struct MigrateOptions {
    Duration lock_timeout = std::chrono::milliseconds{500};  // how long others may queue behind us
    Duration within = std::chrono::minutes{1};               // tried again for so long
    std::stop_token stop;
};

// Applies what is missing, one transaction each; returns the names applied. Takes no lock when
// nothing is missing. Error{locked} names who holds what a migration needs (role, application,
// since when). Error{database}: a released file was changed (both checksums), the database is newer
// than the program, older than PostgreSQL 14, or not in UTF8.
std::vector<std::string> migrate(pg::Connection& connection,
                                 const std::vector<Migration>& migrations = embedded_migrations(),
                                 const MigrateOptions& options = {});

enum class SchemaState { none, older, current };
// Reads only: works for a reader of schema migration, in a read-only session and on a standby.
// Errors as of migrate().
[[nodiscard]] SchemaState schema_state(
    pg::Connection& connection, const std::vector<Migration>& migrations = embedded_migrations());
// Error{database} that says which version the database has, which is needed, and what brings it.
void require_schema(pg::Connection& connection,
                    const std::vector<Migration>& migrations = embedded_migrations());

}  // namespace etl
