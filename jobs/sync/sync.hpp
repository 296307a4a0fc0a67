// The nightly job: asks the service within the budget, then publishes what came in one transaction.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <stop_token>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "etl/journal.hpp"
#include "etl/transport.hpp"
#include "jobs/sync/export_queries.hpp"
#include "jobs/sync/load_ahead.hpp"

namespace jobs {

struct SyncOptions {
    QueryOptions query;
    bool terminal = false;        // progress line on stderr
    bool russian = false;         // what it says to people; journal and log stay English
    std::function<void()> alive;  // at each step that ends and while waiting; may be empty
    // The account's day of an instant; empty: by its zone. For tests of many nights.
    std::function<etl::Day(etl::Instant)> day_of;
    // While it waits for an export, a run loads the bodies that came; nullopt: all at its end.
    std::optional<LoadAhead::Limits> ahead = LoadAhead::Limits();
    // What stands around the journal, and in place of wire and clock; empty: the real ones.
    std::function<std::unique_ptr<etl::Journal>(std::unique_ptr<etl::Journal>)> journal;
    std::function<std::unique_ptr<etl::Transport>()> transport;
    std::function<std::unique_ptr<etl::Clock>()> clock;
};

// Runs one sync and returns the exit code of design.md. Results on `out`, progress on `err`.
// Throws etl::Error before a run exists (configuration, database, lock); afterwards the run's row
// holds what happened.
int run_sync(const etl::Config& config, const SyncOptions& options, std::ostream& out,
             std::ostream& err, std::stop_token stop);

}  // namespace jobs
