// Each request of a run: why it was sent then, and what it brought.
#pragma once

#include <cstdint>

#include "jobs/output/context.hpp"

namespace jobs {

int run_explain(Context& context, std::int64_t run_id);  // 0: the newest run

}  // namespace jobs
