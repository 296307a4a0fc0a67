// What the mirror's state is: last runs, freshness per table, budget used and free, open exports.
#pragma once

#include "jobs/output/context.hpp"

namespace jobs {

int run_status(Context& context);

}  // namespace jobs
