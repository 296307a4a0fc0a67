// gcmirror man and gcmirror completion: the manual and the shells' completions, on stdout.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

#include "etl/config_keys.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/command_tree.hpp"
#include "jobs/cli/option_errors.hpp"

namespace jobs {
namespace {

// Text for roff: a dash stays the dash people type, a dot or apostrophe begins no request.
std::string roff(const std::string& text) {
    std::string out;
    bool line_begins = true;
    for (const char c : text) {
        if (line_begins && (c == '.' || c == '\'')) out += "\\&";
        if (c == '-')
            out += "\\-";
        else if (c == '\\')
            out += "\\e";
        else
            out += c;
        line_begins = c == '\n';
    }
    return out;
}

std::string page_head(const char* name, const char* section, const std::string& summary) {
    return fmt::format(".TH {} {} \"\" \"{}\" \"gcmirror\"\n.SH NAME\n{} \\- {}\n", name, section,
                       version_line(), name, roff(summary));
}

std::string option_entry(const OptionWords& option) {
    std::string names = fmt::format("{}", fmt::join(option.names, ", "));
    if (names.empty())
        names = option.value;
    else if (!option.value.empty())
        names += " " + option.value;
    return fmt::format(".TP\n.B {}\n{}\n", roff(names), roff(option.description));
}

void append_command(std::string& page, const CommandWords& command) {
    page +=
        fmt::format(".SS gcmirror {}\n{}\n", roff(fmt::format("{}", fmt::join(command.path, " "))),
                    roff(command.summary));
    if (!command.details.empty()) page += ".PP\n" + roff(command.details) + "\n";
    for (const OptionWords& option : command.options)
        if (option.names.empty() || option.names.back() != "--help") page += option_entry(option);
}

}  // namespace

std::string manual_page(const std::vector<CommandWords>& tree) {
    std::string page = page_head("gcmirror", "1", "mirrors a GetCourse school into PostgreSQL");
    page += ".SH SYNOPSIS\n.B gcmirror\n[OPTIONS] COMMAND [ARGUMENTS]\n.SH OPTIONS\n";
    for (const OptionWords& option : tree.front().options) page += option_entry(option);
    page += ".SH COMMANDS\n";
    for (const CommandWords& command : tree)
        if (!command.path.empty()) append_command(page, command);
    page +=
        ".SH EXIT STATUS\n0 done, 1 unexpected, 2 usage or configuration, 3 done with rejects, 4 "
        "postponed by the budget, 5 the service refused, 6 database, 7 another process holds the "
        "lock, 8 stopped, resumable.\n.SH FILES\n.TP\n.B ./gcmirror.toml, "
        "/etc/gcmirror/gcmirror.toml\nsettings, see\n.BR gcmirror.toml (5)\n.SH ENVIRONMENT\n.TP\n"
        ".B GETCOURSE_KEY, GETCOURSE_WRITE_KEY\nthe keys of the school\n.TP\n.B "
        "GCMIRROR_SECTION_KEY\nany setting; wins over the file\n.SH SEE ALSO\n.BR gcmirror.toml "
        "(5)\n";
    return page;
}

std::string configuration_page() {
    std::string page = page_head("gcmirror.toml", "5", "settings of gcmirror"), section;
    page +=
        ".SH DESCRIPTION\nThe first of --config, $GCMIRROR_CONFIG, ./gcmirror.toml and "
        "/etc/gcmirror/gcmirror.toml is read. Files and folders named without a leading slash lie "
        "beside it. GCMIRROR_SECTION_KEY in the environment wins over the file.\n";
    const etl::Config defaults;
    for (const etl::Key& key : etl::config_keys()) {
        if (key.section != section) page += fmt::format(".SH [{}]\n", roff(section = key.section));
        page += fmt::format(".TP\n.B {} = {}\n{}\n", roff(key.name), roff(key.show(defaults)),
                            roff(key.comment));
    }
    return page +
           ".SH [headings.TABLE]\n.TP\n.B \"Heading\" = \"column\"\nthe school's own "
           "headings\n.SH SEE ALSO\n.BR gcmirror (1)\n";
}

Run declare_man(CLI::App& app, const GlobalOptions&) {
    auto page = std::make_shared<std::string>("gcmirror");
    app.add_option("page", *page, "gcmirror or gcmirror.toml")
        ->check(one_of({"gcmirror", "gcmirror.toml"}));
    return [page, &app](Context& context) {
        context.out << (*page == "gcmirror" ? manual_page(command_tree(app))
                                            : configuration_page());
        return 0;
    };
}

Run declare_completion(CLI::App& app, const GlobalOptions&) {
    auto shell = std::make_shared<std::string>();
    app.add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(one_of({"bash", "zsh", "fish"}));
    return [shell, &app](Context& context) {
        context.out << completion(command_tree(app), *shell);
        return 0;
    };
}

}  // namespace jobs
