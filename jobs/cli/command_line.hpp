// The command line: one table of commands feeds parser and help.
#pragma once

#include <functional>
#include <iosfwd>
#include <stop_token>
#include <string>
#include <vector>

namespace jobs {

// Runs one command and returns its exit code. Results on `out`, everything else on `err`; errors
// are printed with their hint. `watch_signals`: see Context.
int run_command_line(const std::vector<std::string>& arguments, std::ostream& out,
                     std::ostream& err, bool terminal, std::stop_token stop,
                     std::function<void()> watch_signals = {});

}  // namespace jobs
