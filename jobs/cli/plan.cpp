#include "jobs/cli/plan.hpp"

#include <fmt/format.h>

#include <ostream>

#include "etl/database.hpp"
#include "etl/journal_pg.hpp"
#include "jobs/output/words.hpp"
#include "jobs/serve/schedule_cost.hpp"
#include "jobs/serve/schedule_words.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {

namespace {

// Before the first runs nothing is known, and as many groups as may be are expected.
SchoolKnown known(etl::pg::Connection& connection, etl::Journal& journal,
                  const std::vector<PlannedQuery>& planned) {
    SchoolKnown known;
    known.models = models_of(journal, planned);
    if (!known.models.empty() && known.models.begin()->second.known)
        known.group_exports = usual_group_exports(connection);
    return known;
}

}  // namespace

int run_plan(Context& context, const QueryOptions& options) {
    etl::pg::Connection connection = etl::open_database(context.config, "plan");
    const auto journal = etl::pg_journal(connection, etl::rules_of(context.config));
    const etl::Zone zone(context.config.getcourse.time_zone);
    const auto day_of = [&](etl::Instant t) { return zone.today(t); };
    const std::vector<PlannedQuery> planned =
        planned_queries(connection, context.config, day_of, zone.today(journal->now()), options);
    const double group_exports = options.from || options.to ? 0 : usual_group_exports(connection);
    const Plan plan = plan_of(*journal, context.config, planned, group_exports);
    if (context.json) {
        context.out << plan_json(plan) << '\n';
        return 0;
    }
    const bool russian = context.russian;
    for (const PlanLine& line : plan.lines)
        context.out << fmt::format("{}{:>5.1f}  {}  ({})\n",
                                   !line.dropped ? "  "
                                   : russian     ? "  отброшено  "
                                                 : "  dropped  ",
                                   line.requests,
                                   words::sentence(etl::describe(line.planned.query), russian),
                                   words::sentence(line.planned.why, russian));
    if (plan.group_requests > 0)
        context.out << fmt::format(
            "  {:>5.1f}  {}\n", plan.group_requests,
            russian ? "участники групп  (групп, в которые кто-то вступил, столько же, сколько в "
                      "последних запусках)"
                    : "group_users  (groups that somebody joined, as many as in the last runs)");
    context.out << words::sentence(plan_sentence(plan, context.config), russian) << '\n';
    if (russian)
        context.out << "расписание: " << schedule_words(context.config.schedule_sync, true) << "; "
                    << words::sentence(describe(schedule_cost(context.config,
                                                              known(connection, *journal, planned)),
                                                context.config),
                                       true)
                    << "\nНичего не отправлено.\n";
    else
        context.out << schedule_sentence(context.config, known(connection, *journal, planned))
                    << "\nNothing was sent.\n";
    return 0;
}

}  // namespace jobs
