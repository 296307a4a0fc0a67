#include "etl/config.hpp"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/value.hpp"

extern char** environ;

namespace etl {
namespace {

namespace fs = std::filesystem;

// One key: where it stands, what it means to people, how its text becomes the value. Parser,
// environment and example share it.
struct Key {
    std::string section, name;
    std::string comment;
    std::function<std::string(Config&, const std::string&)>
        set;                                         // returns what is wrong, empty when nothing
    std::function<std::string(const Config&)> show;  // the default, as TOML
    bool list = false;
};

std::string toml_string(const std::string& text) { return "\"" + text + "\""; }

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
                const std::optional<Micros> read = parse_duration(v);
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
               std::vector<std::string> choices, T member) {
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

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> items;
    std::stringstream stream(text);
    for (std::string item; std::getline(stream, item, ',');) {
        item.erase(0, item.find_first_not_of(' '));
        item.erase(item.find_last_not_of(' ') + 1);
        if (!item.empty()) items.push_back(item);
    }
    return items;
}

std::string set_begin(Config& c, const std::string& v) {
    const std::optional<Day> day = parse_day(v);
    if (!day) return "is \"" + v + "\", expected a day that exists, as YYYY-MM-DD";
    c.sync.begin = *day;
    return {};
}

std::string set_zone(Config& c, const std::string& v) {
    try {
        c.getcourse.time_zone = Zone(v).name();
        return {};
    } catch (const Error& error) {
        return std::string("is wrong: ") + error.what() +
               (error.hint().empty() ? "" : ". " + error.hint());
    }
}

std::string set_resources(Config& c, const std::string& v) {
    c.sync.resources = split(v);
    for (const std::string& resource : c.sync.resources)
        if (resource != "users" && resource != "deals" && resource != "payments" &&
            resource != "groups")
            return "names \"" + resource + "\", expected users, deals, payments, groups";
    return c.sync.resources.empty()
               ? "is empty, expected at least one of users, deals, payments, groups"
               : "";
}

std::string set_bool(bool& flag, const std::string& v) {
    if (v != "true" && v != "false") return "is \"" + v + "\", expected true or false";
    flag = v == "true";
    return {};
}

std::string set_prefix(Config& c, const std::string& v) {
    const auto plain = [](unsigned char b) { return std::isalnum(b) != 0 || b == '-' || b == '_'; };
    if (v.empty() || v.size() > 20 || !std::all_of(v.begin(), v.end(), plain) ||
        std::isdigit(static_cast<unsigned char>(v.front())) != 0)
        return "is \"" + v +
               "\", expected 1 to 20 letters, digits, - or _, not beginning with a digit";
    c.write_back.order_prefix = v;
    return {};
}

#define FIELD(path) \
    [](Config & c) -> auto& { return c.path; }

const std::vector<Key>& keys() {
    static const std::vector<Key> all = {
        text_key("getcourse", "account", "https://ACCOUNT.getcourse.ru, or a whole host name",
                 FIELD(getcourse.account)),
        text_key("getcourse", "url",
                 "https://host of a school with its own domain; wins over account",
                 FIELD(getcourse.url)),
        text_key("getcourse", "key_file", "file that holds the API key; or set GETCOURSE_KEY",
                 FIELD(getcourse.key_file)),
        text_key("getcourse", "write_key_file",
                 "file that holds a key which may write; only for push",
                 FIELD(getcourse.write_key_file)),
        {"getcourse", "time_zone", "the account's zone: all its times are read in it", set_zone,
         [](const Config& c) { return toml_string(c.getcourse.time_zone); }},
        text_key("getcourse", "ca_file", "a further certificate authority to trust",
                 FIELD(getcourse.ca_file)),
        {"getcourse", "export_by_post", "send key and filters as a form instead of in the address",
         [](Config& c, const std::string& v) { return set_bool(c.getcourse.export_by_post, v); },
         [](const Config& c) {
             return std::string(c.getcourse.export_by_post ? "true" : "false");
         }},
        text_key("database", "url",
                 "postgresql://user@host/database; empty: a private PostgreSQL below data_dir",
                 FIELD(database.url)),
        text_key("database", "password_file", "file with the password that goes with url",
                 FIELD(database.password_file)),
        text_key("database", "data_dir",
                 "where the private PostgreSQL lives; as root the default is /var/lib/gcmirror",
                 FIELD(database.data_dir)),
        duration_key("database", "statement_timeout", "limit for one statement of a report",
                     FIELD(database.statement_timeout)),
        number_key("budget", "limit", "requests the account allows per window", 1, 100000,
                   FIELD(budget.limit)),
        duration_key("budget", "window", "the moving window", FIELD(budget.window)),
        number_key("budget", "reserve", "requests left for the account's other tools", 0, 100000,
                   FIELD(budget.reserve)),
        duration_key("pacing", "first_poll",
                     "first poll after the start, while nothing is known of build times",
                     FIELD(pacing.first_poll)),
        number_key("pacing", "growth", "each gap is this many times the one before", 1, 10,
                   FIELD(pacing.growth)),
        duration_key("pacing", "longest_gap", "no gap between polls is longer",
                     FIELD(pacing.longest_gap)),
        duration_key("pacing", "busy_gap", "wait after 905: another export is being built",
                     FIELD(pacing.busy_gap)),
        duration_key("pacing", "cool_down", "wait after 903: the service says the budget is spent",
                     FIELD(pacing.cool_down)),
        duration_key("pacing", "export_deadline",
                     "past this an export is late and left for the next run",
                     FIELD(pacing.export_deadline)),
        duration_key("timeouts", "connect", "limit for connecting", FIELD(timeouts.connect)),
        duration_key("timeouts", "first_byte", "limit for the first byte of an answer",
                     FIELD(timeouts.first_byte)),
        duration_key("timeouts", "stall", "limit for silence within an answer",
                     FIELD(timeouts.stall)),
        {"sync", "resources", "what is mirrored", set_resources,
         [](const Config& c) {
             std::string out;
             for (const std::string& r : c.sync.resources)
                 out += (out.empty() ? "[" : ", ") + toml_string(r);
             return out + "]";
         },
         true},
        {"sync", "begin", "first day of the school", set_begin,
         [](const Config& c) { return toml_string(format_day(c.sync.begin)); }},
        duration_key("sync", "look_back", "days by creation date that every sync reads again",
                     FIELD(sync.look_back)),
        duration_key("sync", "sweep", "every older day is read again within this time",
                     FIELD(sync.sweep)),
        choice_key("sync", "publish", "together: all tables of a run appear at once",
                   {"together", "each"}, FIELD(sync.publish)),
        duration_key("sync", "deadline", "a run asks nothing new after this time",
                     FIELD(sync.deadline)),
        number_key("sync", "rows_per_export", "windows are cut so that an export stays below this",
                   1000, 10000000, FIELD(sync.rows_per_export)),
        number_key("sync", "red_rejects",
                   "share of rows that cannot be read at which a body is refused", 0, 1,
                   FIELD(sync.red_rejects)),
        number_key("sync", "gone_limit",
                   "share of a window that may vanish at once and be believed", 0, 1,
                   FIELD(sync.gone_limit)),
        choice_key("sync", "users_new_fields",
                   "a new custom field of users: evolve: kept and shown; freeze: kept, not shown; "
                   "quarantine: not kept",
                   {"evolve", "freeze", "quarantine"}, FIELD(sync.users_new_fields)),
        choice_key("sync", "deals_new_fields", "the same for orders",
                   {"evolve", "freeze", "quarantine"}, FIELD(sync.deals_new_fields)),
        duration_key("keep", "bodies", "how long received bodies are kept", FIELD(keep.bodies)),
        number_key("keep", "runs", "how many runs are kept", 1, 1000000, FIELD(keep.runs)),
        text_key("masking", "key_file",
                 "file with the key of the hashes in schema masked; empty: gcmirror_masked sees no "
                 "people",
                 FIELD(masking_key_file)),
        text_key("write_back", "dir", "directory of the school's own write-back queries",
                 FIELD(write_back.dir)),
        number_key("write_back", "monthly_allowance",
                   "new people and orders the tariff allows a month; 0: not known, only counted", 0,
                   100000000, FIELD(write_back.monthly_allowance)),
        number_key("write_back", "allowance_day",
                   "day of the month on which the allowance begins anew", 1, 28,
                   FIELD(write_back.allowance_day)),
        {"write_back", "order_prefix", "numbers of orders we create begin so", set_prefix,
         [](const Config& c) { return toml_string(c.write_back.order_prefix); }},
        duration_key("write_back", "plan_expiry", "a plan is sent within this time or not at all",
                     FIELD(write_back.plan_expiry)),
        duration_key("write_back", "gap", "between two imports", FIELD(write_back.gap)),
        number_key("write_back", "stop_after", "failures in a row that end a send", 1, 1000,
                   FIELD(write_back.stop_after)),
        number_key(
            "write_back", "attempts",
            "sendings of a change whose answer is lost; an export speaks before each further one",
            1, 10, FIELD(write_back.attempts)),
        duration_key("write_back", "settle_after",
                     "an export decides about what was sent at least so long before it began",
                     FIELD(write_back.settle_after)),
        {"write_back", "counts",
         "imports count against the budget; half of it is then left for exports",
         [](Config& c, const std::string& v) { return set_bool(c.write_back.counts, v); },
         [](const Config& c) { return std::string(c.write_back.counts ? "true" : "false"); }},
        text_key("schedule", "sync", "cron expression in the account's zone", FIELD(schedule_sync)),
        duration_key("schedule", "jitter",
                     "a run begins up to this much later, so that not all schools begin at once",
                     FIELD(schedule_jitter), true),
        duration_key("schedule", "catch_up", "a missed run is made up for within this time",
                     FIELD(schedule_catch_up)),
        text_key("serve", "listen", "address of the dashboard; empty: none", FIELD(serve_listen)),
        text_key("serve", "token_file",
                 "file with the token that clients must give; a must for any address but this "
                 "machine's own",
                 FIELD(serve_token_file)),
        text_key("serve", "hosts",
                 "further host names by which browsers may call it, separated by commas",
                 FIELD(serve_hosts)),
        duration_key("alert", "fresh_within", "tables older than this are not to be trusted",
                     FIELD(alert.fresh_within)),
        duration_key("alert", "late_after",
                     "a run that is due and has not begun within this is late",
                     FIELD(alert.late_after)),
        choice_key("alert", "language", "of what people are sent", {"ru", "en"},
                   FIELD(alert.language)),
        text_key("alert", "webhook", "https address that gets each alert as JSON",
                 FIELD(alert.webhook)),
        text_key("alert", "telegram_token_file", "file with the token of a Telegram bot",
                 FIELD(alert.telegram_token_file)),
        text_key("alert", "telegram_chat", "chat the bot writes to", FIELD(alert.telegram_chat)),
        text_key("alert", "telegram_url", "address of Telegram's bot API",
                 FIELD(alert.telegram_url)),
        text_key("alert", "smtp",
                 "mail server as host:port; 465 is TLS from the start, others STARTTLS",
                 FIELD(alert.smtp)),
        {"alert", "smtp_plain", "mail without TLS: only for a server on this machine",
         [](Config& c, const std::string& v) { return set_bool(c.alert.smtp_plain, v); },
         [](const Config& c) { return std::string(c.alert.smtp_plain ? "true" : "false"); }},
        text_key("alert", "smtp_user", "login of the mail server; empty: none",
                 FIELD(alert.smtp_user)),
        text_key("alert", "smtp_password_file", "file with its password",
                 FIELD(alert.smtp_password_file)),
        text_key("alert", "mail_from", "sender of alerts", FIELD(alert.mail_from)),
        text_key("alert", "mail_to", "receivers of alerts, separated by commas",
                 FIELD(alert.mail_to)),
        text_key("alert", "dead_man", "https address that is asked for when a night has succeeded",
                 FIELD(alert.dead_man)),
        text_key("alert", "ca_file",
                 "a further certificate authority for webhook, Telegram, mail and dead_man",
                 FIELD(alert.ca_file)),
        number_key("alert", "attempts", "of a delivery, at growing intervals", 1, 100,
                   FIELD(alert.attempts)),
    };
    return all;
}

#undef FIELD

std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string nearest(const std::string& wanted) {
    const auto near =
        std::min_element(keys().begin(), keys().end(), [&](const Key& a, const Key& b) {
            return distance(wanted, a.section + "." + a.name) <
                   distance(wanted, b.section + "." + b.name);
        });
    return "[" + near->section + "] " + near->name;
}

const Key* find(const std::string& section, const std::string& name) {
    for (const Key& key : keys())
        if (key.section == section && key.name == name) return &key;
    return nullptr;
}

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
                               nearest("." + name) + "?");
        } else if (name == "headings") {
            read_headings(*table, config, problems);
        } else {
            for (const auto& [key_name, value] : *table) {
                const std::string full = name + "." + std::string(key_name.str());
                const Key* key = find(name, std::string(key_name.str()));
                const auto text = text_of(value);
                if (key == nullptr)
                    problems.push_back("unknown key [" + name + "] " + std::string(key_name.str()) +
                                       "; did you mean " + nearest(full) + "?");
                else if (!text)
                    problems.push_back("[" + name + "] " + key->name + " is no plain value");
                else if (const std::string wrong = key->set(config, *text); !wrong.empty())
                    problems.push_back("[" + name + "] " + key->name + " " + wrong);
            }
        }
    }
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

