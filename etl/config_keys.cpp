#include "etl/config_keys.hpp"

#include <algorithm>
#include <sstream>

#include "etl/config_key_kinds.hpp"
#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "etl/value.hpp"

namespace etl {
namespace {

Key also_called(std::string old_name, Key key) {
    key.old_name = std::move(old_name);
    return key;
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
    if (!day && !v.empty())
        return "is \"" + v + "\", expected a day that exists, as YYYY-MM-DD; or nothing";
    c.sync.begin = day;
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

// NOLINTBEGIN(bugprone-macro-parentheses): a path of members
#define FIELD(path) \
    [](Config & c) -> auto& { return c.path; }
// NOLINTEND(bugprone-macro-parentheses)

std::vector<Key> getcourse_keys() {
    return {
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
    };
}

std::vector<Key> database_keys() {
    return {
        text_key("database", "url",
                 "postgresql://user@host/database; empty: a private PostgreSQL below data_dir",
                 FIELD(database.url)),
        text_key("database", "password_file", "file with the password that goes with url",
                 FIELD(database.password_file)),
        text_key("database", "data_dir",
                 "where the private PostgreSQL lives; by default in a folder per account, as root "
                 "below /var/lib",
                 FIELD(database.data_dir)),
        duration_key("database", "statement_timeout", "limit for one statement of a report",
                     FIELD(database.statement_timeout)),
        text_key("database", "listen",
                 "address:port where the private PostgreSQL takes BI tools, such as "
                 "127.0.0.1:5433; empty: nowhere",
                 FIELD(database.listen)),
        text_key("database", "certificate_file",
                 "PEM: its certificate for them; empty: it makes one of its own",
                 FIELD(database.certificate_file)),
        text_key("database", "key_file", "PEM: the key of that certificate",
                 FIELD(database.key_file)),
        text_key("database", "public_host",
                 "host or host:port by which BI tools reach the database, for db connection; "
                 "empty: as this machine knows it",
                 FIELD(database.public_host)),
    };
}

std::vector<Key> budget_keys() {
    return {
        number_key("budget", "limit", "requests the account allows per window", 1, 100000,
                   FIELD(budget.limit)),
        duration_key("budget", "window", "the moving window", FIELD(budget.window)),
        number_key("budget", "reserve", "requests left for the account's other tools", 0, 100000,
                   FIELD(budget.reserve)),
    };
}

std::vector<Key> pacing_keys() {
    return {
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
    };
}

std::vector<Key> timeouts_keys() {
    return {
        duration_key("timeouts", "connect", "limit for connecting", FIELD(timeouts.connect)),
        duration_key("timeouts", "first_byte", "limit for the first byte of an answer",
                     FIELD(timeouts.first_byte)),
        duration_key("timeouts", "stall", "limit for silence within an answer",
                     FIELD(timeouts.stall)),
    };
}

std::vector<Key> sync_keys() {
    return {
        {"sync", "resources", "what is mirrored", set_resources,
         [](const Config& c) {
             std::string out;
             for (const std::string& r : c.sync.resources)
                 out += (out.empty() ? "[" : ", ") + toml_string(r);
             return out + "]";
         },
         true},
        {"sync", "begin", "first day of the school; empty: whatever the service has", set_begin,
         [](const Config& c) {
             return toml_string(c.sync.begin ? format_day(*c.sync.begin) : std::string());
         }},
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
    };
}

std::vector<Key> keep_keys() {
    return {
        duration_key("keep", "bodies", "how long received bodies are kept", FIELD(keep.bodies)),
        number_key("keep", "runs", "how many runs are kept", 1, 1000000, FIELD(keep.runs)),
        lifetime_key("keep", "history",
                     "how long earlier versions of rows are kept, such as 730d, beside each row's "
                     "first; never shorter than their bodies; empty: for ever",
                     FIELD(keep.history)),
        number_key("keep", "history_versions",
                   "so many earlier versions a row, the newest and its first; 0: all of them", 0,
                   1000000, FIELD(keep.history_versions)),
    };
}

std::vector<Key> backup_keys() {
    return {
        text_key("backup", "dir", "where serve keeps a dump of each day; empty: none are made",
                 FIELD(backup.dir)),
        number_key("backup", "keep", "so many dumps, the newest", 1, 10000, FIELD(backup.keep)),
    };
}

std::vector<Key> masking_keys() {
    return {
        text_key("masking", "key_file",
                 "file with the key of the hashes in schema masked; empty: gcmirror_masked sees no "
                 "people",
                 FIELD(masking_key_file)),
    };
}

std::vector<Key> write_back_keys() {
    return {
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
        {"write_back", "four_eyes", "whoever makes a plan may not approve it",
         [](Config& c, const std::string& v) { return set_bool(c.write_back.four_eyes, v); },
         [](const Config& c) { return std::string(c.write_back.four_eyes ? "true" : "false"); }},
        duration_key("write_back", "read_again_after",
                     "people and orders of a plan are read again before sending when the mirror is "
                     "older than this and the budget allows",
                     FIELD(write_back.read_again_after), true),
        number_key("write_back", "auto_approve",
                   "a segment's plan of at most so many changes, that creates and pays nothing, "
                   "approves itself; 0: none does",
                   0, 100000, FIELD(write_back.auto_approve)),
        {"write_back", "counts",
         "imports count against the budget; half of it is then left for exports",
         [](Config& c, const std::string& v) { return set_bool(c.write_back.counts, v); },
         [](const Config& c) { return std::string(c.write_back.counts ? "true" : "false"); }},
    };
}

std::vector<Key> schedule_keys() {
    return {
        {"schedule", "sync", "cron expression in the account's zone",
         [](Config& c, const std::string& v) {
             c.schedule_sync_given = true;
             return c.schedule_sync = v, std::string();
         },
         [](const Config& c) { return toml_string(c.schedule_sync); }},
        text_key("schedule", "users", "a further schedule that reads users only; empty: none",
                 FIELD(schedule_users)),
        text_key("schedule", "deals", "the same for deals, for example */30 9-21 * * *",
                 FIELD(schedule_deals)),
        text_key("schedule", "payments", "the same for payments", FIELD(schedule_payments)),
        text_key("schedule", "groups", "the same for groups", FIELD(schedule_groups)),
        duration_key("schedule", "jitter",
                     "a run begins up to this much later, so that not all schools begin at once",
                     FIELD(schedule_jitter), true),
        duration_key("schedule", "catch_up", "a missed run is made up for within this time",
                     FIELD(schedule_catch_up)),
    };
}

std::vector<Key> serve_keys() {
    return {
        text_key("serve", "listen", "address of the dashboard; empty: none", FIELD(serve_listen)),
        text_key("serve", "token_file",
                 "file with the token that clients must give; a must for any address but this "
                 "machine's own",
                 FIELD(serve_token_file)),
        text_key("serve", "approvers_file",
                 "file of lines NAME PASSWORD: who may approve write-back on the dashboard; empty: "
                 "nobody",
                 FIELD(serve_approvers_file)),
        text_key("serve", "certificate_file",
                 "PEM: the dashboard speaks TLS by itself; empty: HTTP",
                 FIELD(serve_certificate_file)),
        text_key("serve", "key_file", "PEM: the key of the certificate", FIELD(serve_key_file)),
        text_key("serve", "hosts",
                 "further host names by which browsers may call it, separated by commas",
                 FIELD(serve_hosts)),
    };
}

std::vector<Key> alert_keys() {
    return {
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
    };
}

std::vector<Key> alert_more_keys() {
    return {
        text_key("alert", "smtp_password_file", "file with its password",
                 FIELD(alert.smtp_password_file)),
        text_key("alert", "mail_from", "sender of alerts", FIELD(alert.mail_from)),
        text_key("alert", "mail_to", "receivers of alerts, separated by commas",
                 FIELD(alert.mail_to)),
        text_key("alert", "good_night",
                 "who gets the morning's figures after a good night: telegram, mail, webhook, or "
                 "several separated by commas; empty: nobody",
                 FIELD(alert.good_night)),
        also_called("dead_man",
                    text_key("alert", "heartbeat_url",
                             "https address that is asked for after a good run, by a monitor that "
                             "reports silence",
                             FIELD(alert.heartbeat_url))),
        text_key("alert", "ca_file",
                 "a further certificate authority for webhook, Telegram, mail and heartbeat_url",
                 FIELD(alert.ca_file)),
        number_key("alert", "attempts", "of a delivery, at growing intervals", 1, 100,
                   FIELD(alert.attempts)),
    };
}

std::vector<Key> fleet_keys() {
    return {
        text_key("fleet", "schools", "folder of *.toml, one a school, for serve --fleet",
                 FIELD(fleet.schools)),
        text_key("fleet", "listen", "address of the page of all schools; empty: none",
                 FIELD(fleet.listen)),
        duration_key("fleet", "stagger",
                     "nights of schools without a schedule of their own begin spread over this",
                     FIELD(fleet.stagger), true),
        number_key("fleet", "loads_at_once", "schools that load or publish at the same time", 1,
                   1000, FIELD(fleet.loads_at_once)),
        text_key("fleet", "slots", "folder of their locks; serve --fleet hands it to each school",
                 FIELD(fleet.slots)),
        text_key("fleet", "database",
                 "URL of the overview that fleet views makes; empty: a private "
                 "PostgreSQL of its own",
                 FIELD(fleet.database)),
        choice_key("fleet", "role",
                   "what the overview reads of each school; masked: keyed hashes instead of people",
                   {"masked", "reader"}, FIELD(fleet.role)),
    };
}

#undef FIELD

}  // namespace

const std::vector<Key>& config_keys() {
    static const std::vector<Key> all = [] {
        std::vector<Key> keys;
        for (const auto section :
             {&getcourse_keys, &database_keys, &budget_keys, &pacing_keys, &timeouts_keys,
              &sync_keys, &keep_keys, &backup_keys, &masking_keys, &write_back_keys, &schedule_keys,
              &serve_keys, &alert_keys, &alert_more_keys, &fleet_keys})
            for (Key& key : section()) keys.push_back(std::move(key));
        return keys;
    }();
    return all;
}

bool names_a_file(const Key& key) {
    return key.name.ends_with("_file") || key.name == "dir" || key.name == "schools" ||
           key.name == "slots";
}

std::string nearest_key(const std::string& wanted) {
    std::vector<std::string> names;
    for (const Key& key : config_keys()) names.push_back("[" + key.section + "] " + key.name);
    return nearest_text(wanted, names, 1);
}

const Key* find_key(const std::string& section, const std::string& name) {
    for (const Key& key : config_keys())
        if (key.section == section && (key.name == name || key.old_name == name)) return &key;
    return nullptr;
}

}  // namespace etl
