#include "jobs/serve/schedule_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "etl/error.hpp"
#include "jobs/sync/sync_plan.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using std::chrono::days;
using std::chrono::minutes;

// Of an export when polls are placed as late as they ever are.
constexpr double kRarestPolls = 1 / 0.95;
constexpr int kDaysLookedAt = 366;      // a leap year: every day and weekday of cron comes round
const etl::Day kFirstDay{days{19723}};  // 2024-01-01, that leap year
const etl::Day kLongAgo{days{16436}};   // 2015-01-01: a school with a past to sweep

// The queries of a run on a day after everything was read: the evening before, or an hour ago.
std::vector<PlannedQuery> usual_queries(const etl::Config& config,
                                        const std::vector<std::string>& resources,
                                        etl::Day read_on) {
    etl::Config::Sync sync = config.sync;
    sync.begin.reset();
    sync.resources = resources;
    std::vector<Covered> covered;
    for (const std::string& resource : resources)
        covered.push_back({resource, "created_at", std::nullopt, read_on, read_on});
    return export_queries(sync, {covered, kLongAgo}, kFirstDay, {});
}

struct Moment {
    std::int64_t minute = 0;
    std::size_t job = 0;
};

std::vector<Moment> moments_of(const std::vector<ScheduledJob>& jobs) {
    std::vector<Moment> all;
    for (std::size_t job = 0; job < jobs.size(); ++job)
        for (const minutes at : jobs[job].cron.moments(kFirstDay, kDaysLookedAt))
            all.push_back({at.count(), job});
    std::sort(all.begin(), all.end(),
              [](const Moment& a, const Moment& b) { return a.minute < b.minute; });
    return all;
}

ScheduleCost dearest_window(const etl::Config& config, const std::vector<ScheduledJob>& jobs,
                            const SchoolKnown& known) {
    std::vector<RunCost> costs;
    for (const ScheduledJob& job : jobs) costs.push_back(cost_of_run(config, job.resources, known));
    const std::vector<Moment> moments = moments_of(jobs);
    const auto window =
        std::chrono::duration_cast<std::chrono::microseconds>(config.budget.window).count();
    ScheduleCost now, dearest;
    std::size_t first = 0;
    for (const Moment& moment : moments) {
        // A request leaves the window exactly one window after it was sent.
        for (; (moment.minute - moments[first].minute) * 60'000'000 >= window; ++first) {
            --now.runs;
            now.cheapest -= costs[moments[first].job].cheapest;
            now.expected -= costs[moments[first].job].expected;
        }
        ++now.runs;
        now.cheapest += costs[moment.job].cheapest;
        now.expected += costs[moment.job].expected;
        if (now.cheapest > dearest.cheapest) dearest = now;
    }
    dearest.allowed = config.budget.limit - config.budget.reserve;
    return dearest;
}

// A rhythm that fits, from the densest on; empty: not even one run does.
std::string fitting(const etl::Config& config) {
    for (const char* rhythm :
         {"*/5 * * * *", "*/6 * * * *", "*/10 * * * *", "*/12 * * * *", "*/15 * * * *",
          "*/20 * * * *", "*/30 * * * *", "0 * * * *", "0 */2 * * *", "0 */3 * * *", "0 */4 * * *",
          "0 */6 * * *", "0 */8 * * *", "0 */12 * * *", "30 3 * * *"}) {
        const std::vector<ScheduledJob> alone = {
            {"sync", rhythm, Cron(rhythm), config.sync.resources}};
        const ScheduleCost cost = dearest_window(config, alone, {});
        if (cost.cheapest <= cost.allowed) return rhythm;
    }
    return "";
}

ScheduledJob scheduled(const std::string& key, const std::string& name,
                       const std::string& expression, std::vector<std::string> resources,
                       const etl::Zone& zone) {
    ScheduledJob job{name, expression, Cron(expression, key), std::move(resources)};
    if (!job.cron.next(std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}, zone))
        throw Error(Kind::usage,
                    "[schedule] " + key + " is \"" + expression + "\", which never comes",
                    "Use a day that exists, for example 30 3 * * *.");
    return job;
}

