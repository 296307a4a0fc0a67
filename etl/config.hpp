// Everything that can be configured, with defaults; read from TOML and environment and validated at
// once.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "etl/clock.hpp"

namespace etl {

// A value that never shows itself: no stream operator, no implicit conversion; registered with
// log::add_secret.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value);
    [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

private:
    std::string value_;
};

struct Config {
    struct GetCourse {
        std::string
            account;  // "school" -> https://school.getcourse.ru; a full host name is taken as it is
        std::string url;  // https://host[:port]; wins over account
        std::string key_file;
        std::string write_key_file;
        std::string time_zone = "Europe/Moscow";
        std::string ca_file;  // a further certificate authority
        bool export_by_post =
            false;  // key and filters as a form instead of a query (getcourse-api.md 1, 11.15)
    } getcourse;
    struct Database {
        std::string url;            // empty: a private cluster below data_dir
        std::string password_file;  // its content becomes part of url
        std::string data_dir = "~/.local/share/gcmirror";
        Duration statement_timeout = std::chrono::minutes{5};  // of a report
        std::string listen;  // host:port of the private cluster; empty: its socket only
        std::string certificate_file, key_file;  // PEM of its TLS; both empty: made by itself
        std::string public_host;  // by which BI tools call it: host or host:port; empty: ours
    } database;
    struct Budget {
        int limit = 100;
        Duration window = std::chrono::hours{2};
        int reserve = 10;  // left for the account's other tools
    } budget;
    struct Pacing {
        Duration first_poll = std::chrono::seconds{15};
        double growth = 1.6;
        Duration longest_gap = std::chrono::minutes{5};
        Duration busy_gap = std::chrono::minutes{1};
        Duration cool_down =
            std::chrono::minutes{15};  // getcourse-api.md 11.5: at least 15 minutes after 903
        Duration export_deadline = std::chrono::minutes{45};
    } pacing;
    struct Timeouts {
        Duration connect = std::chrono::seconds{20};
        Duration first_byte = std::chrono::minutes{5};
        Duration stall = std::chrono::minutes{1};
    } timeouts;
    struct Sync {
        std::vector<std::string> resources = {"users", "deals", "payments", "groups"};
        std::optional<Day> begin;  // first day of the school; nullopt: asked without a lower bound
        Duration look_back = std::chrono::hours{24 * 31};
        Duration sweep = std::chrono::hours{24 * 30};
        std::string publish = "together";  // or "each"
        Duration deadline =
            std::chrono::hours{6};  // of a run: past it, what is complete is published
        int rows_per_export =
            200000;  // windows are cut so that an export stays below, once density is known
        double red_rejects = 0.2;  // share of rows set aside in one body that stops its publication
        double gone_limit =
            0.05;  // share of a window that may vanish at once and still be believed
        std::string users_new_fields = "evolve";  // evolve, freeze, quarantine
        std::string deals_new_fields = "evolve";
    } sync;
    struct Keep {
        Duration bodies = std::chrono::hours{
            24 * 90};  // bodies older than this and not needed for the newest state go
        int runs = 400;
        Duration history{};        // how long earlier versions stay; 0: for ever
        int history_versions = 0;  // so many of a row, beside its first; 0: all
    } keep;
    struct Backup {
        std::string dir;  // where serve keeps dumps; empty: none are made
        int keep = 14;
    } backup;
    std::string masking_key_file;
    struct WriteBack {
        std::string dir;            // the school's own *.sql beside the built-in ones; empty: none
        int monthly_allowance = 0;  // new people and orders per month; 0: not known, counted only
        int allowance_day = 1;      // day of the month on which the allowance begins anew
        std::string order_prefix = "gcm-";  // every order we create has a number that begins so
        Duration plan_expiry = std::chrono::hours{48};
        Duration gap = std::chrono::milliseconds{250};  // between two imports
        int stop_after = 5;  // answers in a row that took nothing or said nothing end a send
        int attempts =
            2;  // of a change whose answer is lost; an export speaks before each further one
        Duration settle_after = std::chrono::minutes{
            1};  // an export speaks about what ended at least so long before it began
        bool four_eyes = false;  // whoever plans may not approve, under no other name either
        Duration read_again_after =
            std::chrono::minutes{15};  // what a plan speaks of is read again before sending, when
                                       // the mirror is older than this and the budget allows
        int auto_approve = 0;  // a segment's plan of at most so many changes approves itself
        bool counts =
            false;  // whether imports count against the budget (getcourse-api.md 5: they do not)
    } write_back;
    std::string schedule_sync = "30 3 * * *";
    bool schedule_sync_given = false;  // by the file or the environment: a fleet leaves it as it is
    // Further runs of one resource beside it; empty: none.
    std::string schedule_users, schedule_deals, schedule_payments, schedule_groups;
    Duration schedule_jitter = std::chrono::minutes{
        2};  // a run begins up to this much later, the same each night for the same school
    Duration schedule_catch_up =
        std::chrono::hours{12};  // a run that nobody was there for is made up for within this time
    std::string serve_listen = "127.0.0.1:8080";  // of the dashboard; empty: none
    std::string serve_token_file;  // demanded from every client; a must for other addresses than
                                   // this machine's
    std::string serve_approvers_file;  // who may approve plans on the dashboard; empty: nobody
    std::string serve_certificate_file, serve_key_file;  // PEM; both empty: plain HTTP
    std::string serve_hosts;  // further names by which browsers may call it, separated by commas
    struct Alert {
        Duration fresh_within =
            std::chrono::hours{30};  // older than this, a table's numbers are not to be trusted
        Duration late_after = std::chrono::hours{1};  // a run that is due and has not begun
        std::string language = "ru";                  // of what people are sent: ru, en
        std::string webhook;                          // https address: each alert as JSON
        std::string telegram_token_file, telegram_chat;
        std::string telegram_url = "https://api.telegram.org";
        std::string
            smtp;  // host:port; 465 is TLS from the start, others STARTTLS unless smtp_plain
        bool smtp_plain = false;  // no TLS: only for a mail server on this machine
        std::string smtp_user, smtp_password_file, mail_from, mail_to;
        std::string good_night;     // channels that get the morning after a good night
        std::string heartbeat_url;  // https address that is asked for after a good run
        std::string ca_file;        // a further certificate authority for these
        int attempts = 8;           // of a delivery, at growing intervals
    } alert;
    struct Fleet {
        std::string schools = "/etc/gcmirror/schools.d";  // folder of *.toml, one a school
        std::string listen = "127.0.0.1:8090";            // of the page of all; empty: none
        Duration stagger = std::chrono::hours{2};  // nights without a schedule begin within this
        int loads_at_once = 2;                     // schools that load or publish at the same time
        std::string slots;     // folder of their locks, handed down to each school; empty: no limit
        std::string database;  // url of the overview; empty: a private cluster of its own
        std::string role = "masked";  // what the overview reads of the schools: masked, reader
    } fleet;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>>
        headings;  // [headings.deals] "Cost" = "cost"

