// Takes runs back: the tables as they stood before them.
#pragma once

#include <cstdint>
#include <string>

#include "etl/pg.hpp"
#include "jobs/output/context.hpp"

namespace jobs {

// Restores mirror and history as they stood before `run_id`; that run and later ones are marked
// rolled_back, their days count as not read.
int run_rollback(Context& context, std::int64_t run_id);

// Takes the tables back to before `run`, and forgets the accounts of the loads that are taken back.
// In the caller's transaction.
void take_back(etl::pg::Connection& connection, const std::string& run);
// Nobody else may sync meanwhile: Error{locked} when somebody does.
void lock_school(etl::pg::Connection& connection);

}  // namespace jobs
