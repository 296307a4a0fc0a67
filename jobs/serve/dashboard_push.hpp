// A plan of write-back on the dashboard: what it would do, letting it go, and how far its sending
// is. The key that may write is never here: gcmirror push sender has it.
#pragma once

#include <cstdint>
#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "jobs/serve/dashboard_access.hpp"

namespace jobs {

// The plan, its changes, whether plans are approved here, who is signed in, the token of actions;
// "null" when there is none of that number.
[[nodiscard]] std::string plan_json(etl::pg::Connection& connection, std::int64_t plan,
                                    const DashboardAccess& access, const HttpCall& call);
// As gcmirror push approve, by who is signed in. HttpRefusal: nobody is, or why it cannot go.
void approve_here(const etl::Config& config, std::int64_t plan, const DashboardAccess& access,
                  const HttpCall& call);

// Error{usage}: plans are approved on the dashboard, and this process was given the key that may
// write, or could read its file.
void refuse_write_key(const etl::Config& config, bool given);

}  // namespace jobs
