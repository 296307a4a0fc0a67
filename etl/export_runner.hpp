// State machine of one export: resumes or starts, polls, receives. Never loses an id, never polls without a reason.
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

struct Progress {                  // for the progress line and the journal
    std::string doing;             // "deals created_at 2026-09-01..2026-09-07: waiting, poll 2 at 03:31:10"
    std::uint64_t bytes = 0;
    int used = 0, limit = 0;
};

struct ExportOutcome {
    ExportRow row;                 // received, no_file, refused, late, unclear
    Answer last;
};

class ExportRunner {
public:
    ExportRunner(Transport& transport, Journal& journal, Clock& clock, const Config& config,
                 std::function<void(const Progress&)> progress);

    // Drives one export to its end: a new one for `ask`, or an open one left over (`row`). Throws Error{postponed} when the wait for
    // the budget would pass `until`, Error{stopped} on stop, Error{refused} when a person must act.
    ExportOutcome run(std::int64_t run_id, const Ask& ask, double q, Instant until, std::stop_token stop);
    ExportOutcome resume(std::int64_t run_id, ExportRow row, double q, Instant until, std::stop_token stop);
    // A list that is answered at once (groups, fields), kept as a body like an export's.
    ExportOutcome list(std::int64_t run_id, const Ask& ask, Instant until, std::stop_token stop);

private:
    struct Exchange;
    Exchange send(std::int64_t run_id, ExportRow& row, const Request& request, Asked asked, const std::string& kind,
                  const std::string& why, Instant until, std::stop_token stop);
    ExportOutcome wait_for_file(std::int64_t run_id, ExportRow row, double q, Instant until, std::stop_token stop);

    Transport& transport_;
    Journal& journal_;
    Clock& clock_;
    const Config& config_;
    std::function<void(const Progress&)> progress_;
    int over_limit_in_a_row_ = 0;
};

}  // namespace etl
