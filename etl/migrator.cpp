#include "etl/migrator.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>

#include "embedded_migrations.hpp"
#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"

namespace etl {
namespace {

constexpr int kOldestServer =
    140000;  // client_connection_check_interval and multi-argument unnest in use

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

struct Applied {
    std::map<int, std::string> checksums;  // by number
    std::string newest;
    bool any = false;  // the table is there
};

Applied applied_migrations(pg::Connection& connection) {
    Applied applied;
    if (!connection.query("SELECT to_regclass('migration.applied')").at(0, 0)) return applied;
    applied.any = true;
    const pg::Result found =
        connection.query("SELECT number, checksum, name FROM migration.applied ORDER BY number");
    for (std::size_t i = 0; i < found.rows(); ++i) {
        applied.checksums[static_cast<int>(found.number(i, 0))] = found.text(i, 1);
        applied.newest = found.text(i, 2);
    }
    return applied;
}

void check_server(const pg::Connection& connection) {
    if (connection.server_version() < kOldestServer)
        throw Error(Kind::database,
                    fmt::format("the server is PostgreSQL {}, expected {} or newer",
                                connection.server_version() / 10000, kOldestServer / 10000),
                    "Use a newer server, or leave [database] url empty for a private one.");
    if (const std::string encoding = connection.server_encoding(); encoding != "UTF8")
        throw Error(Kind::database,
                    fmt::format("the database keeps its text in {}, expected UTF8: names from the "
                                "service hold letters of every language",
                                encoding),
                    "Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 and name "
                    "it in [database] url.");
}

std::string checksum(const Migration& migration) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    std::size_t size = digest.size();
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, migration.sql.data(), migration.sql.size(),
                     digest.data(), &size) != 1)
        throw Error(Kind::unexpected, "a migration gets no SHA-256");
    return hex({reinterpret_cast<const char*>(digest.data()), size});
}

void check_released(const Migration& migration, const std::string& applied) {
    const std::string now = checksum(migration);
    if (now != applied)
        throw Error(Kind::database,
                    "migration " + std::string(migration.name) +
                        " was changed after it had been applied: the database has " +
                        applied.substr(0, 12) + ", the program " + now.substr(0, 12),
                    "Restore the released file; a change goes into a new migration.");
}

// The numbers that are missing; Error when what is there is not ours.
std::vector<Migration> missing(const Applied& applied, const std::vector<Migration>& migrations) {
    std::vector<Migration> out;
    std::size_t known = 0;
    for (const Migration& migration : migrations) {
        const auto found = applied.checksums.find(migration.number);
        if (found == applied.checksums.end()) {
            out.push_back(migration);
            continue;
        }
        check_released(migration, found->second);
        ++known;
    }
    if (known < applied.checksums.size()) {
        const auto unknown = std::find_if(
            applied.checksums.rbegin(), applied.checksums.rend(), [&](const auto& applied_one) {
                return std::none_of(
                    migrations.begin(), migrations.end(),
                    [&](const Migration& ours) { return ours.number == applied_one.first; });
            });
        throw Error(Kind::database,
                    fmt::format("the database has migration {}, which this program does not know",
                                unknown->first),
                    "The database is newer than the program: install the newer gcmirror.");
    }
    return out;
}

// false when another process applied it meanwhile.
bool apply(pg::Connection& connection, const Migration& migration, const MigrateOptions& options) {
    pg::Transaction transaction(connection);
    connection.query(
        "SELECT set_config('lock_timeout', $1, true)",
        {std::to_string(
            std::chrono::ceil<std::chrono::milliseconds>(options.lock_timeout).count())});
    connection.execute("LOCK TABLE migration.applied IN SHARE ROW EXCLUSIVE MODE");
    if (!connection
             .query("SELECT FROM migration.applied WHERE number = $1",
                    {std::to_string(migration.number)})
             .empty())
        return false;
    connection.execute(migration.sql);
    connection.query(
        "INSERT INTO migration.applied (number, name, checksum) VALUES ($1, $2, $3)",
        {std::to_string(migration.number), std::string(migration.name), checksum(migration)});
    transaction.commit();
    return true;
}

