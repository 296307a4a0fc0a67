#include "etl/config.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "etl/config_keys.hpp"
#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/listening.hpp"
#include "etl/log.hpp"
#include "schema/text.hpp"

extern char** environ;

namespace etl {
namespace {

namespace fs = std::filesystem;

// A TOML value as the text the environment would give; nullopt for tables and the like.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    std::ostringstream out;
    if (const auto* array = node.as_array()) {
        for (const toml::node& item : *array) {
            const auto text = text_of(item);
            if (!text) return std::nullopt;
            out << (out.tellp() > 0 ? "," : "") << *text;
        }
        return out.str();
    }
    if (const auto* number = node.as_integer())
        out << number->get();
    else if (const auto* real = node.as_floating_point())
        out << real->get();
    else if (const auto* flag = node.as_boolean())
        out << (flag->get() ? "true" : "false");
    else if (const auto* day = node.as_date())
        out << day->get();
    else
        return std::nullopt;
    return out.str();
}

// Beside the file that names it, or in the user's own folder.
std::string placed(const std::string& named, const fs::path& file) {
    const char* home = std::getenv("HOME");
    if (named.starts_with("~/") && home != nullptr) return fs::path(home) / named.substr(2);
    if (named.empty() || named.front() == '/') return named;
    return (fs::absolute(file).parent_path() / named).lexically_normal();
}

using Problems = std::vector<std::string>;

void read_headings(const toml::table& table, Config& config, Problems& problems) {
    for (const auto& [name, node] : table) {
        const toml::table* pairs = node.as_table();
        if (pairs == nullptr) {
            problems.push_back("[headings] " + std::string(name.str()) +
                               " is no table; expected [headings.deals] \"Heading\" = \"column\"");
            continue;
        }
        for (const auto& [heading, column] : *pairs)
            config.headings[std::string(name.str())].emplace_back(std::string(heading.str()),
                                                                  text_of(column).value_or(""));
    }
}

void read_file(const fs::path& path, Config& config, Problems& problems) {
    toml::table root;
    if (faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) {
        problems.push_back("configuration file " + path.string() +
                           " cannot be read: " + std::generic_category().message(errno));
        return;
    }
    try {
        root = toml::parse_file(path.string());
    } catch (const toml::parse_error& error) {
        std::ostringstream where;
        where << path.string() << " line " << error.source().begin.line << ": "
              << error.description();
        problems.push_back(where.str());
        return;
    }
    config.source = path.string();
    for (const auto& [section, node] : root) {
        const std::string name(section.str());
        const toml::table* table = node.as_table();
        if (table == nullptr) {
            problems.push_back("key \"" + name + "\" stands outside of any section; did you mean " +
                               nearest_key(name) + "?");
        } else if (name == "headings") {
            read_headings(*table, config, problems);
        } else {
            for (const auto& [key_name, value] : *table) {
                const std::string full = "[" + name + "] " + std::string(key_name.str());
                const Key* key = find_key(name, std::string(key_name.str()));
                const auto text = text_of(value);
                if (key == nullptr)
                    problems.push_back("unknown key [" + name + "] " + std::string(key_name.str()) +
                                       "; did you mean " + nearest_key(full) + "?");
                else if (!text)
                    problems.push_back("[" + name + "] " + key->name + " is no plain value");
                else if (const std::string wrong =
                             key->set(config, names_a_file(*key) ? placed(*text, path) : *text);
                         !wrong.empty())
                    problems.push_back("[" + name + "] " + key->name + " " + wrong);
            }
        }
    }
}

std::string read_key(const std::string& path, const std::string& which, Problems& problems,
                     const char* section = "getcourse") {
    errno = 0;
    std::ifstream file(path);
    std::string key;
    if (!file || !std::getline(file, key)) {
        const int reason = errno;
        problems.push_back(fmt::format(
            "[{}] {}: {} cannot be read: {}", section, which, fs::absolute(path).string(),
            reason == 0 ? "it is empty" : std::generic_category().message(reason)));
        return {};
    }
    while (!key.empty() && static_cast<unsigned char>(key.back()) <= ' ') key.pop_back();
    return key;
}

// libpq takes a password in its URL or its keyword string; there it is never shown, as a known
// secret.
void add_password(Config& config, const std::string& password, Problems& problems) {
    std::string& url = config.database.url;
    if (url.empty())
        return problems.push_back(
            "[database] password_file goes with url; the private PostgreSQL has no password");
    if (password.empty()) return;
    (void)Secret(password);
    if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) {
        url += " password='";
        for (const char c : password)
            url += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        url += "'";
        return;
    }
    const std::string encoded = percent_encoded(password);
    (void)Secret(encoded);
    url += (url.find('?') == std::string::npos ? "?password=" : "&password=") + encoded;
}

void read_password(Config& config, Problems& problems) {
    const std::string& file = config.database.password_file;
    if (!file.empty())
        add_password(config, read_key(file, "password_file", problems, "database"), problems);
}

