#include "jobs/cli/command_line.hpp"

#include <fmt/ostream.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <sstream>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/nearest.hpp"
#include "jobs/cli/command_table.hpp"
#include "jobs/cli/help.hpp"
#include "jobs/cli/option_errors.hpp"
#include "jobs/output/words.hpp"
#include "jobs/serve/schedule_cost.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr const char* kExitCodes =
    "Exit status: 0 done, 1 unexpected, 2 usage or configuration, 3 done with rejects, 4 postponed "
    "by the budget, 5 the service refused,\n"
    "6 database, 7 another process holds the lock, 8 stopped, resumable.";

// The command that was named, with what runs it.
struct Chosen {
    const Command* command = nullptr;
    Run run;
};

void add_global_options(CLI::App& app, GlobalOptions& global) {
    app.add_option("--config", global.config_file,
                   "configuration file; default: $GCMIRROR_CONFIG, ./gcmirror.toml, "
                   "/etc/gcmirror/gcmirror.toml");
    app.add_flag("--json", global.json, "results and logs as JSON");
    app.add_flag("--verbose", global.verbose, "log everything");
    app.add_option("--lang", global.lang, "language of results, default: as LANG says")
        ->check(one_of({"en", "ru"}));
    app.set_version_flag("-V,--version", version_line());
}

void add_command(CLI::App& parent, const Command& command, const GlobalOptions& global,
                 Chosen& chosen) {
    CLI::App* sub = parent.add_subcommand(command.name, command.summary);
    sub->footer((*command.details == '\0' ? "" : std::string(command.details) + "\n\n") +
                kExitCodes);
    sub->fallthrough();
    if (*command.alias != '\0') sub->alias(command.alias);
    sub->callback([&chosen, &command, run = command.declare(*sub, global)] {
        chosen = {&command, run};
    });
}

void add_commands(CLI::App& app, const GlobalOptions& global, Chosen& chosen) {
    app.require_subcommand(1);
    app.footer(kExitCodes);
    for (const Command& command : commands()) add_command(app, command, global, chosen);
    for (const CommandGroup& group : command_groups()) {
        CLI::App* sub = app.add_subcommand(group.name, group.summary);
        sub->require_subcommand(1);
        sub->fallthrough();
        for (const Command& command : group.commands) add_command(*sub, command, global, chosen);
    }
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const CommandGroup& group : command_groups()) names.emplace_back(group.name);
    for (const Command& command : commands()) names.emplace_back(command.name);
    return names;
}

// The word that should be a command, when it is none; CLI11 would only say that one is missing.
void check_command(const std::vector<std::string>& arguments) {
    const std::vector<std::string> names = command_names();
    const auto is_alias = [](const std::string& word) {
        const auto all = commands();
        return !word.empty() && std::any_of(all.begin(), all.end(), [&](const Command& command) {
            return word == command.alias;
        });
    };
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--config" || arguments[i] == "--lang") {
            ++i;
        } else if (arguments[i].rfind('-', 0) != 0) {
            if (std::find(names.begin(), names.end(), arguments[i]) != names.end() ||
                is_alias(arguments[i]))
                return;
            throw Error(Kind::usage,
                        fmt::format("there is no command \"{}\"; the nearest are {}; expected one "
                                    "of {}",
                                    arguments[i], etl::nearest_text(arguments[i], names),
                                    fmt::join(names, ", ")),
                        "gcmirror --help tells what each does.");
        }
    }
}

// `help X Y` is `X Y --help`; a bare call asks for help, too.
std::vector<std::string> with_help(std::vector<std::string> arguments) {
    if (arguments.empty()) return {"--help"};
    if (arguments.front() != "help") return arguments;
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
    return arguments;
}

// False: help or version was asked for, and is on `out`.
bool parse(CLI::App& app, const std::vector<std::string>& arguments, std::ostream& out,
           std::ostream& err, bool russian) {
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
        return true;
    } catch (const CLI::Success& asked) {
        if (russian) put_help_into_russian(app);
        std::ostringstream help;
        app.exit(asked, help, err);
        out << (russian ? with_russian_heads(help.str()) : help.str());
        return false;
    } catch (const CLI::ParseError& error) {
        throw option_error(app, error);
    }
}

// Whom the folder around a path belongs to, as far as this user can look.
std::string owner_around(std::filesystem::path path) {
    struct stat found {};
    while (stat(path.c_str(), &found) != 0 && path.has_relative_path()) path = path.parent_path();
    const passwd* user = stat(path.c_str(), &found) == 0 ? getpwuid(found.st_uid) : nullptr;
    return user == nullptr ? path.string() : fmt::format("{} of {}", path.string(), user->pw_name);
}