// Who holds tables or views of ours: the one that has been in its transaction longest.
std::string holder(pg::Connection& connection) {
    const pg::Result found = connection.query(
        "SELECT a.usename, a.application_name, coalesce(a.state, 'at work'), to_char(a.xact_start "
        "AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), a.pid, min(c.oid::regclass::text) FROM "
        "pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation JOIN "
        "pg_namespace n ON n.oid = c.relnamespace WHERE l.granted AND a.pid <> pg_backend_pid() "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
        "n.nspname IN ('migration', 'lock', 'journal', 'mirror', 'history', 'report', 'masked', "
        "'outbox') AND c.relkind IN ('r', 'v', 'm', 'p') GROUP BY 1, 2, 3, 4, 5, a.xact_start "
        "ORDER BY a.xact_start NULLS LAST LIMIT 1");
    if (found.empty()) return "nobody seems to hold it any more";
    return fmt::format(
        "role {}, {} (process {}, {}, since {} UTC) holds {}", found.text(0, 0),
        found.text(0, 1).empty() ? "an application without a name" : found.text(0, 1),
        found.text(0, 4), found.text(0, 2), found.at(0, 3) ? found.text(0, 3) : "some time",
        found.text(0, 5));
}

// Tries in short turns: while we wait for a reader, other readers queue behind us.
bool apply_beside_readers(pg::Connection& connection, const Migration& migration,
                          const MigrateOptions& options) {
    const auto clock = system_clock();
    // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): read when apply() throws
    const Instant until = clock->now() + options.within;
    for (Duration gap = std::chrono::milliseconds{250};; gap *= 2) {
        try {
            return apply(connection, migration, options);
        } catch (const Error& error) {
            if (error.sqlstate() != "55P03" && error.sqlstate() != "40P01") throw;
        }
        const std::string who = holder(connection);
        log::info("migration waits", {{"migration", std::string(migration.name)}, {"for", who}});
        if (clock->now() + gap > until)
            throw Error(Kind::locked,
                        fmt::format("migration {} cannot be applied: {}", migration.name, who),
                        "Let that session end its transaction (or end it with SELECT "
                        "pg_terminate_backend of the process), then run gcmirror init.",
                        "55P03");
        if (!clock->sleep_until(clock->now() + gap, options.stop))
            throw Error(Kind::stopped, "stopped while a migration waited");
    }
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
                                 const std::vector<Migration>& migrations,
                                 const MigrateOptions& options) {
    check_server(connection);
    const Applied applied = applied_migrations(connection);
    const std::vector<Migration> open = missing(applied, migrations);
    std::vector<std::string> done;
    if (open.empty()) return done;
    if (!applied.any) {
        try {
            connection.execute(kTable);
        } catch (const Error& error) {  // another process makes it at the same moment
            if (error.sqlstate() != "23505" && error.sqlstate() != "42P07") throw;
            connection.execute(kTable);
        }
    }
    for (const Migration& migration : open)
        if (apply_beside_readers(connection, migration, options)) done.emplace_back(migration.name);
    return done;
}

SchemaState schema_state(pg::Connection& connection, const std::vector<Migration>& migrations) {
    check_server(connection);
    const Applied applied = applied_migrations(connection);
    if (missing(applied, migrations).empty()) return SchemaState::current;
    return applied.checksums.empty() ? SchemaState::none : SchemaState::older;
}

namespace {

constexpr std::size_t kMigrationsNamed = 5;

// Numbers land out of order: what is missing may be lower than what is there.
std::string lacking(pg::Connection& connection, const std::vector<Migration>& migrations) {
    const std::vector<Migration> out = missing(applied_migrations(connection), migrations);
    std::string names;
    for (std::size_t i = 0; i < std::min(out.size(), kMigrationsNamed); ++i)
        names += (i > 0 ? ", " : "") + std::string(out[i].name);
    if (out.size() > kMigrationsNamed)
        names += fmt::format(" and {} more", out.size() - kMigrationsNamed);
    return fmt::format(
        fmt::runtime(out.size() == 1 ? "the database lacks migration {}; this program needs it"
                                     : "the database lacks migrations {}; this program needs them"),
        names);
}

}  // namespace

void require_schema(pg::Connection& connection, const std::vector<Migration>& migrations) {
    switch (schema_state(connection, migrations)) {
        case SchemaState::current:
            return;
        case SchemaState::none:
            throw Error(Kind::database, "the database has no tables of gcmirror yet",
                        "Run gcmirror init (or sync) as the database's owner.");
        case SchemaState::older:
            throw Error(Kind::database, lacking(connection, migrations),
                        "Run gcmirror init (or sync) of this version as the database's owner; on a "
                        "standby, wait until it arrives.");
    }
}

}  // namespace etl
