#include "jobs/sync/sync.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/export_runner.hpp"
#include "etl/gzip.hpp"
#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "etl/log.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "etl/transport.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/sync/analysts.hpp"
#include "jobs/sync/masks.hpp"
#include "jobs/sync/plan_inputs.hpp"
#include "jobs/sync/retention.hpp"
#include "jobs/sync/sync_plan.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::ExportRow;
using etl::ExportState;
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
          day_of_(options.day_of ? options.day_of
                                 : [this](etl::Instant t) { return zone_.today(t); }),
          url_(etl::database_url(config)),
          journal_connection_(url_, "journal"),
          load_connection_(url_, "load"),
          clock_(etl::system_clock()),
          transport_(
              etl::https_transport(config.base_url(), config.getcourse.ca_file, config.timeouts)) {
        etl::migrate(journal_connection_);
        if (!etl::pg::try_lock(journal_connection_, "gcmirror sync"))
            throw Error(Kind::locked, "another gcmirror is syncing this school",
                        "Wait until it ends; gcmirror status shows what it does.");
        journal_ = etl::pg_journal(journal_connection_, {config.budget.limit, config.budget.window,
                                                         config.budget.reserve});
        if (options.journal) journal_ = options.journal(std::move(journal_));
        // A run that had published everything before it ended did its work; every other one died.
        journal_connection_.query(
            "UPDATE journal.run SET state = CASE WHEN loaded_at IS NULL THEN 'died' ELSE 'done' "
            "END, finished_at = clock_timestamp(), reason = 'found unfinished by a later run' "
            "WHERE state = 'running' AND job = 'sync'");
    }

    int run() {
        run_id_ = journal_->begin_run("sync", "{}");
        etl::log::set_run(std::to_string(run_id_));
        until_ = journal_->now() + config_.sync.deadline;
        int code = 0;
        std::string reason;
        try {
            extract();
        } catch (const Error& error) {  // what has been received is kept either way
            code = etl::exit_code(error.kind());
            reason = error.what();
            if (error.kind() != Kind::postponed) {
                finish(error.kind() == Kind::stopped ? "stopped" : "failed", code, reason);
                throw;
            }
        }
        try {
            publish();
        } catch (const Error& error) {
            finish(error.kind() == Kind::stopped ? "stopped" : "failed",
                   etl::exit_code(error.kind()), error.what());
            throw;
        }
        if (code == 0 && !missing_.empty()) {
            code = etl::exit_code(Kind::postponed);
            reason = missing_;
        }
        if (code == 0 && (red_ || amber_)) code = etl::exit_code(Kind::rejects);
        finish(!missing_.empty() ? "partial"
               : code == 0       ? "done"
               : code == 4       ? "postponed"
                                 : "amber",
               code, reason);
        summary(code, reason);
        return code;
    }

