// The port to the journal: runs, requests (written before sending), exports, bodies. Each call is
// committed when it returns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "etl/api.hpp"
#include "etl/clock.hpp"
#include "etl/pacing.hpp"

namespace etl {

enum class ExportState {
    intended,
    started,
    waiting,
    received,
    loaded,
    refused,
    unclear,
    late,
    no_file,
    rolled_back
};
[[nodiscard]] std::string_view name_of(ExportState state);
[[nodiscard]] std::optional<ExportState> export_state(std::string_view name);

struct ExportRow {
    std::int64_t id = 0;  // ours
    std::int64_t run_id = 0;
    ExportQuery query;
    ExportState state = ExportState::intended;
    std::string service_id;  // theirs, as text
    Instant intended_at{};
    std::optional<Instant>
        started_at;  // the start's answer was read: the data are as of this moment or later
    std::optional<Instant> received_at;
    Duration not_ready{0};  // since the start: last poll without a file
    int polls = 0;
    bool repeated = false;  // the service gave an id that an earlier export had: started_at is its
    std::optional<Instant> repeated_at;  // … and this is when it gave it again
    std::int64_t body_id = 0;
    std::uint64_t rows = 0;
    std::vector<std::string> headings;
    std::string reason;  // why refused, unclear, late
};

struct RequestIntent {
    std::int64_t run_id = 0;
    std::int64_t export_id = 0;  // 0: belongs to none
    std::string kind;            // start, poll, groups, fields, probe, import
    std::string what;            // describe(request): without the key
    std::string why;             // for `explain`
    bool counts = true;          // against the 100 (imports do not: getcourse-api.md 5)
};

// Answer of before_send: either the request's row exists and it may leave now, or nothing was
// written.
struct Permit {
    std::int64_t request_id = 0;  // 0: not now
    SendDecision decision;
    Instant now{};
};

struct Answered {
    std::string answer;  // name_of(answer)
    int http_status = 0;
    int code = 0;
    std::string message;  // the service's words, redacted, at most 1000 bytes
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    std::string date;  // the service's Date header
    bool sent = true;  // false: it provably never left, and does not count against the limit
};

// Keeps a body while it is being received; nothing of it counts until commit.
class BodyWriter {
public:
    virtual ~BodyWriter() = default;
    virtual void write(std::string_view gzip_piece) = 0;  // compressed bytes, any size
    // The body, its export's state `received` and the request's answer in one step. Returns the
    // body's id.
    virtual std::int64_t commit(const ExportRow& row, std::int64_t request_id,
                                const Answered& answered, std::uint64_t plain_bytes) = 0;
};

class Journal {
public:
    Journal() = default;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    virtual ~Journal() = default;

    [[nodiscard]] virtual Instant now() = 0;  // the journal's clock

    [[nodiscard]] virtual std::int64_t begin_run(const std::string& job,
                                                 const std::string& plan_json) = 0;
    virtual void finish_run(std::int64_t run_id, const std::string& state, int exit_code,
                            const std::string& reason) = 0;

    // One atomic step over all processes of the school: looks at the ledger, and if the rule allows
    // writes the request. `extra_reserve` is what foreign use made us leave on top of the
    // configured reserve.
    [[nodiscard]] virtual Permit before_send(const RequestIntent& intent, int extra_reserve) = 0;
    virtual void after_answer(std::int64_t request_id, const Answered& answered) = 0;
    // Requests that count, of the last two windows, in the order of sending.
    [[nodiscard]] virtual std::vector<Spent> ledger() = 0;
    // What may be sent now, by everything the journal knows; writes nothing.
    [[nodiscard]] virtual SendDecision free_now() = 0;
    // How often the polls of an export were answered so, in all runs: by name_of(answer).
    [[nodiscard]] virtual std::map<std::string, int> poll_answers(std::int64_t export_id) = 0;

    [[nodiscard]] virtual std::int64_t intend(std::int64_t run_id, const ExportQuery& query) = 0;
    virtual void save(const ExportRow& row) = 0;  // state, service_id, times, polls, reason
    // before the answer's own row: id and state `started` with the request's answer in one step
    virtual void started(const ExportRow& row, std::int64_t request_id,
                         const Answered& answered) = 0;
    [[nodiscard]] virtual std::vector<ExportRow> exports(
        const std::vector<ExportState>& states) = 0;  // oldest first
    [[nodiscard]] virtual ExportRow export_row(std::int64_t id) = 0;
    // Our export that had this service id before, if any (repeated export, getcourse-api.md 3.2).
    [[nodiscard]] virtual std::optional<std::int64_t> export_with_service_id(
        const std::string& service_id) = 0;
    [[nodiscard]] virtual std::vector<BuildTime> build_times(const std::string& resource,
                                                             int most) = 0;  // newest last

    [[nodiscard]] virtual std::unique_ptr<BodyWriter> body_writer(std::int64_t export_id) = 0;
    // Reads a kept body, compressed, piece by piece. Error{database} when size or hash do not
    // agree.
    virtual void read_body(std::int64_t body_id,
                           const std::function<void(std::string_view)>& gzip_piece) = 0;
};

// The whole kept body, uncompressed: for lists, which are small.
[[nodiscard]] std::string kept_body(Journal& journal, std::int64_t body_id);

// What an answer kept under this name says of everybody's budget.
[[nodiscard]] Spent::Said said_by(std::string_view answer);

}  // namespace etl
