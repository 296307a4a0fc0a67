// gcmirror push plan.
#include <fmt/core.h>

#include <optional>

#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "jobs/push/allowance.hpp"
#include "jobs/push/no_network.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/plan_making.hpp"
#include "jobs/push/plan_text.hpp"
#include "jobs/push/push.hpp"
#include "jobs/push/undo.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// The query of that name; nullopt for a CSV and for the outbox.
std::optional<PushQuery> named_query(const etl::Config& config, const std::string& name) {
    if (name.empty() || name == "outbox") return std::nullopt;
    return find_push_query(config, name);
}

PushSource read_source(etl::pg::Connection& connection, const etl::Config& config,
                       const PushOptions& options, const std::optional<PushQuery>& query) {
    if (query) return read_query(connection, config, *query);
    if (options.undo != 0) return read_undo(connection, config, options.undo);
    return options.csv.empty() ? read_outbox(connection) : read_csv(options.csv, options.mode);
}

}  // namespace

int run_push_plan(Context& context, const PushOptions& options) {
    const int sources = (options.name.empty() ? 0 : 1) + (options.csv.empty() ? 0 : 1) +
                        (options.undo == 0 ? 0 : 1);
    if (sources == 0) {
        print_push_queries(context);
        return 0;
    }
    if (sources > 1)
        throw Error(Kind::usage, "a plan is made from a query, from --csv or from --undo: from one",
                    "No plan was made.");
    const auto query = named_query(context.config, options.name);
    const std::string who = options.by.empty() ? operating_system_user() : options.by;
    etl::pg::Connection connection = open_locked_outbox(context.config, "push plan");
    const MirrorState state = read_mirror_state(connection, context.config);
    check_fresh(state, context.config, options.stale_ok);
    return without_network([&] {
        PushSource source = read_source(connection, context.config, options, query);
        decide(connection, context.config, options.create_groups, source.rows);
        const PlanFigures figures = count(source.rows);
        const std::int64_t plan =
            keep_plan(connection, context.config, source, figures, state, who);
        if (context.json)
            print_plan_json(context, source, figures, plan, state);
        else
            print_plan(context, source, figures, plan,
                       created_this_month(connection, context.config), state);
        return figures.refused > 0 ? etl::exit_code(Kind::rejects) : 0;
    });
}

}  // namespace jobs
