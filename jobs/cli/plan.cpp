#include "jobs/cli/plan.hpp"

#include <fmt/format.h>

#include <ostream>

#include "etl/database.hpp"
#include "etl/journal_pg.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {

int run_plan(Context& context, const QueryOptions& options) {
    etl::pg::Connection connection = etl::open_database(context.config, "plan");
    const auto journal = etl::pg_journal(connection, etl::rules_of(context.config));
    const etl::Zone zone(context.config.getcourse.time_zone);
    const auto day_of = [&](etl::Instant t) { return zone.today(t); };
    const std::vector<PlannedQuery> planned =
        planned_queries(connection, context.config, day_of, zone.today(journal->now()), options);
    const Plan plan = plan_of(*journal, context.config, planned);
    if (context.json) {
        context.out << plan_json(plan) << '\n';
        return 0;
    }
    for (const PlanLine& line : plan.lines)
        context.out << fmt::format("{}{:>5.1f}  {}  ({})\n", line.dropped ? "  dropped  " : "  ",
                                   line.requests, etl::describe(line.planned.query),
                                   line.planned.why);
    context.out << plan_sentence(plan, context.config) << "\nNothing was sent.\n";
    return 0;
}

}  // namespace jobs
