#include "etl/log.hpp"

#include <algorithm>
#include <cctype>
#include <iostream>
#include <mutex>
#include <vector>

#include "etl/encoding.hpp"
#include "etl/json.hpp"

namespace etl::log {
namespace {

struct Sink {
    std::mutex mutex;
    std::vector<std::string> secrets;  // longest first, so that a form within a form goes whole
    Level level = Level::info;
    bool json = false;
    std::string run;
    std::function<void(std::string_view)> out = [](std::string_view line) {
        std::cerr << std::string(line) + '\n';  // in one piece: threads write, too
    };
};

Sink& sink() {
    static Sink instance;
    return instance;
}

// Without padding: matches whole values, embedded ones only when aligned to 3 bytes.
std::string bare_base64(const std::string& value) {
    std::string out = base64(value);
    while (out.ends_with('=')) out.pop_back();
    return out;
}

void replace_all(std::string& text, const std::string& what) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 3))
        text.replace(at, what.size(), "***");
}

// key=… and key: … of a query, a form or a message, whoever's key it is.
void hide_parameters(std::string& text) {
    static constexpr std::string_view kName = "key=";
    for (auto at = text.find(kName); at != std::string::npos;
         at = text.find(kName, at + kName.size())) {
        if (at > 0 &&
            (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '_'))
            continue;
        const std::size_t from = at + kName.size();
        const std::size_t end = std::min(text.find_first_of("& \"'\n", from), text.size());
        if (end > from) text.replace(from, end - from, "***");
    }
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "";
}

}  // namespace

void add_secret(const std::string& value) {
    if (value.size() < 4) return;  // shorter ones would blank ordinary words
    Sink& s = sink();
    const std::lock_guard lock(s.mutex);
    for (const std::string& form : {value, percent_encoded(value), bare_base64(value)})
        if (std::find(s.secrets.begin(), s.secrets.end(), form) == s.secrets.end())
            s.secrets.push_back(form);
    std::sort(s.secrets.begin(), s.secrets.end(),
              [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string redacted(std::string_view text) {
    std::string out(text);
    Sink& s = sink();
    const std::lock_guard lock(s.mutex);
    for (const std::string& secret : s.secrets) replace_all(out, secret);
    hide_parameters(out);
    return out;
}

void set_level(Level level) { sink().level = level; }
void show_at_least(Level level) {
    const std::lock_guard lock(sink().mutex);
    sink().level = std::min(sink().level, level);
}

void set_json(bool json) { sink().json = json; }
void set_run(std::string run_id) { sink().run = std::move(run_id); }
void set_sink(std::function<void(std::string_view)> out) { sink().out = std::move(out); }

void write(Level level, std::string_view event, std::initializer_list<Pair> pairs) {
    Sink& s = sink();
    if (level < s.level) return;
    std::string line;
    const auto add = [&](std::string_view key, const std::string& value) {
        if (s.json) {
            line += (line.empty() ? "{" : ",") + json_string(key) + ":" + json_string(value);
        } else {
            const bool plain =
                !value.empty() && std::none_of(value.begin(), value.end(), [](unsigned char c) {
                    return c <= ' ' || c == '"' || c == '\\' || c == '=';
                });
            line += (line.empty() ? "" : " ") + std::string(key) + "=" +
                    (plain ? value : json_string(value));
        }
    };
    add("level", std::string(name_of(level)));
    add("event", std::string(event));
    if (!s.run.empty()) add("run", s.run);
    for (const Pair& pair : pairs) add(pair.first, redacted(pair.second));
    if (s.json) line += '}';
    s.out(redacted(line));
}

void debug(std::string_view event, std::initializer_list<Pair> pairs) {
    write(Level::debug, event, pairs);
}
void info(std::string_view event, std::initializer_list<Pair> pairs) {
    write(Level::info, event, pairs);
}
void warning(std::string_view event, std::initializer_list<Pair> pairs) {
    write(Level::warning, event, pairs);
}
void error(std::string_view event, std::initializer_list<Pair> pairs) {
    write(Level::error, event, pairs);
}

}  // namespace etl::log
