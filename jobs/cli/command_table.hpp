// Every command with its words, in the order of the help text.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "jobs/cli/command.hpp"

namespace jobs {

// Commands below a word of their own.
struct CommandGroup {
    const char* name;
    const char* summary;
    std::span<const Command> commands;
};

[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] std::span<const CommandGroup> command_groups();

}  // namespace jobs
