#include "etl/log.hpp"

#include <algorithm>
#include <cctype>
#include <iostream>
#include <mutex>
#include <vector>

namespace etl::log {
namespace {

struct Sink {
    std::mutex mutex;
    std::vector<std::string> secrets;  // longest first, so that a form within a form goes whole
    Level level = Level::info;
    bool json = false;
    std::string run;
    std::function<void(std::string_view)> out = [](std::string_view line) {
        std::cerr << line << '\n';
    };
};

Sink& sink() {
    static Sink instance;
    return instance;
}

std::string percent_encoded(const std::string& value) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

std::string base64(const std::string& value) {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const char c : value) {
        bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xFFFFFFu;
        count += 8;
        while (count >= 6) out += kDigits[(bits >> (count -= 6)) & 63u];
    }
    if (count > 0) out += kDigits[(bits << (6 - count)) & 63u];
    return out;  // without padding: found inside longer base64 only by luck, whole values always
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

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += ' ';
        else
            out += c;
    }
    return out + "\"";
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
    for (const std::string& form : {value, percent_encoded(value), base64(value)})
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
            line += (line.empty() ? "{" : ",") + quoted(std::string(key)) + ":" + quoted(value);
        } else {
            const bool plain =
                !value.empty() && value.find_first_of(" \"\\=\n\r\t") == std::string::npos;
            line += (line.empty() ? "" : " ") + std::string(key) + "=" +
                    (plain ? value : quoted(value));
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