void read_environment(const std::map<std::string, std::string>& environment, Config& config,
                      Problems& problems) {
    for (const Key& key : keys()) {
        const std::string name = "GCMIRROR_" + upper(key.section) + "_" + upper(key.name);
        const auto found = environment.find(name);
        if (found == environment.end()) continue;
        if (const std::string wrong = key.set(config, found->second); !wrong.empty())
            problems.push_back(name + " " + wrong);
    }
    if (const auto found = environment.find("GETCOURSE_ACCOUNT"); found != environment.end())
        config.getcourse.account = found->second;
}

std::string read_key(const std::string& path, const std::string& which, Problems& problems,
                     const char* section = "getcourse") {
    std::ifstream file(path);
    std::string key;
    if (!file || !std::getline(file, key)) {
        problems.push_back("[" + std::string(section) + "] " + which + " is \"" + path +
                           "\", which cannot be read");
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
    if (url.rfind("postgres://", 0) != 0 && url.rfind("postgresql://", 0) != 0) {
        url += " password='";
        for (const char c : password)
            url += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        url += "'";
        return;
    }
    static const char* kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const unsigned char c : password) {
        if (std::isalnum(c) != 0)
            encoded += static_cast<char>(c);
        else
            (encoded += '%') += kDigits[c >> 4], encoded += kDigits[c & 15];
    }
    (void)Secret(encoded);
    url += (url.find('?') == std::string::npos ? "?password=" : "&password=") + encoded;
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
    if (!config.database.password_file.empty())
        add_password(config,
                     read_key(config.database.password_file, "password_file", problems, "database"),
                     problems);
    if (!config.serve_token_file.empty())
        config.serve_token =
            Secret(read_key(config.serve_token_file, "token_file", problems, "serve"));
    if (!config.alert.telegram_token_file.empty())
        config.telegram_token = Secret(
            read_key(config.alert.telegram_token_file, "telegram_token_file", problems, "alert"));
    if (!config.alert.smtp_password_file.empty())
        config.smtp_password = Secret(
            read_key(config.alert.smtp_password_file, "smtp_password_file", problems, "alert"));
    for (const std::string* address :
         {&config.alert.webhook, &config.alert.dead_man})  // such addresses are keys themselves
        if (!address->empty()) (void)Secret(*address);
    if (!with_write_key) return;
    key = from_environment("GETCOURSE_WRITE_KEY");
    if (key.empty() && !config.getcourse.write_key_file.empty())
        key = read_key(config.getcourse.write_key_file, "write_key_file", problems);
    config.write_key = Secret(key);
}