private:
    void extract() {
        etl::ExportRunner runner(*transport_, *journal_, *clock_, config_,
                                 [this](const etl::Progress& progress) { show(progress); });
        leftovers(runner);
        const std::vector<PlannedQuery> planned = not_received(planned_queries(
            load_connection_, config_, day_of_, day_of_(journal_->now()), options_.query));
        const Plan plan = plan_of(load_connection_, *journal_, config_, planned);
        journal_connection_.query("UPDATE journal.run SET plan = $1::jsonb WHERE id = $2",
                                  {plan_json(plan), std::to_string(run_id_)});
        err_ << plan_sentence(plan, config_) << '\n';
        std::deque<PlannedQuery> queue(planned.begin(), planned.end());
        send_all(runner, queue, plan.q);
        const std::vector<PlannedQuery> groups = group_queries();
        queue.assign(groups.begin(), groups.end());
        send_all(runner, queue, plan.q);
    }

    void send_all(etl::ExportRunner& runner, std::deque<PlannedQuery>& queue, double q) {
        while (!queue.empty()) {
            const PlannedQuery planned = std::move(queue.front());
            queue.pop_front();
            etl::log::info("asking",
                           {{"what", etl::describe(planned.query)}, {"why", planned.why}});
            const etl::ExportOutcome outcome =
                is_list(planned.query) ? runner.list(run_id_, planned.query, until_, stop_)
                                       : runner.run(run_id_, planned.query, q, until_, stop_);
            const std::vector<PlannedQuery> instead = vary(planned, outcome);
            queue.insert(queue.begin(), instead.begin(), instead.end());
            if (instead.empty()) note(outcome);
        }
    }

    static bool is_list(const etl::ExportQuery& query) {
        return query.resource == "fields" || query.resource == "groups";
    }

    // Some accounts' users come without the column of their groups: then each group is asked for by
    // itself, newest first, when somebody has joined since it was last read, or when that is longer
    // ago than the sweep allows (leaving shows nowhere else).
    std::vector<PlannedQuery> group_queries() {
        std::optional<ExportRow> groups;
        bool users = false, with_groups = false;
        for (const ExportRow& row : journal_->exports({ExportState::received})) {
            if (row.query.resource == "groups") groups = row;
            if (row.query.resource != "users") continue;
            users = true;
            const schema::Layout layout = schema::assign(schema::users(), row.headings, {}, {});
            with_groups = with_groups || std::find(layout.absent.begin(), layout.absent.end(),
                                                   "groups") == layout.absent.end();
        }
        if (!groups || !users || with_groups) return {};
        std::string body;
        etl::Inflater inflater([&](std::string_view piece) { body.append(piece); });
        journal_->read_body(groups->body_id,
                            [&](std::string_view piece) { inflater.write(piece); });
        std::vector<std::pair<etl::Instant, PlannedQuery>> due;
        for (const etl::Group& group : etl::decode_groups(body)) {
            const auto added = etl::read_timestamp(group.last_added_at, zone_);
            if (!added.value)
                continue;  // nobody ever joined; the moment is cut to its second, so a read within
                           // it may have come before
            const auto read = load_connection_.query(
                "SELECT 1 FROM journal.coverage c JOIN journal.export e ON e.id = c.export_id "
                "WHERE e.resource = 'group_users' AND e.group_id = $1 AND c.as_of > $2",
                {std::to_string(group.id),
                 etl::format_instant(std::max(*added.value + std::chrono::seconds{1},
                                              journal_->now() - config_.sync.sweep))});
            PlannedQuery planned;
            planned.query.resource = "group_users";
            planned.query.group_id = group.id;
            planned.why =
                "users came without their groups; somebody joined since this one was last read";
            if (read.empty()) due.emplace_back(*added.value, std::move(planned));
        }
        std::sort(due.begin(), due.end(),
                  [](const auto& a, const auto& b) { return a.first > b.first; });
        std::vector<PlannedQuery> out;
        for (auto& [at, planned] : due) out.push_back(std::move(planned));
        return not_received(std::move(out));
    }

    // A file that never came where rows are known: the window in halves. An old snapshot: the
    // question put differently, once.
    std::vector<PlannedQuery> vary(const PlannedQuery& planned, const etl::ExportOutcome& outcome) {
        if (outcome.row.state == ExportState::no_file &&
            has_rows(load_connection_, planned.query, zone_))
            return halves(planned);
        if (!outcome.row.repeated || !planned.query.from || planned.varied) return {};
        PlannedQuery other = planned;
        other.query.from = *planned.query.from - std::chrono::days{1};
        other.varied = true;
        other.why =
            "the same question with another window; the service gave the export it had given "
            "before";
        return {other};
    }

    // A question that got no table leaves the run partial: its days count as not read, and the next
    // sync asks again.
    void note(const etl::ExportOutcome& outcome) {
        if (outcome.row.state == ExportState::received) return;
        missing_ += (missing_.empty() ? "" : "; ") + etl::describe(outcome.row.query) + ": " +
                    std::string(etl::name_of(outcome.row.state)) + ", " + outcome.row.reason;
    }

    // What a run before received and could not publish any more is not asked for again: the same
    // question has its body.
    std::vector<PlannedQuery> not_received(std::vector<PlannedQuery> planned) {
        const std::vector<ExportRow> received = journal_->exports({ExportState::received});
        std::erase_if(planned, [&](const PlannedQuery& one) {
            return std::any_of(received.begin(), received.end(),
                               [&](const ExportRow& row) { return row.query == one.query; });
        });
        return planned;
    }

    // Exports that an earlier run left open are collected first: their requests are spent.
    void leftovers(etl::ExportRunner& runner) {
        for (const ExportRow& row :
             journal_->exports({ExportState::started, ExportState::waiting, ExportState::late}))
            note(runner.resume(run_id_, row, kLeftoverQ, until_, stop_));
        for (ExportRow row : journal_->exports({ExportState::intended})) {
            row.state =
                ExportState::unclear;  // the process ended between the intent and the answer
            row.reason = "the run ended before an answer came";
            journal_->save(row);
        }
    }

    void publish() {
        std::vector<ExportRow> received = journal_->exports({ExportState::received});
        std::sort(received.begin(), received.end(), [](const ExportRow& a, const ExportRow& b) {
            return a.started_at.value_or(a.intended_at) < b.started_at.value_or(b.intended_at);
        });
        const bool together = config_.sync.publish == "together";
        std::optional<etl::pg::Transaction> transaction;
        for (const ExportRow& row : received) {
            if (stop_.stop_requested())
                throw Error(Kind::stopped, "stopped while loading; nothing more was published",
                            "The next sync goes on from the kept bodies.");
            if (options_.alive) options_.alive();
            if (!transaction) transaction.emplace(load_connection_);
            load_connection_.execute("SAVEPOINT body");
            etl::Loaded loaded =
                etl::load_export(load_connection_, *journal_, config_, zone_, run_id_, row, {});
            if (loaded.red) set_aside(row, loaded);
            amber_ = amber_ || loaded.amber;
            red_ = red_ || loaded.red;
            loaded_.push_back(std::move(loaded));
            if (together) continue;
            refresh_facts(load_connection_, run_id_);
            transaction->commit();
            transaction.reset();
        }
        if (!transaction) transaction.emplace(load_connection_);
        load_connection_.query("UPDATE journal.run SET loaded_at = clock_timestamp() WHERE id = $1",
                               {std::to_string(run_id_)});
        load_connection_.query("UPDATE report.settings SET time_zone = $1 WHERE time_zone <> $1",
                               {config_.getcourse.time_zone});
        refresh_facts(load_connection_, run_id_);
        if (!config_.masking_key.empty()) refresh_masks(load_connection_, config_.masking_key);
        read_back();
        transaction->commit();
        vacuum();
        amber_ = !serve_analysts(load_connection_) || amber_;
        drop_old_bodies(load_connection_, config_.keep);
    }

    // What the outbox makes of the new rows must not cost them.
    void read_back() {
        load_connection_.execute("SAVEPOINT read_back");
        try {
            settled_ = settle(load_connection_, config_, zone_, run_id_);
        } catch (const Error& error) {
            load_connection_.execute("ROLLBACK TO SAVEPOINT read_back");
            etl::log::error("changes were not read back", {{"reason", error.what()}});
        }
    }

    // Dead versions of a load that changed much slow every later scan, and a new table has no
    // statistics: not left to chance (performance.md 2.4).
    void vacuum() {
        std::map<std::string, std::uint64_t> written;
        for (const etl::Loaded& loaded : loaded_)
            written[loaded.table] += loaded.counts.inserted + loaded.counts.changed;
        for (const auto& [table, rows] : written) {
            if (rows < kVacuumRows || schema::find_table(table) == nullptr) continue;
            const auto all = load_connection_.query(
                "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = ('mirror.' || "
                "$1)::regclass",
                {table});
            if (static_cast<double>(rows) > kVacuumShare * static_cast<double>(all.number(0, 0)))
                load_connection_.execute("VACUUM (ANALYZE) mirror." + schema::quoted(table));
        }
    }
    static constexpr std::uint64_t kVacuumRows = 1000;  // below, nobody would notice
    static constexpr double kVacuumShare = 0.05;

    // A body that may not be published leaves no trace but its reason.
    void set_aside(const ExportRow& row, const etl::Loaded& loaded) {
        load_connection_.execute("ROLLBACK TO SAVEPOINT body");
        load_connection_.query(
            "UPDATE journal.export SET state = 'refused', reason = $1 WHERE id = $2",
            {loaded.reason, std::to_string(row.id)});
        etl::log::error("body refused",
                        {{"export", std::to_string(row.id)}, {"reason", loaded.reason}});
    }

    void show(const etl::Progress& progress) {
        if (options_.alive) options_.alive();
        journal_connection_.query(
            "UPDATE journal.run SET doing = $1, doing_at = clock_timestamp() WHERE id = $2",
            {progress.doing, std::to_string(run_id_)});
        if (options_.terminal)
            err_ << "\r\033[K" << progress.doing << "  (budget " << progress.used << "/"
                 << progress.limit << ")" << std::flush;
        else if (progress.doing != last_shown_)
            err_ << progress.doing << '\n';
        last_shown_ = progress.doing;
    }

    void finish(const std::string& state, int code, const std::string& reason) {
        if (options_.terminal) err_ << "\r\033[K" << std::flush;
        journal_->finish_run(run_id_, state, code, reason);
    }

    void summary(int code, const std::string& reason) {
        const auto spent = journal_connection_.query(
            "SELECT count(*) FROM journal.request WHERE run_id = $1", {std::to_string(run_id_)});
        etl::LoadCounts all;
        for (const etl::Loaded& loaded : loaded_) {
            const etl::LoadCounts& c = loaded.counts;
            all.inserted += c.inserted;
            all.changed += c.changed;
            all.rejects += c.rejects;
            if (loaded.table == "fields") continue;
            out_ << loaded.table << ": " << c.rows << " rows, " << c.inserted << " inserted, "
                 << c.changed << " changed, " << c.unchanged << " unchanged";
            if (c.duplicate > 0) out_ << ", " << c.duplicate << " duplicate";
            if (c.older > 0) out_ << ", " << c.older << " older";
            if (c.set_aside > 0) out_ << ", " << c.set_aside << " set aside";
            if (c.rejects > 0) out_ << ", " << c.rejects << " rejects";
            out_ << (loaded.red ? "; REFUSED: " + loaded.reason : "") << '\n';
            for (const std::string& note : loaded.notes) out_ << "  " << note << '\n';
        }
        if (settled_.confirmed + settled_.contradicted + settled_.again + settled_.unclear +
                settled_.open >
            0)
            out_ << "write-back: " << settled_.confirmed << " confirmed, " << settled_.contradicted
                 << " contradicted, " << settled_.unclear << " not to be seen, " << settled_.again
                 << " may be sent again, " << settled_.open << " not read back yet\n";
        out_ << "run " << run_id_ << ": " << all.inserted << " inserted, " << all.changed
             << " changed, " << spent.number(0, 0) << " requests";
        if (all.inserted + all.changed == 0) out_ << "; nothing had changed, no row was written";
        if (all.rejects > 0)
            out_ << "; " << all.rejects
                 << " cells or rows could not be read: SELECT * FROM journal.reject WHERE run_id = "
                 << run_id_;
        if (code == 4) out_ << (missing_.empty() ? "; postponed: " : "; partial: ") << reason;
        out_ << '\n';
    }

    static constexpr double kLeftoverQ = 0.5;  // it has waited long already: ask early

    const etl::Config& config_;
    const SyncOptions& options_;
    std::ostream& out_;
    std::ostream& err_;
    std::stop_token stop_;
    etl::Zone zone_;
    std::function<etl::Day(etl::Instant)> day_of_;
    std::string url_;
    etl::pg::Connection journal_connection_;
    etl::pg::Connection load_connection_;
    std::unique_ptr<etl::Clock> clock_;
    std::unique_ptr<etl::Transport> transport_;
    std::unique_ptr<etl::Journal> journal_;
    std::int64_t run_id_ = 0;
    etl::Instant until_{};
    Settled settled_;
    std::vector<etl::Loaded> loaded_;
    std::string last_shown_;
    std::string missing_;  // what got no table, and why
    bool amber_ = false;
    bool red_ = false;
};

}  // namespace

int run_sync(const etl::Config& config, const SyncOptions& options, std::ostream& out,
             std::ostream& err, std::stop_token stop) {
    etl::require_account(config);
    return Sync(config, options, out, err, std::move(stop)).run();
}

}  // namespace jobs
