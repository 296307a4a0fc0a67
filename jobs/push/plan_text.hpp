// A plan as people and programs read it.
#pragma once

#include "jobs/output/context.hpp"
#include "jobs/push/plan_making.hpp"

namespace jobs {

// `created`: people and orders made in this month of the allowance.
void print_plan(Context& context, const PushSource& source, const PlanFigures& figures,
                std::int64_t plan, std::int64_t created, const MirrorState& state);
void print_plan_json(Context& context, const PushSource& source, const PlanFigures& figures,
                     std::int64_t plan, const MirrorState& state);
void print_push_queries(Context& context);

}  // namespace jobs
