#include "jobs/sync/sync.hpp"

#include <optional>
#include <ostream>

#include "etl/database.hpp"
#include "etl/disk.hpp"
#include "etl/error.hpp"
#include "etl/export_runner.hpp"
#include "etl/installation.hpp"
#include "etl/journal_pg.hpp"
#include "etl/log.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "jobs/output/words.hpp"
#include "jobs/sync/extraction.hpp"
#include "jobs/sync/load_ahead.hpp"
#include "jobs/sync/load_slot.hpp"
#include "jobs/sync/publish.hpp"
#include "jobs/sync/run_findings.hpp"
#include "jobs/sync/sql.hpp"
#include "jobs/sync/sync_summary.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// One execution: what it owns, and the steps in the order they happen.
class Sync {
public:
    Sync(const etl::Config& config, const SyncOptions& options, std::ostream& out,
         std::ostream& err, std::stop_token stop)
        : config_(config),
          options_(options),
          out_(out),
          err_(err),
          stop_(std::move(stop)),
          zone_(config.getcourse.time_zone),
          url_(etl::database_url(config)),
          journal_connection_(url_, "journal"),
          load_connection_(url_, "load"),
          clock_(options.clock ? options.clock() : etl::system_clock(options.alive)),
          transport_(options.transport
                         ? options.transport()
                         : etl::https_transport(config.base_url(), config.getcourse.ca_file,
                                                config.timeouts)) {
        journal_connection_.reopen_within(kDatabaseAway, stop_);
        load_connection_.reopen_within(kDatabaseAway, stop_);
        etl::migrate(journal_connection_);
        etl::claim_database(journal_connection_, config);
        etl::pg::lock_or_throw(journal_connection_, "gcmirror sync",
                               "another gcmirror is syncing this school",
                               "Wait until it ends; gcmirror status shows what it does.");
        journal_ = etl::pg_journal(journal_connection_, etl::rules_of(config));
        if (options.journal) journal_ = options.journal(std::move(journal_));
        journal_connection_.query(sync_sql("close_unfinished_runs"));
    }

    int run() {
        run_id_ = journal_->begin_run("sync", "{}");
        etl::log::set_run(std::to_string(run_id_));
        int code = 0;
        std::string postponed;
        try {
            extract();
        } catch (const Error& error) {  // what has been received is kept either way
            if (error.kind() != Kind::postponed) end_by(error);
            code = etl::exit_code(error.kind());
            postponed = error.what();
        }
        if (ahead_) ahead_->finish();
        Published published;
        try {
            const LoadSlot slot(config_.fleet, *clock_, stop_,
                                [this](const std::string& doing) { show({doing}); });
            published = publish({config_, zone_, load_connection_, *journal_, run_id_, stop_},
                                findings_, open_, options_.alive);
        } catch (const Error& error) {
            end_by(error);
        }
        if (code == 0 && !findings_.unanswered.empty()) code = etl::exit_code(Kind::postponed);
        if (code == 0 && findings_.amber) code = etl::exit_code(Kind::rejects);
        const std::string said = findings_.reason();
        const std::string reason =
            postponed + (postponed.empty() || said.empty() ? "" : "; ") + said;
        finish(state(code), code, reason);
        print_summary({out_, options_.russian}, journal_connection_, run_id_, published, findings_,
                      code, reason);
        return code;
    }

private:
    void extract() {
        etl::ExportRunner runner(*transport_, *journal_, *clock_, config_,
                                 [this](const etl::Progress& progress) { show(progress); });
        const auto day_of =
            options_.day_of ? options_.day_of : [this](etl::Instant t) { return zone_.today(t); };
        // With publish = "each" a run that goes on asking would see what it has published already.
        if (options_.ahead && config_.sync.publish == "together")
            ahead_.emplace(config_, zone_, load_connection_, run_id_, stop_, open_,
                           *options_.ahead);
        Extraction extraction({config_, zone_, day_of, runner, *journal_, journal_connection_,
                               run_id_, journal_->now() + config_.sync.deadline, stop_,
                               [this](const etl::ExportRow& row) {
                                   if (ahead_) ahead_->received(row);
                               }},
                              findings_);
        extraction.run(options_.query, [this](const Plan& plan) {
            etl::pg::retried([&] {
                journal_connection_.query("UPDATE journal.run SET plan = $1::jsonb WHERE id = $2",
                                          {plan_json(plan), std::to_string(run_id_)});
            });
            err_ << words::sentence(plan_sentence(plan, config_), options_.russian) << '\n';
        });
    }

    [[nodiscard]] std::string state(int code) const {
        if (!findings_.unanswered.empty()) return "partial";
        if (code == 0) return "done";
        return code == etl::exit_code(Kind::postponed) ? "postponed" : "amber";
    }

    [[noreturn]] void end_by(const Error& error) {
        finish(error.kind() == Kind::stopped ? "stopped" : "failed", etl::exit_code(error.kind()),
               error.what());
        throw error;
    }

    void show(const etl::Progress& progress) {
        if (options_.alive) options_.alive();
        etl::pg::retried([&] {
            journal_connection_.query(
                "UPDATE journal.run SET doing = $1, doing_at = clock_timestamp() WHERE id = $2",
                {progress.doing, std::to_string(run_id_)});
        });
        const bool ru = options_.russian;
        const std::string said = words::sentence(progress.doing, ru) +
                                 (progress.doing.find("waiting") == std::string::npos
                                      ? ""
                                      : words::say(ru, "; Ctrl-C is safe, the next start goes on"));
        if (options_.terminal)
            err_ << "\r\033[K" << said << "  ("
                 << words::say(ru, "budget {}/{}", progress.used, progress.limit) << ")"
                 << std::flush;
        else if (progress.doing != last_shown_)
            err_ << said << '\n';
        last_shown_ = progress.doing;
    }

    void finish(const std::string& state, int code, const std::string& reason) {
        if (options_.terminal) err_ << "\r\033[K" << std::flush;
        journal_->finish_run(run_id_, state, code, reason);
    }

    static constexpr etl::Duration kDatabaseAway =
        std::chrono::minutes{10};  // a restart, a failover

    const etl::Config& config_;
    const SyncOptions& options_;
    std::ostream& out_;
    std::ostream& err_;
    std::stop_token stop_;
    etl::Zone zone_;
    std::string url_;
    etl::pg::Connection journal_connection_;
    etl::pg::Connection load_connection_;
    OpenLoad open_;
    std::unique_ptr<etl::Clock> clock_;
    std::unique_ptr<etl::Transport> transport_;
    std::unique_ptr<etl::Journal> journal_;
    std::int64_t run_id_ = 0;
    RunFindings findings_;
    std::string last_shown_;
    std::optional<LoadAhead> ahead_;  // the last: its thread uses what stands above
};

}  // namespace

int run_sync(const etl::Config& config, const SyncOptions& options, std::ostream& out,
             std::ostream& err, std::stop_token stop) {
    etl::require_account(config);
    etl::check_room(config);  // a full disk ends a load in its middle
    return Sync(config, options, out, err, std::move(stop)).run();
}

}  // namespace jobs