void check_together(const Config& config, Problems& problems) {
    if (config.budget.reserve >= config.budget.limit)
        problems.push_back("[budget] reserve is " + std::to_string(config.budget.reserve) +
                           ", expected less than the limit of " +
                           std::to_string(config.budget.limit));
    const std::string& url = config.getcourse.url;
    if (!url.empty() && url.rfind("https://", 0) != 0)
        problems.push_back("[getcourse] url is \"" + url + "\", expected https://host");
    for (const auto& [name, address] : {std::pair{"webhook", &config.alert.webhook},
                                        std::pair{"telegram_url", &config.alert.telegram_url},
                                        std::pair{"dead_man", &config.alert.dead_man}})
        if (!address->empty() && address->rfind("https://", 0) != 0)
            problems.push_back("[alert] " + std::string(name) + " must begin with https://");
    if (!config.telegram_token.empty() != !config.alert.telegram_chat.empty())
        problems.push_back("[alert] telegram_token_file and telegram_chat go together");
    if (!config.alert.smtp.empty() &&
        (config.alert.mail_from.empty() || config.alert.mail_to.empty()))
        problems.push_back("[alert] smtp needs mail_from and mail_to");
    if (config.getcourse.account.find('/') != std::string::npos)
        problems.push_back(
            "[getcourse] account is \"" + config.getcourse.account +
            "\", expected a name or a host without slashes; a whole address goes into url");
}

