#include "etl/pg.hpp"

#include <fmt/format.h>

#include <charconv>

#include "etl/log.hpp"
#include "etl/pg_state.hpp"

namespace etl::pg {
namespace {

struct PgParams {
    std::vector<const char*> values;
    explicit PgParams(const std::vector<Param>& params) {
        for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
    }
};

constexpr std::string_view kReadOnly = "25006";

// The result of one statement, or its Error.
ResultPtr checked(Connection::State& state, ResultPtr result) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        // A server that ends a session says why in a last message, which libpq keeps back.
        fail(state.raw(), result.get());
    }
    state.remember();
    return result;
}

// A read that its connection breaks under is asked again over a new one where it may be opened
// again (reopen_within) and no transaction is lost with it. Only the server can tell a read from a
// write, so it is told to write nothing: what would, may have been done already.
ResultPtr answered(Connection::State& state, const std::function<PGresult*(PGconn*)>& send) {
    const bool again = state.idle && state.reopen_within.count() > 0;
    ResultPtr result(send(state.ready()));
    for (int reads = 1; again && PQstatus(state.raw()) == CONNECTION_BAD && reads < kTries;
         ++reads) {
        const ResultPtr begun(PQexec(state.ready(), "BEGIN READ ONLY"));
        ResultPtr once_more(send(state.raw()));
        const ResultPtr ended(PQexec(state.raw(), "ROLLBACK"));
        const char* code = PQresultErrorField(once_more.get(), PG_DIAG_SQLSTATE);
        if (code != nullptr && std::string_view(code) == kReadOnly)
            throw Error(Kind::database, "database: the connection broke within a statement",
                        "The connection is gone; see whether the server runs.", "08006");
        result = std::move(once_more);
    }
    return checked(state, std::move(result));
}

// Numbers of pg_type.dat, which never change.
Shape shape_of(Oid type) {
    switch (type) {
        case 16:  // bool
            return Shape::flag;
        case 20:    // int8
        case 21:    // int2
        case 23:    // int4
        case 26:    // oid
        case 700:   // float4
        case 701:   // float8
        case 1700:  // numeric
            return Shape::number;
        case 114:   // json
        case 3802:  // jsonb
            return Shape::json;
        default:
            return Shape::text;
    }
}

}  // namespace

const Param& Result::at(std::size_t row, std::size_t column) const {
    if (row >= rows_.size() || column >= columns_.size())
        throw Error(Kind::unexpected,
                    fmt::format("result has {} rows of {} columns; asked for row {}, column {}",
                                rows_.size(), columns_.size(), row, column));
    return rows_[row][column];
}

const Param& Result::at(std::size_t row, std::string_view column) const {
    for (std::size_t i = 0; i < columns_.size(); ++i)
        if (columns_[i] == column) return at(row, i);
    throw Error(Kind::unexpected, "result has no column " + std::string(column));
}

std::string Result::text(std::size_t row, std::size_t column) const {
    return at(row, column).value_or("");
}

std::int64_t Result::number(std::size_t row, std::size_t column) const {
    const std::string value = text(row, column);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size())
        throw Error(Kind::unexpected, "column " + columns_[column] + " holds \"" + value +
                                          "\", expected a whole number");
    return number;
}

bool Result::flag(std::size_t row, std::size_t column) const { return text(row, column) == "t"; }