    Secret key;  // GETCOURSE_KEY or key_file
    Secret serve_token;
    std::vector<std::pair<std::string, Secret>> approvers;  // name, password
    Secret telegram_token, smtp_password;
    Secret masking_key;  // of the hashes in schema masked; empty: none are made
    Secret write_key;    // never filled unless asked for by push
    std::string source;  // the file read, for messages; empty: none

    [[nodiscard]] std::string base_url() const;  // https://school.getcourse.ru
    [[nodiscard]] std::vector<std::string> good_night_channels() const;
    [[nodiscard]] std::filesystem::path data_dir() const;  // ~ resolved
};

// Reads `file` (or the first of $GCMIRROR_CONFIG, ./gcmirror.toml, /etc/gcmirror/gcmirror.toml;
// none is fine), then the environment GCMIRROR_<SECTION>_<KEY>, GETCOURSE_ACCOUNT, GETCOURSE_KEY.
// Files and folders that the file names without a leading slash lie beside it. All problems are
// reported in one Error{usage}: unknown keys and variables (with the nearest known), impossible
// dates and zones, ranges, keys and accounts that can be none. `environment` stands in for getenv
// in tests.
[[nodiscard]] Config load_config(const std::optional<std::filesystem::path>& file,
                                 const std::map<std::string, std::string>& environment,
                                 bool with_write_key = false);
// The same of a file alone, for somebody who looks at several schools: of all secrets only the
// database's password is read.
[[nodiscard]] Config load_without_keys(const std::filesystem::path& file);
[[nodiscard]] std::map<std::string, std::string> process_environment();
// Error{usage} with what to set, when account or key is missing.
void require_account(const Config& config);
// gcmirror.toml with every key and its default, commented; what `init` writes.
[[nodiscard]] std::string example_config(const std::string& account = {});

}  // namespace etl
