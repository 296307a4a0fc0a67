// gcmirror serve --fleet put together: the supervisor, the look into the schools, the page, the
// alerts.
#pragma once

#include <string>
#include <vector>

#include "jobs/fleet/decisions.hpp"
#include "jobs/output/context.hpp"

namespace jobs::fleet {

struct FleetOptions {
    std::string schools_dir;             // empty: [fleet] schools
    bool now = false;                    // a sync of every school at once
    std::vector<std::string> arguments;  // of every school's process: --json, --verbose
    Environment environment;             // ours
};

// Until context.stop. Error{usage}: no folder, or the page's address is taken.
int run_fleet(Context& context, const FleetOptions& options);

}  // namespace jobs::fleet
