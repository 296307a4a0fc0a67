// State machine of one export: resumes or starts, polls, receives. Never loses an id, never polls
// without a reason.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "etl/api.hpp"
#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "etl/journal.hpp"
#include "etl/pacing.hpp"
#include "etl/transport.hpp"

namespace etl {

struct Progress {       // for the progress line and the journal
    std::string doing;  // "deals created_at 2026-09-01..2026-09-07: poll 2 at 03:31:10"
    std::uint64_t bytes = 0;
    int used = 0, limit = 0;  // of the budget, our own requests
};

struct ExportOutcome {
    ExportRow row;  // received, no_file, refused, late or unclear
    Answer last;
};

class ExportRunner {
public:
    ExportRunner(Transport& transport, Journal& journal, Clock& clock, const Config& config,
                 std::function<void(const Progress&)> progress);

    // Drives a new export for `query` to its end. Throws Error{postponed} when a wait would pass
    // `until`, Error{stopped} on stop (the export stays resumable), Error{refused} when a person
    // must act.
    ExportOutcome run(std::int64_t run_id, const ExportQuery& query, double q, Instant until,
                      std::stop_token stop);
    // Goes on with an export left over by an earlier run (started, waiting, late). Same errors.
    ExportOutcome resume(std::int64_t run_id, ExportRow row, double q, Instant until,
                         std::stop_token stop);
    // A list that is answered at once (groups, fields), kept as a body like an export's.
    ExportOutcome list(std::int64_t run_id, const ExportQuery& query, Instant until,
                       std::stop_token stop);

private:
    struct Exchange;
    struct Turn;  // what stays the same while one export is driven
    // One request: waits for its permit, sends, keeps the body of a Ready or Listed answer,
    // journals the answer.
    Exchange exchange(const Turn& turn, ExportRow& row, const Request& request, Asked asked,
                      const std::string& kind, const std::string& why);
    ExportOutcome start(const Turn& turn, ExportRow row, double q);
    ExportOutcome wait_for_file(const Turn& turn, ExportRow row, double q);
    void sleep_until(const Turn& turn, Instant t, const ExportRow& row, const std::string& why);
    ExportOutcome end(ExportRow row, ExportState state, Answer last, const std::string& reason);
    void show(const ExportRow& row, const std::string& doing);
    // What others were seen to use beyond the reserve, as long as it may stand in the window;
    // leaves us one request to probe with.
    [[nodiscard]] int extra_reserve() const;

    Transport& transport_;
    Journal& journal_;
    Clock& clock_;
    const Config& config_;
    std::function<void(const Progress&)> progress_;
    int over_limit_in_a_row_ = 0;
    int foreign_ = 0;  // requests of others that a 903 showed, and until when they may still count
    Instant foreign_until_{};
    int unreached_ = 0;  // attempts to reach the service at all, before anything ever came back;
                         // -1: it was reached
    int used_ = 0;
};

}  // namespace etl
