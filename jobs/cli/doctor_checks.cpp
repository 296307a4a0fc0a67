#include "jobs/cli/doctor_checks.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "etl/database.hpp"
#include "etl/disk.hpp"
#include "etl/installation.hpp"
#include "etl/journal_pg.hpp"
#include "etl/value.hpp"
#include "jobs/cli/doctor.hpp"
#include "jobs/cli/sql.hpp"
#include "jobs/serve/schedule_cost.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

std::string megabytes(std::uint64_t bytes) { return fmt::format("{} MB", bytes / 1'000'000); }

}  // namespace

Finding check_disk(const std::string& directory, std::uint64_t free_bytes,
                   std::optional<std::uint64_t> database_bytes) {
    const std::string text =
        fmt::format("{} free at {}", megabytes(free_bytes), directory) +
        (database_bytes ? ", the database has " + megabytes(*database_bytes) : "");
    if (free_bytes < std::max(etl::kLeastFree, database_bytes.value_or(0)))
        return found_wrong("disk", text,
                           "Make room for at least as much as the database has (and 1 GB): a load "
                           "that changes everything doubles it for a while. Shorten [keep] bodies.",
                           Kind::database);
    return found_ok("disk", text);
}

std::optional<Finding> check_secret_file(const std::string& setting,
                                         const std::filesystem::path& file) {
    struct stat about {};
    if (file.empty() || stat(file.c_str(), &about) != 0) return std::nullopt;
    if ((about.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) == 0) return std::nullopt;
    return found_note("files",
                      fmt::format("{} {} can be {} by others (mode {:o})", setting, file.string(),
                                  (about.st_mode & (S_IWOTH | S_IWGRP)) != 0 ? "changed" : "read",
                                  about.st_mode & 0777),
                      "chmod 600 " + file.string());
}

void look_at_configuration(Doctor& doctor) {
    const etl::Config& config = doctor.config;
    const std::string from = config.source.empty() ? "defaults and environment" : config.source;
    if (config.getcourse.account.empty() && config.getcourse.url.empty())
        return doctor.findings.push_back(
            found_wrong("configuration", "no GetCourse account is named (" + from + ")",
                        "Set [getcourse] account or GETCOURSE_ACCOUNT.", Kind::usage));
    if (config.key.empty())
        return doctor.findings.push_back(found_wrong("configuration", "no API key (" + from + ")",
                                                     "Set GETCOURSE_KEY, or [getcourse] key_file.",
                                                     Kind::usage));
    doctor.findings.push_back(found_ok("configuration", config.base_url() + ", from " + from));
}

void look_at_files(Doctor& doctor) {
    const etl::Config& config = doctor.config;
    const std::size_t before = doctor.findings.size();
    for (const auto& [setting, file] :
         {std::pair("[getcourse] key_file", &config.getcourse.key_file),
          std::pair("[getcourse] write_key_file", &config.getcourse.write_key_file),
          std::pair("[database] password_file", &config.database.password_file),
          std::pair("[serve] token_file", &config.serve_token_file),
          std::pair("[alert] telegram_token_file", &config.alert.telegram_token_file),
          std::pair("[alert] smtp_password_file", &config.alert.smtp_password_file)})
        if (auto finding = check_secret_file(setting, *file))
            doctor.findings.push_back(std::move(*finding));
    if (doctor.findings.size() == before)
        doctor.findings.push_back(found_ok("files", "none that holds a secret is open to others"));
}

void look_at_database(Doctor& doctor) {
    const etl::Config& config = doctor.config;
    try {
        doctor.connection.emplace(etl::open_database(config, "doctor"));
        if (!config.getcourse.account.empty() || !config.getcourse.url.empty())
            etl::require_own_database(*doctor.connection, config);  // or nothing is asked
        const auto found = doctor.connection->query(
            "SELECT pg_database_size(current_database()), (SELECT max(number) FROM "
            "migration.applied)");
        doctor.database_bytes = static_cast<std::uint64_t>(found.number(0, 0));
        doctor.findings.push_back(
            found_ok("database", fmt::format("PostgreSQL {}, {}, migrations {}{}",
                                             doctor.connection->server_version() / 10000,
                                             megabytes(*doctor.database_bytes), found.text(0, 1),
                                             config.database.url.empty() ? ", private" : "")));
    } catch (const Error& error) {
        doctor.connection.reset();
        doctor.findings.push_back(
            found_wrong("database", error.what(),
                        error.hint().empty() ? "See the message." : error.hint(), Kind::database));
    } catch (const std::exception& error) {  // a folder that cannot be made
        doctor.findings.push_back(found_wrong("database", error.what(),
                                              "Name another folder with [database] data_dir.",
                                              Kind::database));
    }
}

