#include "jobs/cli/doctor.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <ostream>
#include <sstream>

#include "etl/database.hpp"
#include "etl/export_runner.hpp"
#include "etl/journal_pg.hpp"
#include "etl/transport.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/serve/cron.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Level = Finding::Level;

constexpr etl::Micros kClockTolerance = std::chrono::minutes{2};
constexpr etl::Micros kWaitForBudget = std::chrono::seconds{30};
constexpr std::uint64_t kLeastFree = 1'000'000'000;

std::string megabytes(std::uint64_t bytes) { return std::to_string(bytes / 1'000'000) + " MB"; }

class Examination {
public:
    explicit Examination(Context& context) : context_(context), config_(context.config) {}

    void configuration() {
        const std::string from =
            config_.source.empty() ? "defaults and environment" : config_.source;
        if (config_.getcourse.account.empty() && config_.getcourse.url.empty())
            return wrong("configuration", "no GetCourse account is named (" + from + ")",
                         "Set [getcourse] account or GETCOURSE_ACCOUNT.", Kind::usage);
        if (config_.key.empty())
            return wrong("configuration", "no API key (" + from + ")",
                         "Set GETCOURSE_KEY, or [getcourse] key_file.", Kind::usage);
        ok("configuration", config_.base_url() + ", from " + from);
    }

    bool database() {
        try {
            connection_.emplace(etl::open_database(config_, "doctor"));
            size_ = static_cast<std::uint64_t>(
                std::stoll(connection_->value("SELECT pg_database_size(current_database())")));
            ok("database", "PostgreSQL " + std::to_string(connection_->server_version() / 10000) +
                               ", " + megabytes(size_) + ", migrations " +
                               connection_->value("SELECT max(number) FROM migration.applied") +
                               (config_.database.url.empty() ? ", private" : ""));
            return true;
        } catch (const Error& error) {
            wrong("database", error.what(),
                  error.hint().empty() ? "See the message." : error.hint(), Kind::database);
            return false;
        }
    }

    void roles() {
        const auto undone = connection_->query("SELECT what, text FROM journal.undone ORDER BY 1");
        for (std::size_t i = 0; i < undone.rows(); ++i)
            wrong("analysts", undone.text(i, 0) + ": " + undone.text(i, 1),
                  "The next sync tries again; on a server without CREATEROLE hand "
                  "jobs/report/bi/roles.sql to its administrator.",
                  Kind::database);
        for (Finding& finding : check_roles(*connection_)) findings_.push_back(std::move(finding));
        const bool masks =
            connection_->value("SELECT count(*) FROM journal.mask WHERE plain = ''") == "1";
        if (config_.masking_key.empty() && !masks)
            note("roles", "gcmirror_masked sees no people at all: no masking key",
                 "Set [masking] key_file if it should see keyed hashes.");
    }

    void disk() {
        if (!config_.database.url.empty())
            return ok("disk", "the server is yours: its disk is not looked at");
        std::error_code failed;
        const auto space = std::filesystem::space(config_.data_dir(), failed);
        if (failed)
            return wrong("disk",
                         config_.data_dir().string() + " cannot be examined: " + failed.message(),
                         "Name a folder that exists with [database] data_dir.", Kind::usage);
        findings_.push_back(check_disk(config_.data_dir().string(), space.available, size_));
    }

    void zone() {
        const auto known = connection_->query(
            "SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1), (SELECT time_zone FROM "
            "report.settings), (SELECT count(*) FROM journal.run WHERE loaded_at IS NOT NULL)",
            {config_.getcourse.time_zone});
        if (!known.flag(0, 0))
            return wrong("zone", "PostgreSQL does not know the zone " + config_.getcourse.time_zone,
                         "Install tzdata on the server.", Kind::database);
        if (known.text(0, 1) != config_.getcourse.time_zone && known.number(0, 2) > 0)
            return note(
                "zone",
                "the mirror was read in " + known.text(0, 1) + ", the configuration says " +
                    config_.getcourse.time_zone,
                "Is that meant? gcmirror replay reads the kept bodies again in the new zone.");
        ok("zone", config_.getcourse.time_zone);
    }

