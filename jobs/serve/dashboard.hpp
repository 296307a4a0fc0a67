// The dashboard over HTTP: pages, their JSON, /metrics, /healthz, /readyz. Threads and read-only
// connections of its own.
#pragma once

#include <memory>
#include <string>

#include "etl/config.hpp"
#include "jobs/serve/controls.hpp"

namespace jobs {

class Dashboard {
public:
    // Listens on config.serve_listen. Error{usage}: no address, already taken, or not this
    // machine's and no token.
    Dashboard(const etl::Config& config, const std::string& database_url,
              std::shared_ptr<Controls> controls);
    ~Dashboard();
    Dashboard(const Dashboard&) = delete;
    Dashboard& operator=(const Dashboard&) = delete;
    [[nodiscard]] std::string address() const;  // "127.0.0.1:8080"; with port 0 the one it got

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace jobs
