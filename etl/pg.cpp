#include "etl/pg.hpp"

#include <Poco/Data/PostgreSQL/PostgreSQLException.h>
#include <Poco/Data/PostgreSQL/SessionHandle.h>
#include <libpq-fe.h>

#include <charconv>

#include "etl/error.hpp"

namespace etl::pg {
namespace {

constexpr std::size_t kCopyPiece = 32 * 1024;  // small enough that the server works while the next
                                               // piece is made; larger ones wait in turn

thread_local std::string sqlstate_of_last_error;

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

std::string trimmed(const char* message) {
    std::string text = message == nullptr ? "" : message;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

[[noreturn]] void fail(PGconn* connection, const PGresult* result) {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    sqlstate_of_last_error = state == nullptr ? "" : state;
    const std::string message =
        trimmed(result == nullptr ? PQerrorMessage(connection) : PQresultErrorMessage(result));
    throw Error(Kind::database, "database: " + message,
                PQstatus(connection) == CONNECTION_BAD
                    ? "The connection is gone; see whether the server runs."
                    : "");
}

struct PgParams {
    std::vector<const char*> values;
    explicit PgParams(const std::vector<Param>& params) {
        for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
    }
};

}  // namespace

struct Connection::State {
    Poco::Data::PostgreSQL::SessionHandle session;
    PGconn* raw() { return session; }
};

const Param& Result::at(std::size_t row, std::size_t column) const {
    if (row >= rows_.size() || column >= columns_.size())
        throw Error(Kind::unexpected, "result has " + std::to_string(rows_.size()) + " rows of " +
                                          std::to_string(columns_.size()) +
                                          " columns; asked for row " + std::to_string(row) +
                                          ", column " + std::to_string(column));
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
    char* problem = nullptr;
    PQconninfoOption* options = PQconninfoParse(url.c_str(), &problem);
    if (options == nullptr) {  // libpq's words may quote the url and with it a password
        PQfreemem(problem);
        throw Error(Kind::usage,
                    "the database url cannot be read; expected postgresql://user@host/database or "
                    "libpq's key=value form",
                    "Set [database] url.");
    }
    std::string conninfo, where;
    for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string keyword = option->keyword;
        if (keyword == "application_name" || keyword == "client_encoding") continue;
        if (keyword == "host" || keyword == "port" || keyword == "dbname" || keyword == "user")
            where += (where.empty() ? "" : " ") + keyword + "=" + option->val;
        conninfo += keyword + "='";
        for (const char* at = option->val; *at != '\0'; ++at) {
            if (*at == '\'' || *at == '\\') conninfo += '\\';
            conninfo += *at;
        }
        conninfo += "' ";
    }
    PQconninfoFree(options);
    conninfo += "client_encoding='UTF8' application_name='gcmirror: " + purpose + "'";
    // Poco 1.11 loses the PGconn of a connection that failed, and with it the memory: so it only
    // gets one that succeeds.
    const std::unique_ptr<PGconn, decltype(&PQfinish)> trial(PQconnectdb(conninfo.c_str()),
                                                             &PQfinish);
    if (PQstatus(trial.get()) != CONNECTION_OK)
        throw Error(
            Kind::database,
            "cannot connect to PostgreSQL (" + where + "): " + trimmed(PQerrorMessage(trial.get())),
            "See whether the server runs and [database] url is right.");
    state_->session.connect(conninfo);
    PQsetNoticeProcessor(
        state_->raw(), [](void*, const char*) {}, nullptr);
    execute(
        "SET TIME ZONE 'UTC'; SET client_connection_check_interval = '5s'; SET DateStyle = 'ISO, "
        "YMD'; SET IntervalStyle = 'postgres'; "
        // A role's or database's default would end even the migrations.
        "SET default_transaction_read_only = off");
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result Connection::query(std::string_view sql, const std::vector<Param>& params) {
    PGconn* raw = state_->raw();
    const PgParams given(params);
    const ResultPtr result(PQexecParams(raw, std::string(sql).c_str(),
                                        static_cast<int>(params.size()), nullptr,
                                        given.values.data(), nullptr, nullptr, 0));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(raw, result.get());
    Result out;
    for (int c = 0; c < PQnfields(result.get()); ++c)
        out.columns_.emplace_back(PQfname(result.get(), c));
    for (int r = 0; r < PQntuples(result.get()); ++r) {
        std::vector<Param> row;
        for (int c = 0; c < PQnfields(result.get()); ++c)
            row.push_back(PQgetisnull(result.get(), r, c) != 0
                              ? Param()
                              : Param(std::string(
                                    PQgetvalue(result.get(), r, c),
                                    static_cast<std::size_t>(PQgetlength(result.get(), r, c)))));
        out.rows_.push_back(std::move(row));
    }
    const std::string affected = PQcmdTuples(result.get());
    if (!affected.empty()) out.affected_ = std::stoll(affected);
    return out;
}

std::string Connection::value(std::string_view sql, const std::vector<Param>& params) {
    const Result result = query(sql, params);
    if (result.rows() != 1)
        throw Error(Kind::unexpected, "expected one row, got " + std::to_string(result.rows()) +
                                          " from: " + std::string(sql.substr(0, 200)));
    return result.text(0, 0);
}

void Connection::execute(std::string_view sql) {
    PGconn* raw = state_->raw();
    const ResultPtr result(PQexec(raw, std::string(sql).c_str()));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        fail(raw, result.get());
}

void Connection::query_binary(std::string_view sql, std::string_view binary,
                              const std::vector<Param>& params) {
    PGconn* raw = state_->raw();
    std::vector<const char*> values = {binary.data()};
    std::vector<int> lengths = {static_cast<int>(binary.size())}, formats = {1};
    for (const Param& param : params) {
        values.push_back(param ? param->c_str() : nullptr);
        lengths.push_back(0);
        formats.push_back(0);
    }
    const ResultPtr result(PQexecParams(raw, std::string(sql).c_str(),
                                        static_cast<int>(values.size()), nullptr, values.data(),
                                        lengths.data(), formats.data(), 0));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(raw, result.get());
}

std::optional<std::string> Connection::bytes(std::string_view sql,
                                             const std::vector<Param>& params) {
    PGconn* raw = state_->raw();
    const PgParams given(params);
    const ResultPtr result(PQexecParams(raw, std::string(sql).c_str(),
                                        static_cast<int>(params.size()), nullptr,
                                        given.values.data(), nullptr, nullptr, 1));
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) fail(raw, result.get());
    if (PQntuples(result.get()) == 0) return std::nullopt;
    return std::string(PQgetvalue(result.get(), 0, 0),
                       static_cast<std::size_t>(PQgetlength(result.get(), 0, 0)));
}

namespace {

// One line of COPY text into fields; `line` is decoded in place.
void split_copy(std::string& line, std::vector<std::optional<std::string_view>>& fields) {
    fields.clear();
    std::size_t write = 0, from = 0;
    bool null = false;
    const auto close = [&] {
        if (null)
            fields.emplace_back(std::nullopt);
        else
            fields.emplace_back(std::string_view(line).substr(from, write - from));
        null = false;
    };
    for (std::size_t read = 0; read < line.size(); ++read) {
        const char c = line[read];
        if (c == '\t' || c == '\n') {
            close();
            from = write;
        } else if (c == '\\' && read + 1 < line.size()) {
            const char next = line[++read];
            if (next == 'N')
                null = true;
            else
                line[write++] = next == 'n'   ? '\n'
                                : next == 't' ? '\t'
                                : next == 'r' ? '\r'
                                : next == 'b' ? '\b'
                                : next == 'f' ? '\f'
                                : next == 'v' ? '\v'
                                              : next;
        } else {
            line[write++] = c;
        }
    }
}

}  // namespace

void Connection::stream(
    std::string_view select,
    const std::function<void(const std::vector<std::optional<std::string_view>>&)>& row) {
    PGconn* raw = state_->raw();
    {
        const ResultPtr result(
            PQexec(raw, ("COPY (" + std::string(select) + ") TO STDOUT").c_str()));
        if (PQresultStatus(result.get()) != PGRES_COPY_OUT) fail(raw, result.get());
    }
    std::vector<std::optional<std::string_view>> fields;
    std::string line;
    char* buffer = nullptr;
    int length = 0;
    while ((length = PQgetCopyData(raw, &buffer, 0)) > 0) {
        line.assign(buffer, static_cast<std::size_t>(length));
        PQfreemem(buffer);
        split_copy(line, fields);
        row(fields);
    }
    while (const ResultPtr result{PQgetResult(raw)})
        if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail(raw, result.get());
}

int Connection::server_version() const { return PQserverVersion(state_->raw()); }
bool Connection::in_transaction() const {
    return PQtransactionStatus(state_->raw()) != PQTRANS_IDLE;
}
bool Connection::broken() const { return PQstatus(state_->raw()) != CONNECTION_OK; }

void Connection::cancel() noexcept {
    char error[256];
    if (PGcancel* cancel = PQgetCancel(state_->raw())) {
        PQcancel(cancel, error, sizeof error);
        PQfreeCancel(cancel);
    }
}

Transaction::Transaction(Connection& connection, std::string_view isolation)
    : connection_(connection) {
    connection_.execute(isolation.empty() ? std::string("BEGIN")
                                          : "BEGIN ISOLATION LEVEL " + std::string(isolation));
}

Transaction::~Transaction() {
    if (done_) return;
    try {
        connection_.execute("ROLLBACK");
    } catch (const Error&) {  // a connection that cannot even roll back is not used again: the
                              // server does it when it closes
        connection_.state().session.disconnect();
    }
}

void Transaction::commit() {
    connection_.execute("COMMIT");
    done_ = true;
}

CopyIn::CopyIn(Connection& connection, const std::string& sql) : connection_(connection) {
    PGconn* raw = connection_.state().raw();
    const ResultPtr result(PQexec(raw, sql.c_str()));
    if (PQresultStatus(result.get()) != PGRES_COPY_IN) fail(raw, result.get());
    buffer_.reserve(kCopyPiece + kCopyPiece / 4);
}

CopyIn::~CopyIn() {
    if (!open_) return;
    PGconn* raw = connection_.state().raw();
    PQputCopyEnd(raw, "abandoned by gcmirror");
    while (const ResultPtr result{PQgetResult(raw)}) {
    }
}

void CopyIn::write(std::string_view lines) {
    buffer_.append(lines);
    if (buffer_.size() < kCopyPiece) return;
    PGconn* raw = connection_.state().raw();
    if (PQputCopyData(raw, buffer_.data(), static_cast<int>(buffer_.size())) != 1)
        fail(raw, nullptr);
    buffer_.clear();
}

std::int64_t CopyIn::finish() {
    PGconn* raw = connection_.state().raw();
    open_ = false;
    if ((!buffer_.empty() &&
         PQputCopyData(raw, buffer_.data(), static_cast<int>(buffer_.size())) != 1) ||
        PQputCopyEnd(raw, nullptr) != 1)
        fail(raw, nullptr);
    std::int64_t rows = 0;
    ResultPtr failed;
    while (ResultPtr result{
        PQgetResult(raw)}) {  // drained to the end, or the session stays in COPY state
        if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
            failed = std::move(result);
        else
            rows = std::stoll(PQcmdTuples(result.get()));
    }
    if (failed) fail(raw, failed.get());
    return rows;
}

const std::string& last_sqlstate() { return sqlstate_of_last_error; }

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

bool try_lock(Connection& connection, std::string_view name) {
    return connection
        .query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", {std::string(name)})
        .flag(0, 0);
}

}  // namespace etl::pg
