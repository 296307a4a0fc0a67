// Letting a plan go: by hand, on the dashboard, or by a limit.
#pragma once

#include <cstdint>
#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

struct Approver {
    std::string name;
    enum class Known {
        by_machine,   // the name is as given; behind it stands the user of this machine
        by_password,  // the name is proven
        by_limit      // nobody: [write_back] auto_approve
    } known = Known::by_machine;
    std::string shown = {};  // hash of the plan as they saw it; empty: not known
};
// For the holder of the push lock. Error{usage}: no such plan, not planned, expired, changed since
// or other than shown, a mirror that is too old, or four eyes that are two.
void approve_plan(etl::pg::Connection& connection, const etl::Config& config, std::int64_t plan,
                  const Approver& approver, bool stale_ok);

// "planned", "approved", "done", "cancelled", or "expired". Error{usage}: no such plan.
[[nodiscard]] std::string plan_state(etl::pg::Connection& connection, std::int64_t plan);

}  // namespace jobs
