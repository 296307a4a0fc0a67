#include "jobs/cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include "jobs/report/report_catalog.hpp"

namespace jobs {
namespace {

// "TEXT:{day,week,month}" as the validator one_of writes it.
std::vector<std::string> choices_of(const std::string& type) {
    const std::size_t open = type.find('{');
    std::vector<std::string> found;
    if (open == std::string::npos || !type.ends_with('}')) return found;
    std::string word;
    for (const char c : type.substr(open + 1)) {
        if (c != ',' && c != '}') {
            word += c;
        } else {
            found.push_back(word);
            word.clear();
        }
    }
    return found;
}

OptionWords words_of(const CLI::Option& option) {
    OptionWords words;
    for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
    const std::string type = option.get_type_name();
    words.choices = choices_of(type);
    if (words.names.empty())
        words.value = option.get_name(true);
    else if (option.get_type_size() > 0)
        words.value = type.substr(0, type.find(':'));
    words.description = option.get_description();
    return words;
}

void walk(const CLI::App& app, const std::vector<std::string>& path,
          std::vector<CommandWords>& tree) {
    CommandWords words;
    words.path = path;
    words.summary = app.get_description();
    const std::string footer = app.get_footer();
    const std::size_t end = footer.find("Exit status:");
    words.details = footer.substr(0, end == std::string::npos ? footer.size() : end);
    while (words.details.ends_with('\n')) words.details.pop_back();
    for (const CLI::Option* option : app.get_options()) words.options.push_back(words_of(*option));
    // names that only the catalogue knows
    if (path == std::vector<std::string>{"report"})
        for (OptionWords& option : words.options)
            if (option.names.empty()) {
                for (const Report& report : reports()) option.choices.push_back(report.name);
                option.choices.emplace_back("all");
            }
    const auto shown =
        app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
    for (const CLI::App* sub : shown) words.commands.push_back(sub->get_name());
    tree.push_back(std::move(words));
    for (const CLI::App* sub : shown) {
        std::vector<std::string> below = path;
        below.push_back(sub->get_name());
        walk(*sub, below, tree);
    }
}

}  // namespace

std::vector<CommandWords> command_tree(const CLI::App& any) {
    const CLI::App* root = &any;
    while (root->get_parent() != nullptr) root = root->get_parent();
    std::vector<CommandWords> tree;
    walk(*root, {}, tree);
    return tree;
}

}  // namespace jobs
