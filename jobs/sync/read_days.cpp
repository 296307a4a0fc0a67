#include "jobs/sync/read_days.hpp"

#include <algorithm>
#include <ostream>

#include "etl/database.hpp"
#include "etl/journal_pg.hpp"
#include "jobs/sync/plan_inputs.hpp"
#include "jobs/sync/sync.hpp"

namespace jobs {
namespace {

QueryOptions question(const OpenDays& days) {
    QueryOptions options;
    options.resources = {days.table};
    options.from = days.from;
    options.to = days.to;
    return options;
}

ReadingCost cost_of(const etl::Config& config, const OpenDays& days) {
    etl::require_account(config);
    etl::pg::Connection connection = etl::open_database(config, "cost of reading again");
    const auto journal = etl::pg_journal(connection, etl::rules_of(config));
    const etl::Zone zone(config.getcourse.time_zone);
    const auto day_of = [&zone](etl::Instant t) { return zone.today(t); };
    const Plan plan = plan_of(
        *journal, config,
        planned_queries(connection, config, day_of, day_of(journal->now()), question(days)));
    return {plan.requests, plan.free_now, config.budget.limit};
}

}  // namespace

Reader reader_by_sync(const etl::Config& config, std::ostream& err, const std::stop_token& stop) {
    return {[config](const OpenDays& days) { return cost_of(config, days); },
            [config, &err, stop](const OpenDays& days) {
                etl::Config patient = config;  // nobody waits for hours to begin to send
                patient.sync.deadline =
                    std::min(config.sync.deadline, config.pacing.export_deadline);
                SyncOptions options;
                options.query = question(days);
                std::ostream nowhere(nullptr);
                return run_sync(patient, options, nowhere, err, stop);
            }};
}

}  // namespace jobs
