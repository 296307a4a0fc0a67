#include "etl/pg_state.hpp"

namespace etl::pg {

namespace {

constexpr std::size_t kCopyPiece = 32 * 1024;  // small enough that the server works while the next
                                               // piece is made; larger ones wait in turn

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
    PGconn* raw = state_->ready();
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

CopyIn::CopyIn(Connection& connection, const std::string& sql) : connection_(connection) {
    PGconn* raw = connection_.state().ready();
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
    connection_.state().remember();
    return rows;
}

}  // namespace etl::pg
