#include "jobs/cli/option_errors.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "etl/nearest.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// The command that was being read: the innermost word that was understood.
CLI::App& innermost(CLI::App& app) {
    CLI::App* at = &app;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
    return *at;
}

std::string full_name(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name()
                                       : full_name(*app.get_parent()) + " " + app.get_name();
}

// Options of a command and of all around it.
std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
        for (const CLI::Option* option : at->get_options())
            for (const std::string& name : option->get_lnames())
                if (std::find(names.begin(), names.end(), "--" + name) == names.end())
                    names.push_back("--" + name);  // every command has --help
    return names;
}

std::string unexpected(CLI::App& app, const CLI::App& command) {
    const std::vector<std::string> rest = app.remaining(true);
    const std::string word = rest.empty() ? "" : rest.front();
    if (word.rfind('-', 0) == 0)
        return fmt::format("{} has no option \"{}\"; the nearest are {}", full_name(command),
                           word.substr(0, word.find('=')),
                           etl::nearest_text(word, option_names(command)));
    if (!command.get_subcommands([](const CLI::App*) { return true; }).empty()) {
        std::vector<std::string> names;
        for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
            names.push_back(sub->get_name());
        return fmt::format("{} has no command \"{}\"; expected one of {}", full_name(command), word,
                           fmt::join(names, ", "));
    }
    return fmt::format("{} takes no further \"{}\"", full_name(command), word);
}

// "--by: is …" as the parser joins name and words.
std::string joined(const std::string& text) {
    const std::size_t colon = text.find(": ");
    return colon == std::string::npos ? text : text.substr(0, colon) + " " + text.substr(colon + 2);
}

std::string message(CLI::App& app, const CLI::App& command, const CLI::ParseError& error) {
    const std::string words = error.what();
    const bool required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    const bool no_command = required && words.starts_with("A subcommand");
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
        (no_command && !app.remaining(true).empty()))
        return unexpected(app, command);
    if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) return joined(words);
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
        return words.substr(0, words.find(':')) + " needs a value";
    if (required && !no_command)
        return fmt::format("{}: {} is missing", full_name(command),
                           words.substr(0, words.find(" is required")));
    if (no_command) {
        std::vector<std::string> names;
        for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
            names.push_back(sub->get_name());
        return fmt::format("{} needs one of {}", full_name(command), fmt::join(names, ", "));
    }
    return fmt::format("{}: {}", full_name(command), words);
}

}  // namespace

CLI::Validator one_of(const std::vector<std::string>& words) {
    return CLI::Validator(
        [words](std::string& text) {
            if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
            return fmt::format("is \"{}\", expected {}", text, fmt::join(words, ", "));
        },
        fmt::format("{{{}}}", fmt::join(words, ",")));
}

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
    return CLI::Validator(
        [least, most](std::string& text) {
            std::int64_t value = 0;
            const auto end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, value);
            if (read.ec == std::errc() && read.ptr == end && value >= least && value <= most)
                return std::string();
            return fmt::format("is \"{}\", expected a whole number from {}{}", text, least,
                               most == INT64_MAX ? "" : fmt::format(" to {}", most));
        },
        "");
}

CLI::Validator share() {
    return CLI::Validator(
        [](std::string& text) {
            double value = -1;
            const auto end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, value);
            if (read.ec == std::errc() && read.ptr == end && value >= 0 && value <= 1)
                return std::string();
            return fmt::format("is \"{}\", expected a share from 0 to 1", text);
        },
        "");
}

Error option_error(CLI::App& app, const CLI::ParseError& error) {
    const CLI::App& command = innermost(app);
    return Error(Kind::usage, message(app, command, error),
                 full_name(command) + " --help tells what it takes.");
}

}  // namespace jobs
