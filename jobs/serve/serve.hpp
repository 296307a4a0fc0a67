// gcmirror serve: the service, its dashboard and its alerts put together; a Poco ServerApplication.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "jobs/output/context.hpp"

namespace jobs {

struct ServeOptions {
    bool daemon = false;             // leave the terminal
    bool now = false;                // a sync at once, before the schedule's next
    bool write_key_given = false;    // in the environment: refused where plans are approved here
    std::string pid_file, log_file;  // with it: where its number and its log go; may be empty
};

// Schedule, dashboard and alerts until context.stop. `reload` reads the configuration anew.
int run_serve(Context& context, const ServeOptions& options, std::function<etl::Config()> reload);

// Whether SIGHUP means reload: only while serving.
[[nodiscard]] std::atomic<bool>& takes_reload();

}  // namespace jobs
