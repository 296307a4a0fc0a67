// The nightly job: asks the service within the budget, then publishes what came in one transaction.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <stop_token>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "etl/journal.hpp"
#include "jobs/sync/export_queries.hpp"

namespace jobs {

struct SyncOptions {
    QueryOptions query;
    bool json = false;      // summary as JSON
    bool terminal = false;  // progress line on stderr
    std::function<std::unique_ptr<etl::Journal>(std::unique_ptr<etl::Journal>)>
        journal;  // stands around the journal; for tests that die at a step
    std::function<void()>
        alive;  // called at each step that ends and while waiting: for a watchdog; may be empty
    std::function<etl::Day(etl::Instant)>
        day_of;  // the account's day of an instant; empty: by its zone. For tests of many nights
};

// Runs one sync and returns the exit code of design.md. Results on `out`, progress on `err`.
// Throws etl::Error before a run exists (configuration, database, lock); afterwards the run's row
// holds what happened.
int run_sync(const etl::Config& config, const SyncOptions& options, std::ostream& out,
             std::ostream& err, std::stop_token stop);

}  // namespace jobs
