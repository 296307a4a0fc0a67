// The dashboard over HTTP: pages, their JSON, /metrics, /healthz, /readyz. Threads and a read-only
// connection of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "etl/clock.hpp"
#include "etl/config.hpp"

namespace jobs {

// What the dashboard may know and ask of the service; called from its threads.
struct ServiceView {
    std::function<bool()> leading, syncing, alive;  // alive: the service's loop has turned lately
    std::function<etl::Instant()> now;
    std::function<std::string()> ask_sync, ask_stop;  // empty: it will happen; else why not
    std::function<etl::Config()> config;              // as it stands, after reloads
};

class Dashboard {
public:
    // Listens on config.serve_listen. Error{usage}: no address, already taken, or not this
    // machine's and no token.
    Dashboard(const etl::Config& config, const std::string& database_url, ServiceView service);
    ~Dashboard();
    Dashboard(const Dashboard&) = delete;
    Dashboard& operator=(const Dashboard&) = delete;
    [[nodiscard]] std::string address() const;  // "127.0.0.1:8080"; with port 0 the one it got

    struct State;

private:
    std::unique_ptr<State> state_;
};

// Equal, in a time that depends on the lengths alone.
[[nodiscard]] bool equal_in_constant_time(const std::string& a, const std::string& b);

}  // namespace jobs
