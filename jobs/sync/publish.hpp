// Publishes what was received: all tables of a run appear together, and a body that cannot be
// loaded is set aside without a trace but its reason.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "etl/load.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/sync/run_findings.hpp"

namespace jobs {

struct PublishPorts {
    const etl::Config& config;
    const etl::Zone& zone;
    etl::pg::Connection& connection;
    etl::Journal& journal;
    std::int64_t run_id;
    std::stop_token stop;
    std::function<void()> alive;
};

struct Published {
    std::vector<etl::Loaded> loaded;
    Settled settled;
};

// Loads every received body. Error{stopped} when asked to; a passing fault of the database
// (deadlock, cancelled statement) is tried once more from the kept bodies.
[[nodiscard]] Published publish(const PublishPorts& ports, RunFindings& findings);

}  // namespace jobs
