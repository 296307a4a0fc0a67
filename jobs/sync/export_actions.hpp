// What a person may do with an export that is not in the tables: see it, give it up, try it again.
#pragma once

#include <cstdint>

#include "jobs/output/context.hpp"

namespace jobs {

// Exports that are open, or were refused while their body is kept.
int run_export_list(Context& context);
// An open or received export is given up: it is neither polled nor loaded any more.
int run_export_drop(Context& context, std::int64_t id);
// A refused or dropped export is taken up by the next sync: its kept body is loaded, or its id is
// polled again. Neither sends anything.
int run_export_retry(Context& context, std::int64_t id);

}  // namespace jobs
