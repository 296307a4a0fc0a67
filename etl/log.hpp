// Log lines of key=value on stderr. The only sink of text the program has besides results: secrets
// are removed here, by value.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace etl::log {

enum class Level { debug, info, warning, error };

using Pair = std::pair<std::string_view, std::string>;

void add_secret(
    const std::string& value);  // never shown again, nor its percent- or base64-encoded forms
[[nodiscard]] std::string redacted(
    std::string_view text);  // known secrets and any key=… parameter as ***
void set_level(Level level);
void show_at_least(Level level);   // lowers the level to this, never raises it
void set_json(bool json);          // one JSON object a line instead of key=value
void set_run(std::string run_id);  // stands in every line from now on
void set_sink(std::function<void(std::string_view)>
                  sink);  // default: stderr; for tests and the progress line

void write(Level level, std::string_view event, std::initializer_list<Pair> pairs = {});
void debug(std::string_view event, std::initializer_list<Pair> pairs = {});
void info(std::string_view event, std::initializer_list<Pair> pairs = {});
void warning(std::string_view event, std::initializer_list<Pair> pairs = {});
void error(std::string_view event, std::initializer_list<Pair> pairs = {});

}  // namespace etl::log