    void schedule() {
        try {
            check_schedule(config_);
        } catch (const Error& error) {
            return wrong("schedule", error.what(), error.hint(), Kind::usage);
        }
        const auto journal = open_journal();
        const etl::Zone zone(config_.getcourse.time_zone);
        const auto day_of = [&](etl::Instant t) { return zone.today(t); };
        const Plan plan =
            plan_of(*connection_, *journal, config_,
                    planned_queries(*connection_, config_, day_of, zone.today(journal->now()), {}));
        const std::string sentence =
            "\"" + config_.schedule_sync + "\"; the next sync " + plan_sentence(plan, config_);
        if (plan.fit == PlanFit::does_not_fit)
            return note(
                "schedule", sentence,
                "Spread it: fewer resources, a longer [sync] deadline, or a smaller look_back.");
        ok("schedule", sentence);
    }

    void freshness() {
        const auto last = connection_->query(
            "SELECT id, state, coalesce(reason, ''), date_trunc('minute', clock_timestamp() - "
            "started_at) FROM journal.run WHERE job = 'sync' ORDER BY id DESC LIMIT 1");
        if (last.empty())
            return note("freshness", "nothing has been mirrored yet", "Run gcmirror sync.");
        const std::string text = "run " + last.text(0, 0) + " " + last.text(0, 3) +
                                 " ago: " + last.text(0, 1) +
                                 (last.text(0, 2).empty() ? "" : ", " + last.text(0, 2));
        const std::string& state = last.text(0, 1);
        if (state == "failed" || state == "died" || state == "partial")
            return note("freshness", text,
                        "gcmirror explain " + last.text(0, 0) +
                            " shows its requests; the next sync goes on from there.");
        ok("freshness", text);
    }

    void write_back() {
        const auto found = connection_->query(
            "SELECT (SELECT count(*) FROM outbox.audit_breaks), count(*) FILTER (WHERE state IN "
            "('written', 'unclear', 'sending')), "
            "count(*) FILTER (WHERE state IN ('written', 'unclear', 'sending') AND (SELECT "
            "max(a.sent_at) FROM outbox.attempt a WHERE a.change_id = c.id) < clock_timestamp() - "
            "interval '3 days'), count(*) "
            "FROM outbox.change c WHERE settled_at IS NULL");
        if (found.number(0, 0) > 0)
            return wrong("write-back", "the audit does not fit its chain of hashes",
                         "Somebody has changed outbox.audit; gcmirror push verify names the line.",
                         Kind::database);
        if (found.number(0, 2) > 0)
            return note(
                "write-back",
                found.text(0, 2) +
                    " changes were sent over three days ago and no export has shown them yet",
                "gcmirror sync --full reads everything back; gcmirror push verify lists them.");
        if (found.number(0, 3) > 0)
            ok("write-back",
               found.text(0, 1) + " changes wait for the next sync to read them back, " +
                   std::to_string(found.number(0, 3) - found.number(0, 1)) + " to be sent");
    }

    void alerts() {
        std::string names = config_.alert.dead_man.empty() ? "" : "dead_man";
        if (!config_.alert.smtp.empty()) names += (names.empty() ? "" : ", ") + std::string("mail");
        if (!config_.telegram_token.empty())
            names += (names.empty() ? "" : ", ") + std::string("telegram");
        if (!config_.alert.webhook.empty())
            names += (names.empty() ? "" : ", ") + std::string("webhook");
        if (names.empty())
            return note("alerts", "nobody hears of a night that failed",
                        "Set [alert] webhook, Telegram or smtp; gcmirror alert test tries them. "
                        "dead_man tells when the whole machine is down.");
        const auto failed = connection_->query(
            "SELECT count(*) FROM journal.delivery WHERE given_up AND made_at > clock_timestamp() "
            "- interval '7 days'");
        if (failed.number(0, 0) > 0)
            return note("alerts", failed.text(0, 0) + " messages of this week never arrived",
                        "gcmirror alert test says why.");
        ok("alerts", names);
    }

