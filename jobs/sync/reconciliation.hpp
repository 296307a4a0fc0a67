// The balanced account of a run's loads: rows and money of the bodies against the tables.
#pragma once

#include <cstdint>

#include "jobs/output/context.hpp"

namespace jobs {

// On one screen; `run_id` 0: the newest run that loaded.
int run_reconciliation(Context& context, std::int64_t run_id);

}  // namespace jobs
