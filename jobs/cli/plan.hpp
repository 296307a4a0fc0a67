// gcmirror plan: what a sync would ask now, what that costs, whether it fits.
#pragma once

#include "jobs/output/context.hpp"
#include "jobs/sync/export_queries.hpp"

namespace jobs {

int run_plan(Context& context, const QueryOptions& options);  // sends nothing

}  // namespace jobs
