// Kinds of configuration keys: how the text of one becomes its value, and what is said of a wrong
// one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "etl/clock.hpp"
#include "etl/config_keys.hpp"
#include "etl/encoding.hpp"

namespace etl {

template <typename T>
Key text_key(std::string section, std::string name, std::string comment, T member) {
    return {std::move(section), std::move(name), std::move(comment),
            [member](Config& c, const std::string& v) { return member(c) = v, std::string(); },
            [member](const Config& c) { return toml_string(member(const_cast<Config&>(c))); }};
}

template <typename T>
Key duration_key(std::string section, std::string name, std::string comment, T member,
                 bool may_be_none = false) {
    return {std::move(section), std::move(name), std::move(comment),
            [member, may_be_none](Config& c, const std::string& v) -> std::string {
                const std::optional<Duration> read = parse_duration(v);
                if (!read || read->count() < (may_be_none ? 0 : 1))
                    return "is \"" + v +
                           "\", expected a duration such as 250ms, 15s, 5m, 2h or 31d";
                member(c) = *read;
                return {};
            },
            [member](const Config& c) {
                return toml_string(format_duration(member(const_cast<Config&>(c))));
            }};
}

template <typename T>
Key number_key(std::string section, std::string name, std::string comment, double least,
               double most, T member) {
    return {std::move(section), std::move(name), std::move(comment),
            [=](Config& c, const std::string& v) -> std::string {
                char* end = nullptr;
                const double read = std::strtod(v.c_str(), &end);
                using Value = std::remove_reference_t<decltype(member(c))>;
                const bool whole = !std::is_integral_v<Value> ||
                                   read == static_cast<double>(static_cast<long long>(read));
                std::ostringstream range;
                range << "is \"" << v << "\", expected a "
                      << (std::is_integral_v<Value> ? "whole " : "") << "number from " << least
                      << " to " << most;
                if (v.empty() || *end != '\0' || !(read >= least && read <= most) || !whole)
                    return range.str();
                member(c) = static_cast<Value>(read);
                return {};
            },
            [member](const Config& c) {
                std::ostringstream out;
                out << member(const_cast<Config&>(c));
                return out.str();
            }};
}

template <typename T>
Key choice_key(std::string section, std::string name, std::string comment,
               const std::vector<std::string>& choices, T member) {
    return {std::move(section), std::move(name), std::move(comment),
            [=](Config& c, const std::string& v) -> std::string {
                if (std::find(choices.begin(), choices.end(), v) == choices.end()) {
                    std::string all;
                    for (const std::string& choice : choices)
                        all += (all.empty() ? "" : ", ") + choice;
                    return "is \"" + v + "\", expected one of " + all;
                }
                member(c) = v;
                return {};
            },
            [member](const Config& c) { return toml_string(member(const_cast<Config&>(c))); }};
}

// Empty: for ever, kept as 0. Below a day would be a slip of the pen.
template <typename T>
Key lifetime_key(std::string section, std::string name, std::string comment, T member) {
    return {std::move(section), std::move(name), std::move(comment),
            [member](Config& c, const std::string& v) -> std::string {
                const std::optional<Duration> read = v.empty() ? Duration{} : parse_duration(v);
                if (!read || (!v.empty() && *read < std::chrono::hours{24}))
                    return "is \"" + v +
                           "\", expected at least 1d, such as 90d or 730d; or nothing: for ever";
                member(c) = *read;
                return {};
            },
            [member](const Config& c) {
                const Duration kept = member(const_cast<Config&>(c));
                return toml_string(kept == Duration{} ? std::string() : format_duration(kept));
            }};
}

}  // namespace etl
