// The fleet's own page, /metrics with a label school, /healthz.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "etl/config.hpp"
#include "jobs/fleet/watcher.hpp"

namespace jobs::fleet {

class Page {
public:
    // Listens on [fleet] listen, behind the same rules as a school's dashboard: token, hosts and
    // certificate are those of the fleet's [serve]. Error{usage}: no address, or already taken.
    Page(const etl::Config& fleet, const Watcher& watcher);
    ~Page();
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;
    [[nodiscard]] std::string address() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Prometheus' text: gcmirror_fleet_… with a label school. Pure.
[[nodiscard]] std::string fleet_metrics(const std::vector<Row>& rows, etl::Instant now);

}  // namespace jobs::fleet
