#include "jobs/serve/schedule.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace jobs {

namespace {

constexpr etl::Duration kLongestLookBack = std::chrono::hours{24 * 31};

}  // namespace

DueRuns due_runs(const Cron& cron, const etl::Zone& zone, etl::Instant after, etl::Instant now,
                 etl::Duration catch_up) {
    DueRuns due;
    std::optional<etl::Instant> at = cron.next(std::max(after, now - kLongestLookBack), zone);
    for (; at && *at <= now; at = cron.next(*at, zone)) {
        if (due.run) due.missed.push_back(*due.run);
        due.run = at;
    }
    if (due.run && now - *due.run > catch_up) {
        due.missed.push_back(*due.run);
        due.run.reset();
    }
    return due;
}

etl::Duration jitter_of(std::string_view account, etl::Instant due, etl::Duration most) {
    if (most <= etl::Duration{0}) return etl::Duration{0};
    const std::uint64_t seed = static_cast<std::uint64_t>(due.time_since_epoch().count());
    return etl::Duration{
        static_cast<std::int64_t>(XXH3_64bits_withSeed(account.data(), account.size(), seed) %
                                  static_cast<std::uint64_t>(most.count()))};
}

}  // namespace jobs