void look_at_disk(Doctor& doctor) {
    if (!doctor.config.database.url.empty())
        return doctor.findings.push_back(
            found_ok("disk", "the server is yours: its disk is not looked at"));
    const std::string folder = doctor.config.data_dir().string();
    const auto free = etl::free_bytes(folder);
    doctor.findings.push_back(
        free ? check_disk(folder, *free, doctor.database_bytes)
             : found_wrong("disk", folder + " cannot be examined",
                           "Name a folder that exists with [database] data_dir.", Kind::usage));
}

void look_at_roles(Doctor& doctor) {
    const auto undone =
        doctor.connection->query("SELECT what, text FROM journal.undone ORDER BY 1");
    for (std::size_t i = 0; i < undone.rows(); ++i)
        doctor.findings.push_back(
            found_wrong("analysts", undone.text(i, 0) + ": " + undone.text(i, 1),
                        "The next sync tries again; on a server without CREATEROLE hand "
                        "jobs/report/bi/roles.sql to its administrator.",
                        Kind::database));
    for (Finding& finding : check_roles(*doctor.connection))
        doctor.findings.push_back(std::move(finding));
    const bool masks =
        doctor.connection->value("SELECT count(*) FROM journal.mask WHERE plain = ''") == "1";
    if (doctor.config.masking_key.empty() && !masks)
        doctor.findings.push_back(
            found_note("roles", "gcmirror_masked sees no people at all: no masking key",
                       "Set [masking] key_file if it should see keyed hashes."));
}

void look_at_zone(Doctor& doctor) {
    const std::string& zone = doctor.config.getcourse.time_zone;
    const auto known = doctor.connection->query(
        "SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1), (SELECT time_zone FROM "
        "report.settings), (SELECT count(*) FROM journal.run WHERE loaded_at IS NOT NULL)",
        {zone});
    if (!known.flag(0, 0))
        return doctor.findings.push_back(
            found_wrong("zone", "PostgreSQL does not know the zone " + zone,
                        "Install tzdata on the server.", Kind::database));
    if (known.text(0, 1) != zone && known.number(0, 2) > 0)
        return doctor.findings.push_back(found_note(
            "zone",
            fmt::format("the mirror was read in {}, the configuration says {}", known.text(0, 1),
                        zone),
            "Is that meant? gcmirror replay reads the kept bodies again in the new zone."));
    doctor.findings.push_back(found_ok("zone", zone));
}

void look_at_schedule(Doctor& doctor) {
    const etl::Config& config = doctor.config;
    try {
        check_schedule(config);
    } catch (const Error& error) {
        return doctor.findings.push_back(
            found_wrong("schedule", error.what(), error.hint(), Kind::usage));
    }
    const auto journal = etl::pg_journal(*doctor.connection, etl::rules_of(config));
    const etl::Zone zone(config.getcourse.time_zone);
    const auto day_of = [&](etl::Instant t) { return zone.today(t); };
    const Plan plan = plan_of(
        *journal, config,
        planned_queries(*doctor.connection, config, day_of, zone.today(journal->now()), {}));
    const std::string sentence =
        fmt::format("\"{}\"; the next sync {}", config.schedule_sync, plan_sentence(plan, config));
    if (plan.fit == PlanFit::does_not_fit)
        return doctor.findings.push_back(found_note(
            "schedule", sentence,
            "Spread it: fewer resources, a longer [sync] deadline, or a smaller look_back."));
    doctor.findings.push_back(found_ok("schedule", sentence));
}