Connection::Connection(const std::string& url, const std::string& purpose)
    : state_(std::make_unique<State>()) {
    state_->target = conninfo(url, purpose);
    state_->open();
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Connection Connection::another(const std::string& purpose) const {
    auto state = std::make_unique<State>();
    state->target = conninfo(state_->target.text, purpose);
    state->open();
    return Connection(std::move(state));
}

void Connection::reopen_within(std::chrono::microseconds within, std::stop_token stop) {
    state_->reopen_within = within;
    state_->stop = std::move(stop);
}

int Connection::opened() const { return state_->opened; }

Result Connection::query(std::string_view sql, const std::vector<Param>& params) {
    const PgParams given(params);
    const ResultPtr result = answered(*state_, [&](PGconn* connection) {
        return PQexecParams(connection, std::string(sql).c_str(), static_cast<int>(params.size()),
                            nullptr, given.values.data(), nullptr, nullptr, 0);
    });
    std::vector<std::string> columns;
    std::vector<std::vector<Param>> rows;
    std::vector<Shape> shapes;
    for (int c = 0; c < PQnfields(result.get()); ++c) {
        columns.emplace_back(PQfname(result.get(), c));
        shapes.push_back(shape_of(PQftype(result.get(), c)));
    }
    for (int r = 0; r < PQntuples(result.get()); ++r) {
        std::vector<Param> row;
        for (int c = 0; c < PQnfields(result.get()); ++c)
            row.push_back(PQgetisnull(result.get(), r, c) != 0
                              ? Param()
                              : Param(std::string(
                                    PQgetvalue(result.get(), r, c),
                                    static_cast<std::size_t>(PQgetlength(result.get(), r, c)))));
        rows.push_back(std::move(row));
    }
    const std::string affected = PQcmdTuples(result.get());
    return {std::move(columns), std::move(rows), affected.empty() ? 0 : std::stoll(affected),
            std::move(shapes)};
}

std::string Connection::scram_of(const std::string& role, const std::string& password) {
    const std::unique_ptr<char, decltype(&PQfreemem)> made(
        PQencryptPasswordConn(state_->ready(), password.c_str(), role.c_str(), "scram-sha-256"),
        &PQfreemem);
    if (made == nullptr) fail(state_->raw(), nullptr);
    return made.get();
}

std::string Connection::value(std::string_view sql, const std::vector<Param>& params) {
    const Result result = query(sql, params);
    if (result.rows() != 1)
        throw Error(Kind::unexpected, fmt::format("expected one row, got {} from: {}",
                                                  result.rows(), sql.substr(0, 200)));
    return result.text(0, 0);
}

void Connection::execute(std::string_view sql) {
    (void)checked(*state_, ResultPtr(PQexec(state_->ready(), std::string(sql).c_str())));
}

void Connection::query_binary(std::string_view sql, std::string_view binary,
                              const std::vector<Param>& params) {
    std::vector<const char*> values = {binary.data()};
    std::vector<int> lengths = {static_cast<int>(binary.size())}, formats = {1};
    for (const Param& param : params) {
        values.push_back(param ? param->c_str() : nullptr);
        lengths.push_back(0);
        formats.push_back(0);
    }
    (void)checked(*state_,
                  ResultPtr(PQexecParams(state_->ready(), std::string(sql).c_str(),
                                         static_cast<int>(values.size()), nullptr, values.data(),
                                         lengths.data(), formats.data(), 0)));
}

std::optional<std::string> Connection::bytes(std::string_view sql,
                                             const std::vector<Param>& params) {
    const PgParams given(params);
    const ResultPtr result = answered(*state_, [&](PGconn* connection) {
        return PQexecParams(connection, std::string(sql).c_str(), static_cast<int>(params.size()),
                            nullptr, given.values.data(), nullptr, nullptr, 1);
    });
    if (PQntuples(result.get()) == 0) return std::nullopt;
    return std::string(PQgetvalue(result.get(), 0, 0),
                       static_cast<std::size_t>(PQgetlength(result.get(), 0, 0)));
}

int Connection::server_version() const { return PQserverVersion(state_->raw()); }
std::string Connection::server_encoding() const {
    const char* encoding = PQparameterStatus(state_->raw(), "server_encoding");
    return encoding == nullptr ? "" : encoding;
}
bool Connection::in_transaction() const {
    return PQtransactionStatus(state_->raw()) != PQTRANS_IDLE;
}
bool Connection::broken() { return !state_->alive(); }

void Connection::cancel() noexcept {
    PGcancel* cancel = nullptr;
    {
        const std::lock_guard lock(state_->cancelling);
        cancel = PQgetCancel(state_->raw());
    }
    if (cancel == nullptr) return;
    char error[256];
    PQcancel(cancel, error, sizeof error);
    PQfreeCancel(cancel);
}

Transaction::Transaction(Connection& connection, std::string_view isolation)
    : connection_(connection) {
    connection_.execute(isolation.empty() ? std::string("BEGIN")
                                          : fmt::format("BEGIN ISOLATION LEVEL {}", isolation));
}

Transaction::~Transaction() {
    if (done_) return;
    Connection::State& state = connection_.state();
    const ResultPtr result(PQexec(state.raw(), "ROLLBACK"));
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
        state.remember();
        return;
    }
    // What cannot even roll back is not used again: the server does it when the connection closes.
    state.replace(nullptr);
    state.idle = true;
}

void Transaction::commit() {
    Connection::State& state = connection_.state();
    const ResultPtr result = checked(state, ResultPtr(PQexec(state.raw(), "COMMIT")));
    done_ = true;
    if (std::string_view(PQcmdStatus(result.get())) != "COMMIT")
        throw Error(Kind::database,
                    "database: the transaction was rolled back at its commit, because a statement "
                    "in it had failed",
                    "", "25P02");
}

bool is_transient(const Error& error) {
    const std::string& state = error.sqlstate();
    return state.starts_with("40") || state.starts_with("08") || state == "57014" ||
           state == "57P01" || state == "57P02" || state == "57P03" || state == "57P05";
}

bool is_bad_body(const Error& error) {
    for (const char* bad : {"22", "23", "54", "0A"})
        if (error.sqlstate().starts_with(bad)) return true;
    return false;
}

void retried(const std::function<void()>& work) {
    for (int tries = 1;; ++tries) {
        try {
            return work();
        } catch (const Error& error) {
            if (!is_transient(error) || tries == kTries) throw;
            log::info("once more, after what passes", {{"reason", error.what()}});
        }
    }
}

std::string array_literal(const std::vector<std::string>& items) {
    std::string out = "{";
    for (const std::string& item : items) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char c : item) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out + "}";
}

std::vector<std::string> parse_array(std::string_view literal) {
    std::vector<std::string> items;
    if (literal.size() < 2) return items;
    literal = literal.substr(1, literal.size() - 2);
    for (std::size_t at = 0; at < literal.size(); ++at) {
        std::string item;
        const bool in_quotes = literal[at] == '"';
        if (in_quotes) ++at;
        for (; at < literal.size() && literal[at] != (in_quotes ? '"' : ','); ++at) {
            if (literal[at] == '\\') ++at;
            if (at < literal.size()) item += literal[at];
        }
        if (in_quotes) ++at;  // the quote; the loop steps over the comma
        items.push_back(std::move(item));
    }
    return items;
}

}  // namespace etl::pg
