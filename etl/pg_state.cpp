#include "etl/pg_state.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "etl/clock.hpp"
#include "etl/log.hpp"
#include "schema/text.hpp"

namespace etl::pg {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 20s;  // after so long without a statement the server is asked first:
                                // a firewall that forgot the connection says nothing by itself
constexpr auto kPoolerAnswer = 3s;
constexpr Duration kFirstGap = 100ms, kLongestGap = 5s;

std::string field(const PGresult* result, int code) {
    const char* value = result == nullptr ? nullptr : PQresultErrorField(result, code);
    return value == nullptr ? "" : value;
}

// "COPY payments, line 12, column cost: "12,3x"" -> " (table payments, line 12, column cost)": what
// follows the colon is a row of somebody's.
std::string place_in_copy(const std::string& context) {
    const std::string_view begin = "COPY ";
    const std::size_t line = context.find(", line ");
    if (!context.starts_with(begin) || line == std::string::npos) return {};
    const std::size_t end = context.find_first_of(":\n", line);
    return fmt::format(" (table {})", context.substr(begin.size(), end - begin.size()));
}

std::string place(const PGresult* result) {
    const std::string table = field(result, PG_DIAG_TABLE_NAME);
    if (table.empty()) return place_in_copy(field(result, PG_DIAG_CONTEXT));
    const std::string column = field(result, PG_DIAG_COLUMN_NAME);
    const std::string constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    return fmt::format(" (table {}{}{})", table, column.empty() ? "" : ", column " + column,
                       constraint.empty() ? "" : ", constraint " + constraint);
}

// Of data that cannot be read the primary message ends with the cell itself: invalid input syntax
// for type numeric: "Anna".
std::string without_value(std::string message, const std::string& sqlstate) {
    const std::size_t value = message.find(": \"");
    if (sqlstate.starts_with("22") && value != std::string::npos && message.back() == '"')
        message.resize(value);
    return message;
}

// Whether another connection shares our server process, or ours moved to another: a pool that gives
// each transaction another session. `pid` is the process that served our first statement.
bool moves_between_sessions(PGconn* connection, const Conninfo& target, std::string_view pid) {
    const ConnectionPtr second(PQconnectdb(target.text.c_str()));
    if (PQstatus(second.get()) != CONNECTION_OK ||
        PQsendQuery(second.get(), "SELECT pg_backend_pid()") != 1)
        return false;
    const auto until = std::chrono::steady_clock::now() + kPoolerAnswer;
    while (PQisBusy(second.get()) != 0) {  // waits for a session of its own: ours is ours
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd socket{PQsocket(second.get()), POLLIN, 0};
        if (left.count() <= 0 || poll(&socket, 1, static_cast<int>(left.count())) <= 0)
            return false;
        if (PQconsumeInput(second.get()) != 1) return false;
    }
    const ResultPtr theirs(PQgetResult(second.get()));
    const ResultPtr ours(PQexec(connection, "SELECT pg_backend_pid()"));
    if (PQresultStatus(theirs.get()) != PGRES_TUPLES_OK ||
        PQresultStatus(ours.get()) != PGRES_TUPLES_OK)
        return false;
    return PQgetvalue(theirs.get(), 0, 0) == pid || PQgetvalue(ours.get(), 0, 0) != pid;
}

}  // namespace

std::string trimmed(const char* message) {
    // before a session, a server speaks the encoding of its own locale
    std::uint64_t broken = 0;
    return schema::repaired(schema::trim(message == nullptr ? "" : message), broken);
}

void fail(PGconn* connection, const PGresult* result) {
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    const bool gone = PQstatus(connection) == CONNECTION_BAD;
    std::string message;
    if (sqlstate.empty())
        message = gone ? "the connection broke: " + trimmed(PQerrorMessage(connection))
                       : trimmed(PQerrorMessage(connection));
    else
        message = fmt::format("{}{} [{}]",
                              without_value(field(result, PG_DIAG_MESSAGE_PRIMARY), sqlstate),
                              place(result), sqlstate);
    throw Error(Kind::database, "database: " + message,
                gone ? "The connection is gone; see whether the server runs." : "",
                sqlstate.empty() && gone ? "08006" : sqlstate);
}

