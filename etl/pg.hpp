// The only unit that uses libpq: connection, statements, transaction, COPY.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "etl/error.hpp"

namespace etl::pg {

using Param = std::optional<std::string>;  // text form; nullopt is NULL

// What a column's texts are, for writers that tell them apart.
enum class Shape { text, number, flag, json };

// Rows as text, NULL as nullopt. at() throws Error{unexpected} out of bounds.
class Result {
public:
    Result() = default;
    Result(std::vector<std::string> columns, std::vector<std::vector<Param>> rows,
           std::int64_t affected = 0, std::vector<Shape> shapes = {})
        : columns_(std::move(columns)),
          rows_(std::move(rows)),
          affected_(affected),
          shapes_(std::move(shapes)) {}
    [[nodiscard]] std::size_t rows() const { return rows_.size(); }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
    [[nodiscard]] const Param& at(std::size_t row, std::size_t column) const;
    [[nodiscard]] const Param& at(std::size_t row, std::string_view column) const;
    [[nodiscard]] std::string text(std::size_t row, std::size_t column) const;  // NULL as ""
    [[nodiscard]] std::int64_t number(std::size_t row,
                                      std::size_t column) const;  // Error when NULL or no number
    [[nodiscard]] bool flag(std::size_t row, std::size_t column) const;
    [[nodiscard]] std::int64_t affected() const { return affected_; }
    [[nodiscard]] Shape shape(std::size_t column) const {
        return column < shapes_.size() ? shapes_[column] : Shape::text;
    }

private:
    std::vector<std::string> columns_;
    std::vector<std::vector<Param>> rows_;
    std::int64_t affected_ = 0;
    std::vector<Shape> shapes_;
};

class Connection {
public:
    // `url`: anything libpq takes. `purpose` becomes application_name "gcmirror: purpose".
    // Error{database} with a hint; the message never holds the password. The session's time zone is
    // UTC, its encoding UTF8, its limits our own: what a role or database has as its default
    // (statement_timeout, idle_session_timeout) ends nothing of ours. A pooler that gives each
    // transaction another session is refused.
    Connection(const std::string& url, const std::string& purpose);
    ~Connection();
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;

    Result query(std::string_view sql, const std::vector<Param>& params = {});  // one statement
    // A value that must be there: first column of the only row.
    [[nodiscard]] std::string value(std::string_view sql, const std::vector<Param>& params = {});
    void execute(std::string_view sql);  // any number of statements, no parameters
    // One statement with one binary parameter ($1) and further text ones.
    void query_binary(std::string_view sql, std::string_view binary,
                      const std::vector<Param>& params);
    // First column of the only row as bytes; nullopt when there is no row.
    [[nodiscard]] std::optional<std::string> bytes(std::string_view sql,
                                                   const std::vector<Param>& params = {});
    // Row by row without holding the result (COPY (query) TO STDOUT): fields in text form, NULL as
    // nullopt.
    void stream(
        std::string_view select,
        const std::function<void(const std::vector<std::optional<std::string_view>>&)>& row);
    [[nodiscard]] int server_version() const;           // 150018
    [[nodiscard]] std::string server_encoding() const;  // of the database: "UTF8", "WIN1251", …
    [[nodiscard]] bool in_transaction() const;
    // What stands in ALTER ROLE … PASSWORD in place of the password, which nobody then logs.
    [[nodiscard]] std::string scram_of(const std::string& role, const std::string& password);
    void cancel() noexcept;       // from another thread
    [[nodiscard]] bool broken();  // the connection is gone; looks at the socket

    // From now on a connection that breaks between transactions (restart, failover, idle limit,
    // firewall) is opened again before the next statement, trying for as long as `within`. What the
    // session held (temporary tables, SET) is gone then. Error{stopped} when `stop` comes first.
    void reopen_within(std::chrono::microseconds within, std::stop_token stop = {});
    [[nodiscard]] int opened() const;  // how often: 1, and one more for each reopening
    // A further connection to the same place.
    [[nodiscard]] Connection another(const std::string& purpose) const;

    struct State;
    [[nodiscard]] State& state() { return *state_; }

private:
    explicit Connection(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Rolls back when it goes away without commit(); if even that fails the connection is closed.
class Transaction {
public:
    explicit Transaction(Connection& connection,
                         std::string_view isolation = {});  // e.g. "REPEATABLE READ READ ONLY"
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();  // Error{database} also when the server rolled back instead

private:
    Connection& connection_;
    bool done_ = false;
};

// COPY … FROM STDIN in text form; aborted and drained when it goes away without finish().
class CopyIn {
public:
    CopyIn(Connection& connection, const std::string& sql);
    ~CopyIn();
    CopyIn(const CopyIn&) = delete;
    CopyIn& operator=(const CopyIn&) = delete;
    void write(std::string_view lines);  // whole lines, any number; sent in pieces of 32 KB
    std::int64_t finish();  // rows copied; Error{database} with the server's message and line

private:
    Connection& connection_;
    std::string buffer_;
    bool open_ = true;
};

// What an Error of the database means, by the class of its SQLSTATE.
// Passing: deadlock, serialization, cancelled or timed out, connection or server gone. Worth once
// more from the beginning of the transaction.
[[nodiscard]] bool is_transient(const Error& error);
// The data could not be taken (22, 23, 54, 0A): the same body fails again, others do not.
[[nodiscard]] bool is_bad_body(const Error& error);
// Runs `work` and, when it fails by what passes, again, at most twice: `work` begins its own
// transaction, and does no harm when it is done twice.
void retried(const std::function<void()>& work);
constexpr int kTries = 3;  // of what is done again after what passes

// The keywords of `url` as libpq's "key='value' …", with ours for encoding, keepalives and
// application_name; the second is what may be shown of it: host, port, dbname, user.
struct Conninfo {
    std::string text, where;
};
[[nodiscard]] Conninfo conninfo(const std::string& url, const std::string& purpose);
// 'value', as libpq's key=value form has it.
[[nodiscard]] std::string conninfo_value(const std::string& value);
// The statements every session of ours begins with.
[[nodiscard]] const std::vector<std::string>& session_settings();

// `{a,"b c"}` <-> vector, for text[] in parameters and results.
[[nodiscard]] std::string array_literal(const std::vector<std::string>& items);
[[nodiscard]] std::vector<std::string> parse_array(std::string_view literal);

// Locks of the school, "gcmirror sync", "… serve", "… push", "… ledger": tables of schema lock,
// which only the owner can lock. false when another process holds it. Kept by a further connection
// until `connection` goes away; lost with that connection, it is taken again before the next
// statement, else Error{locked}.
[[nodiscard]] bool try_lock(Connection& connection, std::string_view name);
// The same, or Error{locked}: `message`, who holds it (role, application, since when), `hint`.
void lock_or_throw(Connection& connection, std::string_view name, const std::string& message,
                   const std::string& hint);
// Until the end of the caller's transaction.
[[nodiscard]] bool try_lock_here(Connection& connection, std::string_view name);
void wait_for_lock(Connection& connection, std::string_view name);
[[nodiscard]] std::string lock_holder(Connection& connection, std::string_view name);

}  // namespace etl::pg
