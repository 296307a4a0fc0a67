// The command line: one table of commands feeds parser and help.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace jobs {

// Runs one command and returns its exit code. Results on `out`, everything else on `err`; errors
// are printed with their hint. Results that could not be written whole are an error. Settings come
// from `environment`, never from the process's own. `watch_signals`: see Context.
int run_command_line(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment, std::ostream& out,
                     std::ostream& err, bool terminal, std::stop_token stop,
                     std::function<void()> watch_signals = {});

}  // namespace jobs
