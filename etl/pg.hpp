// The only room that knows Poco::Data and libpq: connection, statements, transaction, COPY.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etl::pg {

using Param = std::optional<std::string>;  // text form; nullopt is NULL

// Rows as text, NULL as nullopt. at() throws Error{unexpected} out of bounds.
class Result {
public:
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

private:
    friend class Connection;
    std::vector<std::string> columns_;
    std::vector<std::vector<Param>> rows_;
    std::int64_t affected_ = 0;
};

class Connection {
public:
    // `url`: anything libpq takes. `purpose` becomes application_name "gcmirror: purpose".
    // Error{database} with a hint; the message never holds the password. Sets time zone UTC,
    // client_encoding UTF8, client_connection_check_interval.
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
    [[nodiscard]] int server_version() const;  // 150018
    [[nodiscard]] bool in_transaction() const;
    void cancel() noexcept;             // from another thread
    [[nodiscard]] bool broken() const;  // the connection is gone

    struct State;
    [[nodiscard]] State& state() { return *state_; }

private:
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
    void commit();

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

// SQLSTATE of the last database Error thrown in this thread; empty when none: "23505", "55P03", …
[[nodiscard]] const std::string& last_sqlstate();

// `{a,"b c"}` <-> vector, for text[] in parameters and results.
[[nodiscard]] std::string array_literal(const std::vector<std::string>& items);
[[nodiscard]] std::vector<std::string> parse_array(std::string_view literal);

// Session-level advisory lock on a name; nullptr when another session holds it. Released with the
// connection.
[[nodiscard]] bool try_lock(Connection& connection, std::string_view name);

}  // namespace etl::pg
