// One look into a school's database: can its numbers be trusted, how were its nights, what is left
// of its budget. Reads only, within a time limit; a database that is down or hangs is named.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "jobs/fleet/schools.hpp"
#include "jobs/serve/health.hpp"

namespace jobs::fleet {

struct Night {
    std::string day, state;
    std::int64_t seconds = 0;
};
struct Seen {
    std::string unreachable;  // why it could not be read; empty: all below was
    etl::Instant at{};        // when it was looked at
    Judgement judgement;
    std::optional<etl::Instant> as_of;  // of the oldest table; nullopt: one was never read
    std::vector<Night> nights;          // by day, at most 14
    std::string run_state, doing;       // of the newest run; doing: while it runs
    std::optional<etl::Instant> run_began;
    int limit = 0, used = 0, free = 0;  // of the budget
};

// Never throws. `most`: for everything together, connecting apart (3 s).
[[nodiscard]] Seen look_at(const School& school, etl::Instant now,
                           std::chrono::milliseconds most = std::chrono::seconds{5});
// All at once, at most `threads` at a time; in the order of `schools`, those with an error unseen.
[[nodiscard]] std::vector<Seen> look_at_all(const std::vector<School>& schools, etl::Instant now,
                                            int threads = 25);

}  // namespace jobs::fleet
