#include "etl/migrator.hpp"

#include "embedded_migrations.hpp"
#include "etl/error.hpp"

namespace etl {
namespace {

constexpr int kOldestServer =
    140000;  // client_connection_check_interval and multi-argument unnest in use

// Waits until another process has migrated: this takes seconds, and its end is what the caller
// needs.
class MigrationLock {
public:
    explicit MigrationLock(pg::Connection& connection) : connection_(connection) {
        connection_.query("SELECT pg_advisory_lock(hashtextextended('gcmirror migrations', 0))");
    }
    ~MigrationLock() {
        try {
            connection_.query(
                "SELECT pg_advisory_unlock(hashtextextended('gcmirror migrations', 0))");
        } catch (const Error&) {  // the connection is gone, and the lock with it
        }
    }
    MigrationLock(const MigrationLock&) = delete;
    MigrationLock& operator=(const MigrationLock&) = delete;

private:
    pg::Connection& connection_;
};

constexpr const char* kTable =
    "CREATE SCHEMA IF NOT EXISTS migration; COMMENT ON SCHEMA migration IS 'Which migrations of "
    "gcmirror this database has.';"
    "CREATE TABLE IF NOT EXISTS migration.applied (number integer PRIMARY KEY, name text NOT NULL, "
    "checksum text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT clock_timestamp());"
    "COMMENT ON TABLE migration.applied IS 'Migrations applied, with the checksum of their text.';"
    "COMMENT ON COLUMN migration.applied.number IS 'Number of the migration.';"
    "COMMENT ON COLUMN migration.applied.name IS 'Its file name.';"
    "COMMENT ON COLUMN migration.applied.checksum IS 'SHA-256 of the file.';"
    "COMMENT ON COLUMN migration.applied.applied_at IS 'When.';";

void check_released(pg::Connection& connection, const Migration& migration,
                    const std::string& applied) {
    const std::string now = connection.value("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')",
                                             {std::string(migration.sql)});
    if (now != applied)
        throw Error(Kind::database,
                    "migration " + std::string(migration.name) +
                        " was changed after it had been applied: the database has " +
                        applied.substr(0, 12) + ", the program " + now.substr(0, 12),
                    "Restore the released file; a change goes into a new migration.");
}

}  // namespace

const std::vector<Migration>& embedded_migrations() {
    static const std::vector<Migration> migrations = [] {
        std::vector<Migration> all;
        for (const embedded::File& file : embedded::embedded_migrations())
            all.push_back({std::stoi(std::string(file.name.substr(0, 4))),
                           file.name.substr(0, file.name.size() - 4), file.text});
        return all;
    }();
    return migrations;
}

std::vector<std::string> migrate(pg::Connection& connection,
                                 const std::vector<Migration>& migrations) {
    if (connection.server_version() < kOldestServer)
        throw Error(Kind::database,
                    "the server is PostgreSQL " +
                        std::to_string(connection.server_version() / 10000) +
                        ", expected 14 or newer",
                    "Use a newer server, or leave [database] url empty for a private one.");
    const MigrationLock lock(connection);
    connection.execute(kTable);
    const pg::Result applied =
        connection.query("SELECT number, checksum, name FROM migration.applied ORDER BY number");
    std::vector<std::string> done;
    std::size_t known = 0;
    for (const Migration& migration : migrations) {
        if (known < applied.rows() && applied.number(known, 0) == migration.number) {
            check_released(connection, migration, applied.text(known++, 1));
            continue;
        }
        pg::Transaction transaction(connection);
        connection.execute(migration.sql);
        connection.query(
            "INSERT INTO migration.applied (number, name, checksum) VALUES ($1, $2, "
            "encode(sha256(convert_to($3, 'UTF8')), 'hex'))",
            {std::to_string(migration.number), std::string(migration.name),
             std::string(migration.sql)});
        transaction.commit();
        done.emplace_back(migration.name);
    }
    if (known < applied.rows())
        throw Error(Kind::database,
                    "the database has migration " + applied.text(applied.rows() - 1, 2) +
                        ", which this program does not know",
                    "The database is newer than the program: install the newer gcmirror.");
    return done;
}

}  // namespace etl
