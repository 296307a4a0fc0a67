// How long received bodies and earlier versions of rows stay: [keep]. Tables and certificates are
// not touched.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

// Drops the bodies that are older than keep.bodies or belong to none of the newest keep.runs
// loading runs; one that is not loaded yet always stays. Returns how many went. Replay then reaches
// back to the oldest body that is left.
std::int64_t drop_old_bodies(etl::pg::Connection& connection, const etl::Config::Keep& keep);

// Who drops, when, and for how long steps may begin; what is left over waits for the next night. A
// stop cancels the step at work: Error{database}.
struct Dropping {
    std::int64_t run_id;
    etl::Instant now;
    etl::Duration at_most = std::chrono::minutes{1};
    std::stop_token stop = {};
};
// Drops the earlier versions that ended longer than keep.history ago and those that
// keep.history_versions newer ones follow. Never the first state of a row, nor what a replay of the
// kept bodies or a rollback of their runs needs. Each step is its own transaction together with its
// line in journal.history_dropped, by which history knows what it no longer holds. Returns how many
// went.
std::int64_t drop_old_versions(etl::pg::Connection& connection, const etl::Config::Keep& keep,
                               const Dropping& dropping);
// Error{usage} when versions that the run ended, or a later one, are dropped: the tables cannot be
// taken back to before it.
void require_versions(etl::pg::Connection& connection, const std::string& run);

}  // namespace jobs