// What went wrong and what to do next, in the reader's language.
void say_error(std::ostream& err, const std::string& what, const std::string& hint, bool russian) {
    err << words::say(russian, "error: {}", etl::log::redacted(what)) << '\n';
    if (!hint.empty()) err << words::say(russian, "hint: {}", etl::log::redacted(hint)) << '\n';
}

int unexpected(std::ostream& err, const char* what, bool russian) {
    say_error(err, what, "This is unexpected; please report it with the lines above.", russian);
    return etl::exit_code(Kind::unexpected);
}

int guarded(std::ostream& err, const bool& russian, const std::function<int()>& act) {
    try {
        return act();
    } catch (const Error& error) {
        say_error(err, error.what(), error.hint(), russian);
        return etl::exit_code(error.kind());
    } catch (const std::filesystem::filesystem_error& error) {
        if (error.code() != std::errc::permission_denied)
            return unexpected(err, error.what(), russian);
        fmt::print(err,
                   "error: {} cannot be entered by this user: it lies in {}\nhint: Go on as that "
                   "user (sudo -u) or as root, or set [database] data_dir to a folder of yours.\n",
                   error.path1().string(), owner_around(error.path1()));
        return etl::exit_code(Kind::usage);
    } catch (const std::exception& error) {
        return unexpected(err, error.what(), russian);
    }
}

// The file that was named; init may name one that it is to write.
std::optional<std::filesystem::path> configuration_file(const GlobalOptions& global,
                                                        const Command& command) {
    const bool to_be_written =
        std::string_view(command.name) == "init" && !std::filesystem::exists(global.config_file);
    if (global.config_file.empty() || to_be_written) return std::nullopt;
    return global.config_file;
}

etl::Config configuration(const GlobalOptions& global, const Command& command) {
    if (!command.needs_config) return {};
    return etl::load_config(configuration_file(global, command), global.environment,
                            command.needs_write_key);
}

// As programs ask for it: the first of LC_ALL, LC_MESSAGES, LANG that is set; JSON is for programs.
bool is_russian(const GlobalOptions& global) {
    if (!global.lang.empty()) return global.lang == "ru";
    if (global.json) return false;
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
        if (const auto found = global.environment.find(name);
            found != global.environment.end() && !found->second.empty())
            return found->second.starts_with("ru");
    return false;
}

bool is_service(const Command& command) {
    const std::string_view name = command.name;
    return name == "serve" || name == "sender" || name == "mcp";
}

int run_command(const GlobalOptions& global, const Chosen& chosen, std::ostream& out,
                std::ostream& err, bool terminal, const std::stop_token& stop,
                std::function<void()> watch_signals) {
    etl::log::set_level(global.verbose ? etl::log::Level::debug : etl::log::Level::warning);
    etl::log::set_json(global.json);
    const Command& command = *chosen.command;
    Context context{configuration(global, command),
                    out,
                    err,
                    terminal,
                    global.json,
                    stop,
                    std::move(watch_signals),
                    is_russian(global)};
    if (!command.needs_write_key)
        unsetenv("GETCOURSE_WRITE_KEY");  // nor does anything that is started from here
    if (command.needs_config && command.needs_schedule) check_schedule(context.config);
    return chosen.run(context);
}

// Half a result must not look like a whole one: a full disk, or a reader that has gone.
int check_written(std::ostream& out, std::ostream& err, int code, bool russian) {
    out.flush();
    if (out.good()) return code;
    say_error(err, "the results could not be written whole",
              "Is the disk full, or has the reader of the pipe gone?", russian);
    return code == 0 || code == etl::exit_code(Kind::rejects) ? etl::exit_code(Kind::unexpected)
                                                              : code;
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment, std::ostream& out,
                     std::ostream& err, bool terminal, std::stop_token stop,
                     std::function<void()> watch_signals) {
    GlobalOptions global;
    global.environment = environment;
    Chosen chosen;
    CLI::App app("gcmirror mirrors a GetCourse school into PostgreSQL.", "gcmirror");
    add_global_options(app, global);
    add_commands(app, global, chosen);
    bool russian = is_russian(global);
    const int code = guarded(err, russian, [&] {
        const std::vector<std::string> words = with_help(arguments);
        GlobalOptions asking = global;  // as far as is known before they are parsed
        asking.lang = lang_among(words);
        asking.json = std::find(words.begin(), words.end(), "--json") != words.end();
        russian = is_russian(asking);
        check_command(words);
        const bool asked = !parse(app, words, out, err, russian);
        // what a service says goes into the machine's log, which stays English
        russian = is_russian(global) && !(chosen.command != nullptr && is_service(*chosen.command));
        if (asked) return 0;
        return run_command(global, chosen, out, err, terminal, stop, std::move(watch_signals));
    });
    return check_written(out, err, code, russian);
}

}  // namespace jobs
