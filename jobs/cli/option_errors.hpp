// What the parser of options has to say, in the program's own form: error and hint.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "etl/error.hpp"

namespace jobs {

// Checks for options, whose words fit behind the option's name: `is "x", expected …`.
[[nodiscard]] CLI::Validator one_of(const std::vector<std::string>& words);
[[nodiscard]] CLI::Validator whole_number(std::int64_t least, std::int64_t most);
[[nodiscard]] CLI::Validator share();  // 0 to 1

// `app` is the whole program's, after it failed to parse.
[[nodiscard]] etl::Error option_error(CLI::App& app, const CLI::ParseError& error);

}  // namespace jobs