void Connection::State::open() {
    ConnectionPtr fresh(PQconnectdb(target.text.c_str()));
    if (PQstatus(fresh.get()) != CONNECTION_OK)
        throw Error(Kind::database,
                    fmt::format("cannot connect to PostgreSQL ({}): {}", target.where,
                                trimmed(PQerrorMessage(fresh.get()))),
                    "See whether the server runs and [database] url is right.", "08001");
    PQsetNoticeProcessor(
        fresh.get(), [](void*, const char*) {}, nullptr);
    PQsetErrorContextVisibility(fresh.get(), PQSHOW_CONTEXT_NEVER);
    std::string settings;
    for (const std::string& setting : session_settings()) settings += setting + ";";
    const ResultPtr settled(PQexec(fresh.get(), (settings + "SELECT pg_backend_pid()").c_str()));
    if (PQresultStatus(settled.get()) != PGRES_TUPLES_OK) fail(fresh.get(), settled.get());
    // A pooler makes the number up that libpq knows; only then is it worth a second connection.
    const std::string pid = PQgetvalue(settled.get(), 0, 0);
    if (pid != std::to_string(PQbackendPID(fresh.get())) &&
        moves_between_sessions(fresh.get(), target, pid))
        throw Error(
            Kind::database,
            fmt::format("between gcmirror and PostgreSQL ({}) stands a pooler in transaction mode, "
                        "which would give its locks and settings to other sessions",
                        target.where),
            "Let [database] url name PostgreSQL itself (its own port, usually 5432), or a pool "
            "with pool_mode = session.");
    replace(std::move(fresh));
    ++opened;
    remember();
}

void Connection::State::replace(ConnectionPtr fresh) {
    const std::lock_guard lock(cancelling);
    connection = std::move(fresh);
}

void Connection::State::remember() {
    idle = PQtransactionStatus(raw()) == PQTRANS_IDLE;
    used = std::chrono::steady_clock::now();
}

bool Connection::State::alive() {
    if (PQstatus(raw()) != CONNECTION_OK) return false;
    // First the server's farewell, then the end of the stream.
    for (pollfd socket{PQsocket(raw()), POLLIN, 0}; poll(&socket, 1, 0) > 0; (void)PQisBusy(raw()))
        if (PQconsumeInput(raw()) != 1) return false;
    return PQstatus(raw()) == CONNECTION_OK;
}

bool Connection::State::answers() {
    if (!alive()) return false;
    if (std::chrono::steady_clock::now() - used < kSilence) return true;
    const ResultPtr result(PQexec(raw(), ""));
    return PQresultStatus(result.get()) == PGRES_EMPTY_QUERY;
}

PGconn* Connection::State::ready() {
    if (!idle) return raw();
    if (reopen_within.count() > 0 && !answers()) reopen();
    if (!locks.empty()) keep_locks();
    return raw();
}

void Connection::State::reopen() {
    replace(nullptr);
    log::info("database connection broke; opening it again", {{"where", target.where}});
    persist(Kind::database, reopen_within, [this] { open(); });
}

void Connection::State::persist(Kind passing, std::chrono::microseconds within,
                                const std::function<void()>& attempt) const {
    const auto clock = system_clock();
    const Instant until = clock->now() + within;
    for (Duration gap = kFirstGap;; gap = std::min(2 * gap, kLongestGap)) {
        try {
            return attempt();
        } catch (const Error& error) {
            if (error.kind() != passing || clock->now() + gap > until) throw;
            log::info("what the connection had is not back yet", {{"reason", error.what()}});
        }
        if (!clock->sleep_until(clock->now() + gap, stop))
            throw Error(Kind::stopped, "stopped while the database was away");
    }
}

}  // namespace etl::pg
