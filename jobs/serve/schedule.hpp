// Which scheduled runs are due: pure, over a cron expression in the account's zone.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "jobs/serve/cron.hpp"

namespace jobs {

struct DueRuns {
    std::optional<etl::Instant>
        run;  // the newest moment that is due and not too old to be caught up
    std::vector<etl::Instant> missed;  // older ones, and those too old; at most a month back
};
// Moments of the schedule in (after, now]. Several due ones are one run: a sync brings everything
// since the last.
[[nodiscard]] DueRuns due_runs(const Cron& cron, const etl::Zone& zone, etl::Instant after,
                               etl::Instant now, etl::Duration catch_up);
// A delay below `most`, the same for the same account and moment, spread evenly over accounts.
[[nodiscard]] etl::Duration jitter_of(std::string_view account, etl::Instant due,
                                      etl::Duration most);

}  // namespace jobs
