// State machine of one export: resumes or starts, polls, receives. Never loses an id, never polls
// without a reason.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "etl/api.hpp"
#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "etl/export_verdict.hpp"
#include "etl/journal.hpp"
#include "etl/pacing.hpp"
#include "etl/transport.hpp"
#include "etl/value.hpp"

namespace etl {

struct Progress {       // for the progress line and the journal
    std::string doing;  // "deals created_at 2026-09-01..2026-09-07: poll 2 at 03:31:10"
    std::uint64_t bytes = 0;
    int used = 0, limit = 0;  // of the budget, our own requests
};

class Receiver;

struct ExportOutcome {
    ExportRow row;  // received, no_file, refused, late or unclear
    Answer last;
};

class ExportRunner {
public:
    ExportRunner(Transport& transport, Journal& journal, Clock& clock, const Config& config,
                 std::function<void(const Progress&)> progress);

    // Drives a new export for `query` to its end. What the service says of this export ends this
    // export: its outcome has the state and the words. Throws Error{refused} for what concerns the
    // account, Error{postponed} when a wait would pass `until` or the account is held by others,
    // Error{stopped} on stop (the export stays resumable).
    ExportOutcome run(std::int64_t run_id, const ExportQuery& query, double poll_quantile,
                      Instant until, std::stop_token stop);
    // Goes on with an export left over by an earlier run (started, waiting, late). Past its
    // deadline it is polled once. Same errors.
    ExportOutcome resume(std::int64_t run_id, ExportRow row, double poll_quantile, Instant until,
                         std::stop_token stop);
    // A list that is answered at once (groups, fields), kept as a body like an export's. A refusal
    // ends the list, unless the key or the host is wrong.
    ExportOutcome list(std::int64_t run_id, const ExportQuery& query, Instant until,
                       std::stop_token stop);

private:
    struct Exchange;
    struct Turn;  // what stays the same while one export is driven
    struct Polls;
    Permit permit(const Turn& turn, const ExportRow& row, const Request& request,
                  const std::string& kind, const std::string& why);
    // One request: waits for its permit, sends, keeps the body of a Ready or Listed answer,
    // journals the answer.
    Exchange exchange(const Turn& turn, ExportRow& row, const Request& request, Asked asked,
                      const std::string& kind, const std::string& why);
    void keep(const Permit& permit, ExportRow& row, const Answer& answer, const Answered& answered,
              const Envelope& envelope, Receiver& receiver);
    void identify(ExportRow& row, const std::string& service_id);
    void note_limits(const Answer& answer, const ExportRow& row);
    void unreached(const Turn& turn, const ExportRow& row, const std::string& reason);
    ExportOutcome start(const Turn& turn, ExportRow row, double poll_quantile);
    ExportOutcome wait_for_file(const Turn& turn, ExportRow row, double poll_quantile);
    // The poll that `polls` stands at; the outcome when it was the last of this run.
    std::optional<ExportOutcome> poll(const Turn& turn, Polls& polls, ExportRow& row);
    void sleep_until(const Turn& turn, Instant t, const ExportRow& row, const std::string& why);
    ExportOutcome end(ExportRow row, ExportState state, Answer last, const std::string& reason);
    void show(const ExportRow& row, const std::string& doing);

    Transport& transport_;
    Journal& journal_;
    Clock& clock_;
    const Config& config_;
    Zone zone_;
    std::function<void(const Progress&)> progress_;
    std::optional<Instant> over_since_;  // first 903 in a row of this run
    std::optional<Instant> busy_since_;  // first 905 in a row of this run
    int busy_in_row_ = 0;
    int unreached_ = 0;  // attempts to reach the service at all, before anything ever came back;
                         // -1: it was reached
    int used_ = 0;
};

}  // namespace etl
