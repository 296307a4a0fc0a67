// What the shells complete: commands, options, and words where only some are taken.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "jobs/cli/command_tree.hpp"

namespace jobs {
namespace {

using Words = std::vector<std::string>;

std::string path_of(const CommandWords& command) {
    return fmt::format("{}", fmt::join(command.path, " "));
}

// What may stand next: commands behind it, options, and what its positionals choose from.
Words next_words(const CommandWords& command, const CommandWords& root) {
    Words words = command.commands;
    std::vector<const CommandWords*> sources = {&command};
    if (!command.path.empty()) sources.push_back(&root);
    for (const CommandWords* from : sources)
        for (const OptionWords& option : from->options) {
            if (option.names.empty())
                words.insert(words.end(), option.choices.begin(), option.choices.end());
            else if (from == &command || option.names.back() != "--help")
                words.push_back(option.names.back());
        }
    return words;
}

// For a word in single quotes of a shell.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string bash(const std::vector<CommandWords>& tree) {
    std::string nodes, choices, next;
    for (const CommandWords& command : tree) {
        if (!command.path.empty()) nodes += (nodes.empty() ? "" : "|") + quoted(path_of(command));
        for (const OptionWords& option : command.options)
            if (!option.names.empty() && !option.choices.empty())
                choices += fmt::format("        {}) words={} ;;\n",
                                       quoted(path_of(command) + ":" + option.names.back()),
                                       quoted(fmt::format("{}", fmt::join(option.choices, " "))));
        next +=
            fmt::format("        {}) words={} ;;\n", quoted(path_of(command)),
                        quoted(fmt::format("{}", fmt::join(next_words(command, tree[0]), " "))));
    }
    return fmt::format(
        "# bash completion of gcmirror; made by gcmirror completion bash\n"
        "_gcmirror() {{\n"
        "    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
        "    local path='' word words=''\n"
        "    for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
        "        case \"${{path:+$path }}$word\" in\n"
        "        {0}) path=\"${{path:+$path }}$word\" ;;\n"
        "        esac\n"
        "    done\n"
        "    case \"$path:$before\" in\n"
        "        *:--config|*:--out|*:--csv|*:--log) compopt -o default; COMPREPLY=(); return ;;\n"
        "{1}"
        "    esac\n"
        "    [ -n \"$words\" ] || case \"$path\" in\n"
        "{2}"
        "    esac\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
        "}}\n"
        "complete -F _gcmirror gcmirror\n",
        nodes, choices, next);
}

// zsh runs the same function through its bash layer, so that both know the same.
std::string zsh(const std::vector<CommandWords>& tree) {
    return "#compdef gcmirror\nautoload -Uz bashcompinit && bashcompinit\n" + bash(tree);
}

std::string fish(const std::vector<CommandWords>& tree) {
    std::string out =
        "# fish completion of gcmirror; made by gcmirror completion fish\n"
        "complete -c gcmirror -f\n";
    const auto add = [&](const std::string& when, const std::string& what,
                         const std::string& description) {
        out += fmt::format("complete -c gcmirror{} {} -d {}\n",
                           when.empty() ? "" : " -n " + quoted(when), what, quoted(description));
    };
    for (const CommandWords& command : tree) {
        std::string when;
        for (const std::string& word : command.path)
            when +=
                (when.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") + word;
        const std::string here = command.path.empty() ? "__fish_use_subcommand"
                                 : command.commands.empty()
                                     ? when
                                     : when + "; and not __fish_seen_subcommand_from " +
                                           fmt::format("{}", fmt::join(command.commands, " "));
        for (const CommandWords& below : tree)
            if (below.path.size() == command.path.size() + 1 &&
                std::equal(command.path.begin(), command.path.end(), below.path.begin()))
                add(here, "-a " + below.path.back(), below.summary);
        for (const OptionWords& option : command.options) {
            const std::string all = fmt::format("{}", fmt::join(option.choices, " "));
            if (option.names.empty()) {
                if (!all.empty()) add(when, "-a " + quoted(all), option.description);
                continue;
            }
            std::string what = "-l " + option.names.back().substr(2);
            if (!all.empty())
                what += " -x -a " + quoted(all);
            else if (!option.value.empty())
                what += " -r";
            add(when, what, option.description);
        }
    }
    return out;
}

}  // namespace

std::string completion(const std::vector<CommandWords>& tree, const std::string& shell) {
    if (shell == "bash") return bash(tree);
    return shell == "zsh" ? zsh(tree) : fish(tree);
}

}  // namespace jobs
