// gcmirror serve: runs the sync by its schedule, night after night, and writes down what became of each expected run.
#pragma once

#include <atomic>
#include <functional>
#include <ostream>
#include <stop_token>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "jobs/context.hpp"

namespace jobs {

struct Serving {
    etl::Config config;
    std::function<etl::Config()> reload;                                     // reads the configuration anew; may throw Error{usage}
    std::function<int(const etl::Config&, std::stop_token)> sync;            // one sync; exit code of design.md, may throw Error
    etl::Micros tick = std::chrono::minutes{1};                              // how often the lock, the database and SIGHUP are looked at
};
// Serves until stop. One instance leads, by a lock that dies with its connection; others wait for it. A lost database is waited out; a
// configuration that cannot be read leaves the old one. A run that was under way when the service died is taken up again.
void serve(Serving serving, etl::Clock& clock, std::ostream& err, std::stop_token stop);

// Set by SIGHUP, taken by serve.
[[nodiscard]] std::atomic<bool>& reload_requested();
// Whether SIGHUP means reload: only while serving.
[[nodiscard]] std::atomic<bool>& takes_reload();

int run_serve(Context& context, std::function<etl::Config()> reload);

// systemd's notification socket ($NOTIFY_SOCKET): "READY=1", "STOPPING=1", "STATUS=…"; nothing without it.
void notify_systemd(const std::string& state);

}  // namespace jobs