    // One request: the list of fields. It proves address, certificate and key, and the next sync
    // need not ask for it again.
    void service() {
        if (config_.key.empty() || config_.base_url() == "https://.getcourse.ru") return;
        context_.err << "asking " << config_.base_url()
                     << " for its list of fields: one request of the budget\n";
        const auto journal = open_journal();
        const std::int64_t run = journal->begin_run("doctor", "{}");
        const auto clock = etl::system_clock();
        const auto transport =
            etl::https_transport(config_.base_url(), config_.getcourse.ca_file, config_.timeouts);
        etl::ExportRunner runner(*transport, *journal, *clock, config_,
                                 [](const etl::Progress&) {});
        etl::ExportQuery query;
        query.resource = "fields";
        try {
            const etl::ExportOutcome outcome =
                runner.list(run, query, journal->now() + kWaitForBudget, context_.stop);
            const bool received = outcome.row.state == etl::ExportState::received;
            journal->finish_run(run, received ? "done" : "failed", received ? 0 : 5,
                                received ? "" : outcome.row.reason);
            if (received)
                ok("key", "the service answers and takes the key");
            else
                wrong("key", "the service did not give its list of fields: " + outcome.row.reason,
                      "Look at gcmirror explain " + std::to_string(run) + ".", Kind::refused);
            const auto answer = connection_->query(
                "SELECT service_date, answered_at FROM journal.request WHERE run_id = $1 AND "
                "service_date <> '' ORDER BY id DESC LIMIT 1",
                {std::to_string(run)});
            if (!answer.empty())
                findings_.push_back(check_clock(answer.text(0, 0), journal->now()));
        } catch (const Error& error) {
            journal->finish_run(run, error.kind() == Kind::postponed ? "postponed" : "failed",
                                etl::exit_code(error.kind()), error.what());
            if (error.kind() == Kind::postponed)
                note("key", std::string("not asked: ") + error.what(),
                     "ExportQuery again when the budget has room; gcmirror status shows when.");
            else
                wrong("key", error.what(), error.hint(), error.kind());
        }
    }

    int print() const {
        int code = 0;
        for (const Finding& finding : findings_)
            if (finding.level == Level::wrong && code == 0) code = etl::exit_code(finding.kind);
        static constexpr const char* kNames[] = {"ok", "note", "wrong"};
        if (context_.json) {
            context_.out << "[";
            for (std::size_t i = 0; i < findings_.size(); ++i) {
                const Finding& finding = findings_[i];
                context_.out << (i > 0 ? ",\n {" : "\n {") << "\"level\": \""
                             << kNames[static_cast<int>(finding.level)] << "\"";
                for (const auto& [name, text] :
                     {std::pair("topic", &finding.topic), std::pair("text", &finding.text),
                      std::pair("cure", &finding.cure)}) {
                    context_.out << ", \"" << name << "\": ";
                    print_json_string(context_.out, *text);
                }
                context_.out << "}";
            }
            context_.out << "\n]\n";
            return code;
        }
        for (const Finding& finding : findings_) {
            const std::string level = kNames[static_cast<int>(finding.level)];
            context_.out << level << std::string(7 - level.size(), ' ') << finding.topic
                         << std::string(15 - finding.topic.size(), ' ') << finding.text << '\n';
            if (finding.level != Level::ok && !finding.cure.empty())
                context_.out << std::string(22, ' ') << "-> " << finding.cure << '\n';
        }
        return code;
    }

private:
    [[nodiscard]] std::unique_ptr<etl::Journal> open_journal() {
        return etl::pg_journal(
            *connection_, {config_.budget.limit, config_.budget.window, config_.budget.reserve});
    }
    void ok(const char* topic, const std::string& text) {
        findings_.push_back({Level::ok, topic, text, {}, Kind::usage});
    }
    void note(const char* topic, const std::string& text, const std::string& cure) {
        findings_.push_back({Level::note, topic, text, cure, Kind::usage});
    }
    void wrong(const char* topic, const std::string& text, const std::string& cure, Kind kind) {
        findings_.push_back({Level::wrong, topic, text, cure, kind});
    }

