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

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// The query of that name; nullopt for a CSV and for the outbox.
std::optional<PushQuery> named_query(const etl::Config& config, const std::string& name) {
    if (name.empty() || name == "outbox") return std::nullopt;
    std::vector<std::string> names = {"outbox"};
    for (PushQuery& known : push_queries(config)) {
        if (known.name == name) return std::move(known);
        names.push_back(known.name);
    }
    throw Error(Kind::usage,
                fmt::format("there is no write-back \"{}\"; the nearest are {}", name,
                            etl::nearest_text(name, names)),
                "gcmirror push plan lists them all.");
}

std::int64_t created_this_month(etl::pg::Connection& connection, const etl::Config& config) {
    const etl::Day today = etl::Zone(config.getcourse.time_zone).today(etl::system_clock()->now());
    return created_in(connection, allowance_period(today, config.write_back.allowance_day)).objects;
}

}  // namespace

int run_push_plan(Context& context, const PushOptions& options) {
    if (options.name.empty() && options.csv.empty()) {
        print_push_queries(context);
        return 0;
    }
    if (!options.name.empty() && !options.csv.empty())
        throw Error(Kind::usage,
                    "a plan is made from \"" + options.name + "\" or from --csv, not from both",
                    "No plan was made.");
    const auto query = named_query(context.config, options.name);
    const std::string who = options.by.empty() ? operating_system_user() : options.by;
    etl::pg::Connection connection = open_locked_outbox(context.config, "push plan");
    return without_network([&] {
        PushSource source = query                 ? read_query(connection, context.config, *query)
                            : options.csv.empty() ? read_outbox(connection)
                                                  : read_csv(options.csv, options.mode);
        decide(connection, context.config, options.create_groups, source.rows);
        const PlanFigures figures = count(source.rows);
        const std::int64_t plan = keep_plan(connection, context.config, source, figures, who);
        if (context.json)
            print_plan_json(context, source, figures, plan);
        else
            print_plan(context, source, figures, plan,
                       created_this_month(connection, context.config));
        return figures.refused > 0 ? etl::exit_code(Kind::rejects) : 0;
    });
}

}  // namespace jobs
