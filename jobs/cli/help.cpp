#include "jobs/cli/help.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <sstream>
#include <string_view>
#include <utility>

#include "jobs/output/words.hpp"

namespace jobs {
namespace {

// Details and the exit codes below them are two texts.
std::string footer_in_russian(const std::string& footer) {
    const std::size_t between = footer.rfind("\n\n");
    if (between == std::string::npos) return words::help(footer);
    return words::help(footer.substr(0, between)) + "\n\n" +
           words::help(footer.substr(between + 2));
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kHeads{
    {{"Usage:", "Вызов:"},
     {"Positionals:", "Аргументы:"},
     {"Options:", "Параметры:"},
     {"Subcommands:", "Команды:"}}};

}  // namespace

void put_help_into_russian(CLI::App& app) {
    app.description(words::help(app.get_description()));
    app.footer(footer_in_russian(app.get_footer()));
    for (CLI::Option* option : app.get_options())
        option->description(words::help(option->get_description()));
    for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
        put_help_into_russian(*sub);
}

std::string with_russian_heads(const std::string& help) {
    std::istringstream lines(help);
    std::string out;
    for (std::string line; std::getline(lines, line);) {
        for (const auto& [english, russian] : kHeads)
            if (line.starts_with(english)) line.replace(0, english.size(), russian);
        out += line + '\n';
    }
    return out;
}

std::string lang_among(const std::vector<std::string>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i].starts_with("--lang=")) return arguments[i].substr(7);
        if (arguments[i] == "--lang" && i + 1 < arguments.size()) return arguments[i + 1];
    }
    return "";
}

}  // namespace jobs