void look_at_freshness(Doctor& doctor) {
    const auto last = doctor.connection->query(cli_sql("last_sync"));
    if (last.empty())
        return doctor.findings.push_back(
            found_note("freshness", "nothing has been mirrored yet", "Run gcmirror sync."));
    const std::string &run = last.text(0, 0), state = last.text(0, 1), reason = last.text(0, 2);
    const std::string text = fmt::format("run {} {} ago: {}{}{}", run, last.text(0, 3), state,
                                         reason.empty() ? "" : ", ", reason);
    if (state == "failed" || state == "died" || state == "partial")
        doctor.findings.push_back(found_note(
            "freshness", text,
            "gcmirror explain " + run + " shows its requests; the next sync goes on from there."));
    else
        doctor.findings.push_back(found_ok("freshness", text));
    const auto refused =
        doctor.connection->query(cli_sql("refused_bodies"), {doctor.config.getcourse.time_zone});
    for (std::size_t i = 0; i < refused.rows(); ++i)
        doctor.findings.push_back(found_note(
            "refused",
            fmt::format("{}: {} rows are not in the tables: {}", refused.text(i, 1),
                        refused.text(i, 2), refused.text(i, 4)),
            fmt::format("gcmirror export retry {} loads the kept body with the next sync; drop "
                        "gives it up.",
                        refused.text(i, 0))));
}

void look_at_history(Doctor& doctor) {
    const etl::Config::Keep& keep = doctor.config.keep;
    const auto held = doctor.connection->query(
        "SELECT sum(versions), sum(bytes), sum(versions_dropped), to_char(max(dropped_until) AT "
        "TIME ZONE $1, 'YYYY-MM-DD HH24:MI') FROM history.horizon",
        {doctor.config.getcourse.time_zone});
    std::string text = fmt::format("about {} earlier versions in {}, ", held.number(0, 0),
                                   megabytes(static_cast<std::uint64_t>(held.number(0, 1))));
    if (keep.history <= etl::Duration{} && keep.history_versions <= 0)
        text += "kept for ever";
    else if (keep.history_versions <= 0)
        text += "kept for " + etl::format_duration(keep.history);
    else if (keep.history <= etl::Duration{})
        text += fmt::format("the newest {} of a row and its first are kept", keep.history_versions);
    else
        text += fmt::format("kept for {}, the newest {} of a row and its first",
                            etl::format_duration(keep.history), keep.history_versions);
    if (held.number(0, 2) > 0)
        text +=
            fmt::format("; {} were dropped: whole from {} on", held.number(0, 2), held.text(0, 3));
    doctor.findings.push_back(found_ok("history", text));
}

void look_at_push(Doctor& doctor) {
    const auto found = doctor.connection->query(cli_sql("open_changes"));
    const std::int64_t breaks = found.number(0, 0), open = found.number(0, 1),
                       old = found.number(0, 2), to_send = found.number(0, 3);
    if (breaks > 0)
        return doctor.findings.push_back(
            found_wrong("write-back", "the audit does not fit its chain of hashes",
                        "Somebody has changed outbox.audit; gcmirror push verify names the line.",
                        Kind::database));
    if (old > 0)
        return doctor.findings.push_back(found_note(
            "write-back",
            fmt::format("{} changes were sent over three days ago and no export has shown them yet",
                        old),
            "gcmirror sync --full reads everything back; gcmirror push verify lists them."));
    if (open + to_send > 0)
        doctor.findings.push_back(found_ok(
            "write-back",
            fmt::format("{} changes wait for the next sync to read them back, {} to be sent", open,
                        to_send)));
}

void look_at_alerts(Doctor& doctor) {
    const etl::Config& config = doctor.config;
    std::string names;
    for (const auto& [name, set] : {std::pair("heartbeat_url", !config.alert.heartbeat_url.empty()),
                                    std::pair("mail", !config.alert.smtp.empty()),
                                    std::pair("telegram", !config.telegram_token.empty()),
                                    std::pair("webhook", !config.alert.webhook.empty())})
        if (set) names += (names.empty() ? "" : ", ") + std::string(name);
    if (names.empty())
        return doctor.findings.push_back(
            found_note("alerts", "nobody hears of a night that failed",
                       "Set [alert] webhook, Telegram or smtp; gcmirror alert test tries them. "
                       "heartbeat_url tells when the whole machine is down."));
    const std::string failed = doctor.connection->value(
        "SELECT count(*) FROM journal.delivery WHERE given_up AND made_at > clock_timestamp() - "
        "interval '7 days'");
    if (failed != "0")
        return doctor.findings.push_back(found_note("alerts",
                                                    failed + " messages of this week never arrived",
                                                    "gcmirror alert test says why."));
    doctor.findings.push_back(found_ok("alerts", names));
}

}  // namespace jobs