// Lines NAME PASSWORD; blank lines and those that begin with # say nothing.
void read_approvers(Config& config, Problems& problems) {
    const std::string& path = config.serve_approvers_file;
    std::ifstream file(path);
    if (!file)
        return problems.push_back("[serve] approvers_file is \"" + path +
                                  "\", which cannot be read");
    constexpr std::size_t kShortestPassword = 12;
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        std::istringstream words(line);
        std::string name, password, more;
        if (!(words >> name) || name[0] == '#') continue;
        const bool whole = (words >> password) && !(words >> more);
        if (!whole || password.size() < kShortestPassword)
            problems.push_back(
                fmt::format("[serve] approvers_file, line {}: expected NAME PASSWORD, the password "
                            "of at least {} characters",
                            number, kShortestPassword));
        for (const auto& [other, unused] : config.approvers)
            if (other == name)
                problems.push_back(fmt::format(
                    "[serve] approvers_file, line {}: {} stands there twice", number, name));
        config.approvers.emplace_back(name, Secret(password));
    }
    if (config.approvers.empty())
        problems.push_back("[serve] approvers_file is \"" + path + "\", which names nobody");
}

void read_keys(const std::map<std::string, std::string>& environment, bool with_write_key,
               Config& config, Problems& problems) {
    const auto from_environment = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    std::string key = from_environment("GETCOURSE_KEY");
    if (key.empty() && !config.getcourse.key_file.empty())
        key = read_key(config.getcourse.key_file, "key_file", problems);
    config.key = Secret(key);
    if (!config.masking_key_file.empty())
        config.masking_key =
            Secret(read_key(config.masking_key_file, "key_file", problems, "masking"));
    read_password(config, problems);
    if (!config.serve_token_file.empty())
        config.serve_token =
            Secret(read_key(config.serve_token_file, "token_file", problems, "serve"));
    if (!config.serve_approvers_file.empty()) read_approvers(config, problems);
    if (!config.alert.telegram_token_file.empty())
        config.telegram_token = Secret(
            read_key(config.alert.telegram_token_file, "telegram_token_file", problems, "alert"));
    if (!config.alert.smtp_password_file.empty())
        config.smtp_password = Secret(
            read_key(config.alert.smtp_password_file, "smtp_password_file", problems, "alert"));
    for (const std::string* address :
         {&config.alert.webhook,
          &config.alert.heartbeat_url})  // such addresses are keys themselves
        if (!address->empty()) (void)Secret(*address);
    if (!with_write_key) return;
    key = from_environment("GETCOURSE_WRITE_KEY");
    if (key.empty() && !config.getcourse.write_key_file.empty())
        key = read_key(config.getcourse.write_key_file, "write_key_file", problems);
    config.write_key = Secret(key);
}

// Whoever is to get alerts or the morning must be set up.
void check_channels(const Config& config, Problems& problems) {
    if (!config.telegram_token.empty() != !config.alert.telegram_chat.empty())
        problems.push_back("[alert] telegram_token_file and telegram_chat go together");
    for (const std::string& channel : config.good_night_channels()) {
        const bool telegram = channel == "telegram", mail = channel == "mail";
        if (!telegram && !mail && channel != "webhook")
            problems.push_back(fmt::format(
                "[alert] good_night names \"{}\", expected telegram, mail, webhook", channel));
        else if (telegram ? config.telegram_token.empty()
                 : mail   ? config.alert.smtp.empty()
                          : config.alert.webhook.empty())
            problems.push_back(fmt::format(
                "[alert] good_night names {}, which is not set up in [alert]", channel));
    }
}

void check_together(const Config& config, Problems& problems) {
    if (config.budget.reserve >= config.budget.limit)
        problems.push_back(fmt::format("[budget] reserve is {}, expected less than the limit of {}",
                                       config.budget.reserve, config.budget.limit));
    const std::string& url = config.getcourse.url;
    if (!url.empty() && !url.starts_with("https://"))
        problems.push_back("[getcourse] url is \"" + url + "\", expected https://host");
    for (const auto& [name, address] : {std::pair{"webhook", &config.alert.webhook},
                                        std::pair{"telegram_url", &config.alert.telegram_url},
                                        std::pair{"heartbeat_url", &config.alert.heartbeat_url}})
        if (!address->empty() && !address->starts_with("https://"))
            problems.push_back("[alert] " + std::string(name) + " must begin with https://");
    if (config.write_back.four_eyes && config.write_back.auto_approve > 0)
        problems.push_back(
            "[write_back] auto_approve and four_eyes exclude each other: a plan that approves "
            "itself has been seen by nobody else");
    if (config.serve_certificate_file.empty() != config.serve_key_file.empty())
        problems.push_back("[serve] certificate_file and key_file go together");
    if (!config.alert.smtp.empty() &&
        (config.alert.mail_from.empty() || config.alert.mail_to.empty()))
        problems.push_back("[alert] smtp needs mail_from and mail_to");
    if (config.database.certificate_file.empty() != config.database.key_file.empty())
        problems.push_back("[database] certificate_file and key_file go together");
    if (!config.database.listen.empty() && !parse_listening(config.database.listen))
        problems.push_back("[database] listen is \"" + config.database.listen +
                           "\", expected address:port, such as 127.0.0.1:5433 or *:5433");
    if (!config.database.listen.empty() && !config.database.url.empty())
        problems.push_back(
            "[database] listen is of the private PostgreSQL; url names a server of yours, which "
            "listens by its own settings");
}