std::string names_of(const std::vector<ScheduledJob>& jobs) {
    std::string names;
    for (const ScheduledJob& job : jobs)
        names += fmt::format(
            "{}{} \"{}\"", names.empty() ? "" : " and ",
            job.resources.size() == 1 && job.name != "sync" ? job.resources.front() : "sync",
            job.expression);
    return names;
}

}  // namespace

std::vector<ScheduledJob> scheduled_jobs(const etl::Config& config) {
    const etl::Zone zone(config.getcourse.time_zone);
    std::vector<ScheduledJob> jobs;
    jobs.push_back(scheduled("sync", "sync", config.schedule_sync, config.sync.resources, zone));
    for (const auto& [resource, expression] :
         {std::pair<const char*, const std::string&>{"users", config.schedule_users},
          {"deals", config.schedule_deals},
          {"payments", config.schedule_payments},
          {"groups", config.schedule_groups}})
        if (!expression.empty())
            jobs.push_back(
                scheduled(resource, std::string("sync ") + resource, expression, {resource}, zone));
    return jobs;
}

RunCost cost_of_run(const etl::Config& config, const std::vector<std::string>& resources,
                    const SchoolKnown& known) {
    RunCost cost;
    for (const PlannedQuery& planned : usual_queries(config, resources, kFirstDay))
        cost.cheapest += is_list(planned.query) ? 1 : 1 + kRarestPolls;
    PlanNow now;
    const auto reads = [&](const char* resource) {
        return std::find(resources.begin(), resources.end(), resource) != resources.end();
    };
    if (reads("groups") && reads("users")) now.group_exports = known.group_exports;
    cost.expected = make_plan(usual_queries(config, resources, kFirstDay - days{1}), known.models,
                              config, {}, now)
                        .requests;
    return cost;
}

ScheduleCost schedule_cost(const etl::Config& config, const SchoolKnown& known) {
    return dearest_window(config, scheduled_jobs(config), known);
}

std::string describe(const ScheduleCost& cost, const etl::Config& config) {
    return fmt::format(
        "{} run{} within {}: at least {:.0f} requests, about {:.0f} expected; {} allowed",
        cost.runs, cost.runs == 1 ? "" : "s", etl::format_duration(config.budget.window),
        std::ceil(cost.cheapest), std::ceil(cost.expected), cost.allowed);
}

std::string schedule_sentence(const etl::Config& config, const SchoolKnown& known) {
    const std::vector<ScheduledJob> jobs = scheduled_jobs(config);
    const ScheduleCost cost = dearest_window(config, jobs, known);
    const char* verdict = cost.cheapest > cost.allowed   ? "too much"
                          : cost.expected > cost.allowed ? "fits only where polls are rare; some "
                                                           "runs will wait for the budget"
                          : jobs.size() > 1              ? "all fit together"
                                                         : "fits";
    return fmt::format("schedule {}: {}: {}", names_of(jobs), describe(cost, config), verdict);
}

void check_schedule(const etl::Config& config) {
    const std::vector<ScheduledJob> jobs = scheduled_jobs(config);
    const ScheduleCost cost = dearest_window(config, jobs, {});
    if (cost.cheapest <= cost.allowed) return;
    const std::string schedules = names_of(jobs);
    const std::string rhythm = fitting(config);
    throw Error(
        Kind::usage,
        fmt::format("[schedule] {}: {}{}", schedules, describe(cost, config),
                    rhythm.empty() || jobs.size() > 1 ? std::string()
                                                      : fmt::format("; \"{}\" would fit", rhythm)),
        "Nothing was sent. A run costs the more, the more [sync] resources it reads.");
}

}  // namespace jobs
