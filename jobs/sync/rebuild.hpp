// From kept bodies to tables, at zero requests: replay, and rollback to the state before a run.
#pragma once

#include <cstdint>
#include <string>

#include "jobs/output/context.hpp"

namespace jobs {

// Rebuilds mirror and history from the bodies of all runs since `since` (YYYY-MM-DD; empty: from
// the first), in one transaction.
int run_replay(Context& context, const std::string& since);
// Restores mirror and history as they stood before `run_id`; that run and later ones are marked
// rolled_back, their days count as not read.
int run_rollback(Context& context, std::int64_t run_id);
// The balanced account of a run's loads on one screen; 0: the newest run that loaded.
int run_certificate(Context& context, std::int64_t run_id);

}  // namespace jobs
