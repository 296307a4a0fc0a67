// The service's loop: runs the sync by its schedule, night after night, and writes down what became
// of each expected run.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <ostream>
#include <stop_token>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "jobs/serve/controls.hpp"

namespace jobs {

struct Serving {
    etl::Config config;
    std::function<etl::Config()> reload;  // reads the configuration anew; may throw Error{usage}
    // One sync; exit code of design.md, may throw Error.
    std::function<int(const etl::Config&, std::stop_token)> sync;
    // How often the lock, the database and SIGHUP are looked at.
    etl::Duration tick = std::chrono::minutes{1};
    std::shared_ptr<Controls> controls = std::make_shared<Controls>();
    // What the service does, a sentence; empty: a line on `err`.
    std::function<void(const std::string&)> log_event;
    // After each good whole sync: what changed of the segments becomes plans. False: another push
    // is at work, so that it is tried again at the next tick. May be empty.
    std::function<bool(const etl::Config&)> segments;
    // Alerts, after each run and each tick; may be empty.
    std::function<void(const etl::Config&, etl::Instant, bool run_succeeded)> notify;
};
// Serves until stop. One instance leads, by a lock that dies with its connection; others wait for
// it. A lost database is waited out; a configuration that cannot be read leaves the old one. A run
// that was under way when the service died is taken up again.
void serve(Serving serving, etl::Clock& clock, std::ostream& err, std::stop_token stop);

// Set by SIGHUP, taken by serve.
[[nodiscard]] std::atomic<bool>& reload_requested();

}  // namespace jobs
