// Publishes what was received: all tables of a run appear together, and a body that cannot be
// loaded is set aside without a trace but its reason.
#pragma once

#include <functional>
#include <vector>

#include "jobs/push/outbox.hpp"
#include "jobs/sync/open_load.hpp"

namespace jobs {

struct Published {
    std::vector<etl::Loaded> loaded;
    Settled settled;
};

// Loads every received body that `open` has not loaded yet, and commits. Error{stopped} when asked
// to; a passing fault of the database (deadlock, cancelled statement) is tried once more from the
// kept bodies, and so is whatever fails of what was loaded before. `open` is empty afterwards,
// whatever happens; `alive` is called before each body.
[[nodiscard]] Published publish(const LoadPorts& ports, RunFindings& findings, OpenLoad& open,
                                const std::function<void()>& alive = {});

}  // namespace jobs
