// What the schedules cost: the greatest number of runs within any window of the budget, times what
// a run asks. Pure.
#pragma once

#include <string>
#include <vector>

#include "etl/config.hpp"
#include "jobs/serve/cron.hpp"

namespace jobs {

// A line of [schedule]: "sync" for all of [sync] resources, "sync deals" for one.
struct ScheduledJob {
    std::string name;
    std::string expression;
    Cron cron;
    std::vector<std::string> resources;
};
// Error{usage} naming the key whose expression cannot be read or never fires.
[[nodiscard]] std::vector<ScheduledJob> scheduled_jobs(const etl::Config& config);

// Requests of one run: the cheapest there is (no sweep, polls as rare as they get), and the one of
// a usual night while nothing is known of build times.
struct RunCost {
    double cheapest = 0, expected = 0;
};
[[nodiscard]] RunCost cost_of_run(const etl::Config& config,
                                  const std::vector<std::string>& resources);

// The dearest window of the schedules together.
struct ScheduleCost {
    int runs = 0;
    double cheapest = 0, expected = 0;
    int allowed = 0;  // limit less reserve
};
[[nodiscard]] ScheduleCost schedule_cost(const etl::Config& config);
// "12 runs within 2h: at least 172 requests, about 456 while build times are not known; 90 allowed"
[[nodiscard]] std::string describe(const ScheduleCost& cost, const etl::Config& config);

// Error{usage} with the figures when the schedules cannot fit into the budget, however rarely is
// polled, and one that would; also when an expression cannot be read or never fires.
void check_schedule(const etl::Config& config);

}  // namespace jobs
