#include "jobs/cli/settings_text.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "etl/encoding.hpp"

namespace jobs {
namespace {

// What [getcourse] `name` is in a file of that text; nullopt: nothing, or no TOML.
std::optional<std::string> value_in(const std::string& text, std::string_view name) {
    try {
        return toml::parse(text)["getcourse"][name].value<std::string>();
    } catch (const toml::parse_error&) {
        return std::nullopt;
    }
}

std::string_view stripped(std::string_view line) {
    const std::size_t from = line.find_first_not_of(" \t");
    if (from == std::string_view::npos) return {};
    return line.substr(from, line.find_last_not_of(" \t\r") - from + 1);
}

struct Place {
    std::size_t head_end = std::string::npos;  // of the section's head line; npos: no section
    std::size_t line = std::string::npos, line_end = 0;  // of `name = …`
};

Place place_of(const std::string& text, std::string_view name) {
    Place found;
    bool inside = false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = stripped(std::string_view(text).substr(at, end - at));
        if (line.starts_with('[')) {
            inside = line.starts_with("[getcourse]");
            if (inside) found.head_end = std::min(end + 1, text.size());
        } else if (inside && line.starts_with(name) &&
                   stripped(line.substr(name.size())).starts_with('=')) {
            found.line = at;
            found.line_end = end;
        }
        at = end + 1;
    }
    return found;
}

}  // namespace

std::optional<std::string> with_setting(const std::string& text, std::string_view name,
                                        const std::string& value) {
    const std::optional<std::string> was = value_in(text, name);
    if (was && !was->empty()) return *was == value ? std::optional(text) : std::nullopt;
    const std::string line = fmt::format("{} = {}", name, etl::toml_string(value));
    const Place place = place_of(text, name);
    std::string out = text;
    if (place.line != std::string::npos) {
        // the name and its empty value; a comment and the line's end stay
        const std::string_view old =
            std::string_view(text).substr(place.line, place.line_end - place.line);
        std::size_t end = old.find_first_not_of(" \t", old.find('=') + 1);
        if (end != std::string_view::npos) end = old.find_first_of(" \t\r#", end);
        out.replace(place.line, std::min(end, old.size()), line);
    } else if (place.head_end != std::string::npos) {
        const bool broken = place.head_end > 0 && text[place.head_end - 1] != '\n';
        out.insert(place.head_end, (broken ? "\n" : "") + line + "\n");
    } else {
        out += (out.empty() || out.ends_with('\n') ? "" : "\n") + std::string("\n[getcourse]\n") +
               line + "\n";
    }
    return value_in(out, name) == value ? std::optional(out) : std::nullopt;
}

}  // namespace jobs
