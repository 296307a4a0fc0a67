// From kept bodies to tables, at zero requests.
#pragma once

#include <string>

#include "jobs/output/context.hpp"

namespace jobs {

// Rebuilds mirror and history from the bodies of all runs since `since` (YYYY-MM-DD; empty: from
// the first), in one transaction.
int run_replay(Context& context, const std::string& since);

}  // namespace jobs
