// Reads back what was written or is unclear, from the exports that a sync publishes.
#pragma once

#include <cstdint>
#include <vector>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/push/difference.hpp"

namespace jobs {

struct ChangeVerdict;
struct OutboxChange;

// The verdict that an export's rows give, once one has spoken about the change. Pure.
[[nodiscard]] ChangeVerdict judge(const OutboxChange& change, const std::vector<Shown>& now,
                                  int most_attempts);

struct Settled {
    int confirmed = 0, contradicted = 0, again = 0, unclear = 0, open = 0;
};
// Only where an export that began after the attempt (and settle_after) has read the person's or
// order's day. Part of the transaction that publishes; sends nothing.
Settled settle(etl::pg::Connection& connection, const etl::Config& config, const etl::Zone& zone,
               std::int64_t run_id);

}  // namespace jobs
