// What --help says, in the reader's language.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace jobs {

// Summaries, options and details of all commands in Russian (jobs/output/words/help.json).
void put_help_into_russian(CLI::App& app);
// The heads of what CLI11 prints ("Usage:", "Options:") in Russian.
[[nodiscard]] std::string with_russian_heads(const std::string& help);
// "--lang ru" or "--lang=ru" among the arguments: help is printed before they are parsed.
[[nodiscard]] std::string lang_among(const std::vector<std::string>& arguments);

}  // namespace jobs
