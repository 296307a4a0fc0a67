// The command line as data, read from the parser itself: man page and completions are written from
// what --help is written from.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace jobs {

struct OptionWords {
    std::vector<std::string> names;    // "-V", "--version"; empty: a positional
    std::string value;                 // "TEXT", empty: a flag; of a positional its name
    std::vector<std::string> choices;  // words it takes, when it takes no other
    std::string description;
};

struct CommandWords {
    std::vector<std::string> path;  // {"db", "start"}; empty: gcmirror itself
    std::string summary, details;
    std::vector<OptionWords> options;
    std::vector<std::string> commands;  // that stand behind it
};

// All commands, each group before its own; hidden ones are left out.
[[nodiscard]] std::vector<CommandWords> command_tree(const CLI::App& any);

// gcmirror.1 and gcmirror.toml.5, as man reads them.
[[nodiscard]] std::string manual_page(const std::vector<CommandWords>& tree);
[[nodiscard]] std::string configuration_page();
// For shell: bash, zsh or fish.
[[nodiscard]] std::string completion(const std::vector<CommandWords>& tree,
                                     const std::string& shell);

}  // namespace jobs