std::optional<fs::path> default_file(const std::map<std::string, std::string>& environment) {
    if (const auto named = environment.find("GCMIRROR_CONFIG");
        named != environment.end() && !named->second.empty())
        return named->second;
    for (const char* path : {"gcmirror.toml", "/etc/gcmirror/gcmirror.toml"})
        if (fs::exists(path)) return path;
    return std::nullopt;
}

}  // namespace

Secret::Secret(std::string value) : value_(std::move(value)) { log::add_secret(value_); }

std::string Config::base_url() const {
    if (!getcourse.url.empty()) return getcourse.url;
    return "https://" + getcourse.account +
           (getcourse.account.find('.') == std::string::npos ? ".getcourse.ru" : "");
}

fs::path Config::data_dir() const {
    // As root the server runs as another user, who cannot enter root's home.
    if (geteuid() == 0 && database.data_dir == Database{}.data_dir) return "/var/lib/gcmirror";
    if (database.data_dir.rfind("~/", 0) != 0) return database.data_dir;
    const char* home = std::getenv("HOME");
    return fs::path(home == nullptr ? "/" : home) / database.data_dir.substr(2);
}

Config load_config(const std::optional<fs::path>& file,
                   const std::map<std::string, std::string>& environment, bool with_write_key) {
    Config config;
    Problems problems;
    const std::optional<fs::path> path = file ? file : default_file(environment);
    if (path && !fs::exists(*path))
        problems.push_back("configuration file " + path->string() + " does not exist");
    else if (path)
        read_file(*path, config, problems);
    read_environment(environment, config, problems);
    read_keys(environment, with_write_key, config, problems);
    check_together(config, problems);
    if (problems.empty()) return config;
    std::string message = problems.size() == 1
                              ? "configuration: "
                              : "configuration, " + std::to_string(problems.size()) + " problems:";
    for (const std::string& problem : problems)
        message += problems.size() == 1 ? problem : "\n  - " + problem;
    throw Error(Kind::usage, message,
                "Nothing was sent. gcmirror init writes a file with every key and its default.");
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
    for (const Key& key : keys()) {
        if (key.section != section) out += "\n[" + (section = key.section) + "]\n";
        std::string line = key.name + " = " + key.show(defaults);
        if (line.size() < 32) line.resize(32, ' ');
        out += line + "  # " + key.comment + "\n";
    }
    return out + "\n# The school's own headings: [headings.deals] \"Heading\" = \"column\"\n";
}

}  // namespace etl
