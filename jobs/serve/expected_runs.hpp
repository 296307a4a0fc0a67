// Rows of journal.expected_run: what the schedule asked for and what became of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etl/clock.hpp"
#include "etl/pg.hpp"

namespace jobs::expected_runs {

// done, amber, postponed, failed, skipped, stopped: of a sync's exit code.
[[nodiscard]] std::string state_of(int exit_code);

// Up to here everything expected of the job has become something; `now` when there is nothing yet:
// the schedule begins now.
[[nodiscard]] etl::Instant handled_until(etl::pg::Connection& connection, const std::string& job,
                                         etl::Instant now);
void record_died(etl::pg::Connection& connection);  // all that were under way
void record_missed(etl::pg::Connection& connection, const std::string& job, etl::Instant due,
                   const std::string& reason);
void record_started(etl::pg::Connection& connection, const std::string& job, etl::Instant due);
void record_ended(etl::pg::Connection& connection, const std::string& job, etl::Instant due,
                  const std::string& state, const std::string& reason);
void record_skipped(etl::pg::Connection& connection, const std::string& job, etl::Instant due,
                    const std::string& reason);
// Whether a run of the job that began at `since` or later has read everything it meant to.
[[nodiscard]] bool succeeded_since(etl::pg::Connection& connection, const std::string& job,
                                   etl::Instant since);
// The next run of the job; what was expected otherwise no longer is. nullopt: none.
void expect(etl::pg::Connection& connection, const std::string& job,
            std::optional<etl::Instant> next);
// What jobs that are no longer scheduled expected.
void forget_others(etl::pg::Connection& connection, const std::vector<std::string>& jobs);

}  // namespace jobs::expected_runs
