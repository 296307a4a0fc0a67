#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "etl/clock.hpp"
#include "etl/pg_state.hpp"

namespace etl::pg {
namespace {

// A session that the server ends says so before it lets its lock go.
constexpr std::chrono::seconds kOnItsWayOut{5};
constexpr std::chrono::milliseconds kLookAgain{20};
// For which the answer to a ROLLBACK is waited for: a server that does not answer holds up nobody.
constexpr std::chrono::milliseconds kLetGo{1000};

// "gcmirror sync" -> the table of migrations/0016_locks.sql.
std::string table_of(std::string_view name) {
    static constexpr std::array<std::string_view, 4> kNames = {"sync", "serve", "push", "ledger"};
    const std::string_view last = name.substr(name.rfind(' ') + 1);
    if (std::find(kNames.begin(), kNames.end(), last) == kNames.end())
        throw Error(Kind::unexpected, fmt::format("there is no lock \"{}\"", name));
    return fmt::format("lock.{}", last);
}

// Neither readers nor pg_dump (ACCESS SHARE) are in each other's way; two of these are.
std::string statement(std::string_view name, bool wait) {
    return fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE{}", table_of(name),
                       wait ? "" : " NOWAIT");
}

bool is_taken(const Error& error) { return error.sqlstate() == "55P03"; }

// Takes `name` in a transaction that stays open, without a row or a snapshot: nothing else waits
// for it, VACUUM neither.
bool take(Connection& holder, std::string_view name) {
    try {
        holder.execute("BEGIN");
        holder.execute(statement(name, false));
        return true;
    } catch (const Error& error) {
        if (!is_taken(error)) throw;
        holder.execute("ROLLBACK");
        return false;
    }
}

// Ends the transaction that holds a lock: closing alone is not waited for, and who comes next could
// find the lock taken by a session that is gone.
void let_go(PGconn* connection) {
    if (connection == nullptr || PQstatus(connection) != CONNECTION_OK ||
        PQsendQuery(connection, "ROLLBACK") == 0)
        return;
    pollfd socket{PQsocket(connection), POLLIN, 0};
    (void)poll(&socket, 1, static_cast<int>(kLetGo.count()));
}

std::string find_holder(Connection& connection, std::string_view name) {
    const Result found = connection.query(
        "SELECT usename, application_name, to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD "
        "HH24:MI') FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = "
        "to_regclass($1) AND l.database = (SELECT oid FROM pg_database WHERE datname = "
        "current_database()) AND l.granted AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') "
        "AND l.pid <> "
        "pg_backend_pid() LIMIT 1",
        {table_of(name)});
    if (found.empty()) return {};
    return fmt::format("held by role {}, {}{}", found.text(0, 0), found.text(0, 1),
                       found.at(0, 2) ? ", since " + found.text(0, 2) + " UTC" : "");
}

}  // namespace

Connection::State::~State() {
    for (const auto& [name, holder] : locks) let_go(holder->state().raw());
}

bool try_lock(Connection& connection, std::string_view name) {
    Connection::State& state = connection.state();
    if (state.locks.count(std::string(name)) != 0) return true;
    auto holder = std::make_unique<Connection>(
        connection.another(fmt::format("{} lock", name.substr(name.rfind(' ') + 1))));
    if (!take(*holder, name)) return false;
    state.locks.emplace(name, std::move(holder));
    return true;
}

bool try_lock_here(Connection& connection, std::string_view name) {
    connection.execute("SAVEPOINT lock_here");
    try {
        connection.execute(statement(name, false));
    } catch (const Error& error) {
        if (!is_taken(error)) throw;
        connection.execute("ROLLBACK TO SAVEPOINT lock_here");
        return false;
    }
    connection.execute("RELEASE SAVEPOINT lock_here");
    return true;
}

std::string lock_holder(Connection& connection, std::string_view name) {
    const std::string holder = find_holder(connection, name);
    return holder.empty() ? "held by nobody any more" : holder;
}

void wait_for_lock(Connection& connection, std::string_view name) {
    try {
        connection.execute(statement(name, true));
    } catch (const Error& error) {
        if (!is_taken(error)) throw;
        Connection asking = connection.another("lock holder");  // ours is in a failed transaction
        throw Error(Kind::locked,
                    fmt::format("the lock \"{}\" did not become free in time ({})", name,
                                lock_holder(asking, name)),
                    "End that session; gcmirror itself holds it for moments only.", "55P03");
    }
}

void lock_or_throw(Connection& connection, std::string_view name, const std::string& message,
                   const std::string& hint) {
    // a holder that ends between the attempt and the look is none
    const auto clock = system_clock();
    for (const Instant until = clock->now() + kOnItsWayOut; clock->now() < until;) {
        if (try_lock(connection, name)) return;
        if (!find_holder(connection, name).empty()) break;
        if (!clock->sleep_until(clock->now() + kLookAgain, connection.state().stop)) break;
    }
    throw Error(Kind::locked, fmt::format("{} ({})", message, lock_holder(connection, name)), hint,
                "55P03");
}

// A lock dies with its connection, by a restart of the server too: it is taken again before
// anything further happens.
void Connection::State::keep_locks() {
    for (auto& [name, holder] : locks) {
        if (!holder->broken()) continue;
        const auto take_again = [&name = name, &holder = holder] {
            Connection fresh =
                holder->another(fmt::format("{} lock", name.substr(name.rfind(' ') + 1)));
            if (!take(fresh, name))
                throw Error(Kind::locked,
                            fmt::format("the lock \"{}\" was lost with its connection, and another "
                                        "process has it now",
                                        name),
                            "Let that process end.", "55P03");
            *holder = std::move(fresh);
        };
        persist(Kind::database, reopen_within, [&] {
            persist(Kind::locked, std::min<std::chrono::microseconds>(reopen_within, kOnItsWayOut),
                    take_again);
        });
    }
}

}  // namespace etl::pg
