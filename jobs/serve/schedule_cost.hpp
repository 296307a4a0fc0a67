// What the schedules cost: the greatest number of runs within any window of the budget, times what
// a run asks. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "jobs/serve/cron.hpp"
#include "jobs/sync/group_queries.hpp"

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

// Requests of one run: the cheapest there is (no sweep, no group by itself, polls as rare as they
// get), and the one of a usual night.
struct RunCost {
    double cheapest = 0, expected = 0;
};
// What is known of the school; with nothing known, a run is expected to read as many groups one by
// one as it may.
struct SchoolKnown {
    std::map<std::string, etl::BuildModel> models = {};
    double group_exports = kMovedGroups;
};
[[nodiscard]] RunCost cost_of_run(const etl::Config& config,
                                  const std::vector<std::string>& resources,
                                  const SchoolKnown& known = {});

// The dearest window of the schedules together.
struct ScheduleCost {
    int runs = 0;
    double cheapest = 0, expected = 0;
    int allowed = 0;  // limit less reserve
};
[[nodiscard]] ScheduleCost schedule_cost(const etl::Config& config, const SchoolKnown& known = {});
// "12 runs within 2h: at least 172 requests, about 456 expected; 90 allowed"
[[nodiscard]] std::string describe(const ScheduleCost& cost, const etl::Config& config);

// "schedule sync "30 3 * * *" and deals "*/30 9-21 * * *": 4 runs within 2h: at least 26 requests,
// about 31 expected; 90 allowed: all fit together"
[[nodiscard]] std::string schedule_sentence(const etl::Config& config, const SchoolKnown& known);

// Error{usage} with the figures when the schedules cannot fit into the budget, however rarely is
// polled, and one that would; also when an expression cannot be read or never fires.
void check_schedule(const etl::Config& config);

}  // namespace jobs
