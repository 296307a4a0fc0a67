// Settings from the environment, and what a look tells of account and key.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "etl/config_keys.hpp"
#include "etl/nearest.hpp"

namespace etl {
namespace {

constexpr std::string_view kOurs = "GCMIRROR_";

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string variable(const Key& key, const std::string& name) {
    return std::string(kOurs) + upper(key.section) + "_" + upper(name);
}

// Letters to add, drop or change until one is the other.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t corner = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min(
                {above + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? std::size_t{0} : 1)});
            corner = above;
        }
    }
    return row[b.size()];
}

// GCMIRROR_SERVICE_HOST, GCMIRROR_SERVE_PORT_8080_TCP_ADDR and the like.
bool of_kubernetes(const std::string& name, const std::string& value) {
    return name.find("_SERVICE_HOST") != std::string::npos ||
           name.find("_SERVICE_PORT") != std::string::npos ||
           (name.ends_with("_PORT") && value.find("://") != std::string::npos) ||
           name.find("_PORT_") != std::string::npos;
}

bool meant_for_us(const std::string& name) {
    constexpr std::size_t kSlips = 2;
    for (const Key& key : config_keys()) {
        if (name.starts_with(std::string(kOurs) + upper(key.section) + "_")) return true;
        if (distance(name, variable(key, key.name)) <= kSlips) return true;
    }
    return distance(name, "GCMIRROR_CONFIG") <= kSlips;
}

// A list as the file has it, ["users", "deals"], in place of users,deals.
std::string plain_list(const std::string& text) {
    if (!text.starts_with('[') || !text.ends_with(']')) return text;
    std::string out;
    for (const char c : text.substr(1, text.size() - 2))
        if (c != '"' && c != '\'') out += c;
    return out;
}

void find_strangers(const std::map<std::string, std::string>& environment,
                    std::vector<std::string>& problems) {
    std::vector<std::string> known = {"GCMIRROR_CONFIG"};
    for (const Key& key : config_keys()) {
        known.push_back(variable(key, key.name));
        if (!key.old_name.empty()) known.push_back(variable(key, key.old_name));
    }
    for (const auto& [name, value] : environment)
        if (name.starts_with(kOurs) && std::find(known.begin(), known.end(), name) == known.end() &&
            !of_kubernetes(name, value) && meant_for_us(name))
            problems.push_back("unknown variable " + name + "; did you mean " +
                               nearest_text(name, known, 1) + "?");
}

}  // namespace

void read_environment(const std::map<std::string, std::string>& environment, Config& config,
                      std::vector<std::string>& problems) {
    for (const Key& key : config_keys()) {
        std::string name = variable(key, key.name);
        auto found = environment.find(name);
        if (found == environment.end() && !key.old_name.empty()) {
            name = variable(key, key.old_name);
            found = environment.find(name);
        }
        if (found == environment.end()) continue;
        const std::string text = key.list ? plain_list(found->second) : found->second;
        if (const std::string wrong = key.set(config, text); !wrong.empty())
            problems.push_back(name + " " + wrong);
    }
    if (const auto found = environment.find("GETCOURSE_ACCOUNT"); found != environment.end())
        config.getcourse.account = found->second;
    find_strangers(environment, problems);
}

void check_credentials(const Config& config, std::vector<std::string>& problems) {
    const std::string& account = config.getcourse.account;
    const auto of_a_host = [](unsigned char c) {
        return (c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '.' || c == '_';
    };
    if (!std::all_of(account.begin(), account.end(), of_a_host))
        problems.push_back(fmt::format(
            "[getcourse] account is \"{}\", expected the name in https://NAME.getcourse.ru or a "
            "host: Latin letters, digits, dots and dashes (a Cyrillic domain in its xn-- form); a "
            "whole address goes into url",
            account));
    const auto visible = [](unsigned char c) { return c > ' ' && c < 0x7f; };
    for (const auto& [name, key] :
         {std::pair("API key", &config.key), std::pair("key that may write", &config.write_key)})
        if (!std::all_of(key->reveal().begin(), key->reveal().end(), visible))
            problems.push_back(fmt::format(
                "the {} holds a blank or a letter that no key has; expected the line of Latin "
                "letters and digits that GetCourse shows, without quotes around it",
                name));
}

}  // namespace etl