std::optional<fs::path> default_file(const std::map<std::string, std::string>& environment) {
    if (const auto named = environment.find("GCMIRROR_CONFIG");
        named != environment.end() && !named->second.empty())
        return named->second;
    std::error_code ignored;  // a folder that this user may not look into has none for it
    for (const char* path : {"gcmirror.toml", "/etc/gcmirror/gcmirror.toml"})
        if (fs::exists(path, ignored)) return path;
    return std::nullopt;
}

Config without_problems(Config config, const Problems& problems) {
    if (problems.empty()) return config;
    std::string message = problems.size() == 1
                              ? "configuration: "
                              : fmt::format("configuration, {} problems:", problems.size());
    for (const std::string& problem : problems)
        message += problems.size() == 1 ? problem : "\n  - " + problem;
    throw Error(Kind::usage, message,
                "Nothing was sent. gcmirror init writes a file with every key and its default.");
}

}  // namespace

Secret::Secret(std::string value) : value_(std::move(value)) { log::add_secret(value_); }

std::string Config::base_url() const {
    if (!getcourse.url.empty()) return getcourse.url;
    return "https://" + getcourse.account +
           (getcourse.account.find('.') == std::string::npos ? ".getcourse.ru" : "");
}

std::vector<std::string> Config::good_night_channels() const {
    std::vector<std::string> channels;
    std::istringstream in(alert.good_night);
    for (std::string channel; std::getline(in, channel, ',');)
        if (const auto name = schema::trim(channel); !name.empty()) channels.emplace_back(name);
    return channels;
}

fs::path Config::data_dir() const {
    const char* home = std::getenv("HOME");
    fs::path base = database.data_dir;
    if (database.data_dir.starts_with("~/"))
        base = fs::path(home == nullptr ? "/" : home) / database.data_dir.substr(2);
    if (database.data_dir != Database{}.data_dir) return base;
    // As root the server runs as another user, who cannot enter root's home.
    if (geteuid() == 0) base = "/var/lib/gcmirror";
    // One folder per account, except where an older version has made its cluster.
    std::string school = getcourse.account;
    if (!getcourse.url.empty()) school = getcourse.url.substr(getcourse.url.find("//") + 2);
    if (school.empty() || fs::exists(base / "pg")) return base;
    for (char& c : school)
        if (c == '/' || c == ':') c = '_';
    return base / school;
}

Config load_config(const std::optional<fs::path>& file,
                   const std::map<std::string, std::string>& environment, bool with_write_key) {
    Config config;
    Problems problems;
    const std::optional<fs::path> path = file ? file : default_file(environment);
    std::error_code closed;  // a folder on the way that is somebody else's: read_file says so
    if (path && !fs::exists(*path, closed) && !closed)
        problems.push_back("configuration file " + path->string() + " does not exist");
    else if (path)
        read_file(*path, config, problems);
    read_environment(environment, config, problems);
    read_keys(environment, with_write_key, config, problems);
    check_credentials(config, problems);
    check_together(config, problems);
    check_channels(config, problems);
    return without_problems(std::move(config), problems);
}

Config load_without_keys(const fs::path& file) {
    Config config;
    Problems problems;
    read_file(file, config, problems);
    read_password(config, problems);
    check_credentials(config, problems);
    check_together(config, problems);
    return without_problems(std::move(config), problems);
}

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string::npos) all[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return all;
}

void require_account(const Config& config) {
    if (config.getcourse.account.empty() && config.getcourse.url.empty())
        throw Error(Kind::usage, "no GetCourse account is configured",
                    "Set [getcourse] account (or GETCOURSE_ACCOUNT), or url for a school with its "
                    "own domain.");
    if (config.key.empty())
        throw Error(Kind::usage, "no API key is configured",
                    "Set GETCOURSE_KEY, or [getcourse] key_file.");
}

std::string example_config(const std::string& account) {
    Config defaults;
    defaults.getcourse.account = account;
    std::string out =
                    "# gcmirror: every key with its default. The API key stands in GETCOURSE_KEY "
                    "or in a file, never here.\n",
                section;
    for (const Key& key : config_keys()) {
        if (key.section != section) out += "\n[" + (section = key.section) + "]\n";
        std::string line = key.name + " = " + key.show(defaults);
        if (line.size() < 32) line.resize(32, ' ');
        out += line + "  # " + key.comment + "\n";
    }
    return out + "\n# The school's own headings: [headings.deals] \"Heading\" = \"column\"\n";
}

}  // namespace etl
