// gcmirror serve --fleet: a child process per school, each with its own file and key. One that
// falls is started again alone; files that come, change or go are followed.
#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/fleet/board.hpp"
#include "jobs/fleet/decisions.hpp"

namespace jobs::fleet {

struct SupervisorOptions {
    std::filesystem::path folder;
    HandedDown handed;
    Environment environment;             // ours
    std::string program;                 // own_program()
    std::vector<std::string> arguments;  // of every child, before --config
    bool json = false, now = false;      // now: each school's first start with --now
    std::chrono::milliseconds look_again = std::chrono::minutes{1};    // at the folder
    std::chrono::milliseconds stop_within = std::chrono::seconds{40};  // then SIGKILL
};

// Until `stop`; then all children are stopped, and none is left. SIGHUP (reload_requested) looks at
// the folder at once and is handed to every child. What children say goes to `err`, each line with
// its school.
void supervise(const SupervisorOptions& options, Board& board, std::ostream& err,
               const std::stop_token& stop);

// "[school] line"; a JSON object gets the school as its first member. Pure.
[[nodiscard]] std::string line_of(const std::string& school, const std::string& line, bool json);

}  // namespace jobs::fleet