    Context& context_;
    const etl::Config& config_;
    std::optional<etl::pg::Connection> connection_;
    std::uint64_t size_ = 0;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_roles(etl::pg::Connection& connection) {
    std::vector<Finding> findings;
    for (const auto& [role, schemas] :
         {std::pair("gcmirror_reader", "{report,mirror,history,analytics}"),
          std::pair("gcmirror_masked", "{masked}")}) {
        const std::string name = role;
        const auto found = connection.query(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR EXISTS (SELECT "
            "FROM pg_auth_members WHERE member = r.oid) FROM pg_roles r WHERE rolname = $1",
            {name});
        if (found.empty()) {
            findings.push_back({Level::note, "roles", name + " does not exist",
                                "As a superuser of the server: CREATE ROLE " + name +
                                    " LOGIN; then SELECT report.grant_roles();",
                                Kind::database});
            continue;
        }
        if (found.flag(0, 0)) {
            findings.push_back({Level::wrong, "roles",
                                name + " has powers or memberships of other roles",
                                "ALTER ROLE " + name +
                                    " NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS, and REVOKE "
                                    "the roles it is a member of.",
                                Kind::database});
            continue;
        }
        const std::string sees = connection.value(
            "SELECT coalesce(string_agg(n.nspname || '.' || c.relname, ', ' ORDER BY 1), '') FROM "
            "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', "
            "'v', 'm', 'p', 'f') "
            "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE "
            "'pg_t%' AND n.nspname <> ALL ($2::text[]) AND has_schema_privilege($1, n.oid, "
            "'USAGE') AND has_table_privilege($1, c.oid, 'SELECT')",
            {name, std::string(schemas)});
        const std::string writes = connection.value(
            "SELECT coalesce(string_agg(n.nspname || '.' || c.relname, ', ' ORDER BY 1), '') FROM "
            "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', "
            "'v', 'p', 'f') "
            "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'analytics') AND n.nspname "
            "NOT LIKE "
            "'pg_t%' AND has_schema_privilege($1, n.oid, 'USAGE') AND has_table_privilege($1, "
            "c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')",
            {name});
        const std::string lacks = connection.value(
            "SELECT coalesce(string_agg(n.nspname || '.' || c.relname, ', ' ORDER BY 1), '') FROM "
            "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' "
            "AND n.nspname = ANY ($2::text[]) AND NOT has_table_privilege($1, c.oid, 'SELECT')",
            {name, std::string(schemas)});
        if (!sees.empty())
            findings.push_back({Level::wrong, "roles", name + " sees " + sees,
                                "REVOKE SELECT ON " + sees + " FROM " + name + " (or from PUBLIC).",
                                Kind::database});
        if (!writes.empty())
            findings.push_back({Level::wrong, "roles", name + " may write to " + writes,
                                "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON " + writes + " FROM " +
                                    name + " (or from PUBLIC).",
                                Kind::database});
        if (!lacks.empty())
            findings.push_back({Level::note, "roles", name + " cannot read " + lacks,
                                "SELECT report.grant_roles();", Kind::database});
        if (sees.empty() && writes.empty() && lacks.empty())
            findings.push_back({Level::ok,
                                "roles",
                                name + " reads what it should and nothing else",
                                {},
                                Kind::database});
    }
    return findings;
}

Finding check_clock(const std::string& service_date, etl::Instant ours) {
    Poco::DateTime date;
    int zone = 0;
    const bool whole = service_date.size() == std::string_view("Wed, 25 Nov 2026 12:00:00 GMT")
                                                  .size();  // the parser alone takes any text
    if (!whole || !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::HTTP_FORMAT, service_date,
                                                  date, zone))
        return {Level::note, "clock",
                "the service's Date is \"" + service_date + "\", which cannot be read",
                "Nothing to do; clocks were not compared.", Kind::usage};
    const etl::Micros apart =
        ours - etl::Instant{etl::Micros{date.timestamp().epochMicroseconds()}};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(apart).count();
    const std::string text =
        seconds == 0 ? "the same second as the service's"
                     : std::to_string(std::abs(seconds)) +
                           (seconds > 0 ? " s ahead of the service's" : " s behind the service's");
    if (apart > kClockTolerance || apart < -kClockTolerance)
        return {Level::wrong, "clock", text,
                "Set the machine's clock, for instance with systemd-timesyncd: days and the "
                "budget's window depend on it.",
                Kind::usage};
    return {Level::ok, "clock", text, {}, Kind::usage};
}

Finding check_disk(const std::string& directory, std::uint64_t free_bytes,
                   std::uint64_t database_bytes) {
    const std::string text = megabytes(free_bytes) + " free at " + directory +
                             ", the database has " + megabytes(database_bytes);
    if (free_bytes < std::max(kLeastFree, database_bytes))
        return {Level::wrong, "disk", text,
                "Make room for at least as much as the database has (and 1 GB): a load that "
                "changes everything doubles it for a while. Shorten [keep] bodies.",
                Kind::database};
    return {Level::ok, "disk", text, {}, Kind::usage};
}

int run_doctor(Context& context, bool offline) {
    Examination examination(context);
    examination.configuration();
    if (examination.database()) {
        examination.roles();
        examination.disk();
        examination.zone();
        examination.schedule();
        examination.freshness();
        examination.write_back();
        examination.alerts();
        if (!offline) examination.service();
    }
    return examination.print();
}

Run declare_doctor(CLI::App& app, const GlobalOptions&) {
    auto offline = std::make_shared<bool>(false);
    app.add_flag("--offline", *offline, "send nothing");
    return [offline](Context& context) { return run_doctor(context, *offline); };
}

}  // namespace jobs
