#include "jobs/serve/service.hpp"

#include <algorithm>
#include <utility>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "jobs/serve/expected_runs.hpp"
#include "jobs/serve/local_time.hpp"
#include "jobs/serve/schedule.hpp"
#include "jobs/serve/schedule_cost.hpp"
#include "jobs/serve/systemd.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr etl::Duration kShortestRetry = std::chrono::seconds{5},
                        kLongestRetry = std::chrono::minutes{1};
const std::string kSync = "sync";  // the job that reads everything

// Growing waits while the database is away.
class Retry {
public:
    etl::Duration next() { return std::exchange(wait_, std::min(2 * wait_, kLongestRetry)); }
    void reset() { wait_ = kShortestRetry; }

private:
    etl::Duration wait_ = kShortestRetry;
};

class Service {
public:
    Service(Serving serving, etl::Clock& clock, std::ostream& err, std::stop_token stop)
        : serving_(std::move(serving)), clock_(clock), err_(err), stop_(std::move(stop)) {
        serving_.controls->configured(serving_.config);
    }

    void run() {
        Retry retry;
        while (!stop_.stop_requested()) {
            try {
                turn();
                retry.reset();
            } catch (const Error& error) {
                if (error.kind() != Kind::database && error.kind() != Kind::locked) throw;
                lose_database(error);
                ticked();
                wait(clock_.now() + retry.next());
            }
        }
        notify_systemd("STOPPING=1");
    }

private:
    struct Ended {
        std::string state, reason;
    };

    void turn() {
        if (reload_requested().exchange(false)) reload();
        if (!connection_) connect();
        ticked();
        if (!ready_) notify_systemd("READY=1");
        ready_ = true;
        notify_systemd(leading_ ? "STATUS=leading" : "STATUS=another instance leads");
        if (leading_) return step();
        lead();
        if (!leading_) wait(clock_.now() + serving_.tick);
    }

    void ticked() {
        serving_.controls->ticked(clock_.now(), leading_);
        notify_systemd("WATCHDOG=1");
    }

    bool wait(etl::Instant until) { return clock_.sleep_until(until, stop_); }

    void log_event(const std::string& what) {
        if (serving_.log_event) return serving_.log_event(what);
        err_ << etl::format_instant(clock_.now()).substr(0, 19) << "Z " << etl::log::redacted(what)
             << std::endl;
    }
    void log_event_once(const std::string& what) {
        if (what != last_event_) log_event(what);
        last_event_ = what;
    }

    void reload() {
        try {
            etl::Config fresh = serving_.reload();
            check_schedule(fresh);
            if (fresh.database.url != serving_.config.database.url) {
                connection_.reset();
                leading_ = false;
            }
            serving_.config = std::move(fresh);
            serving_.controls->configured(serving_.config);
            log_event("configuration read again");
        } catch (const Error& error) {
            log_event(std::string("the configuration cannot be read, the old one stays: ") +
                      error.what());
        }
    }

    // The lock goes with the connection; whoever has the database first leads.
    void lose_database(const Error& error) {
        connection_.reset();
        leading_ = false;
        log_event(std::string("database lost, waiting: ") + error.what());
    }

    void connect() {
        connection_.emplace(etl::open_migrated(serving_.config, "serve"));
        lead();
    }

    void lead() {
        leading_ = etl::pg::try_lock(*connection_, "gcmirror serve");
        if (!leading_) return log_event_once("another instance leads; waiting for it to go");
        expected_runs::record_died(*connection_);
        const ScheduleCost cost = schedule_cost(serving_.config);
        log_event("leading; schedule \"" + serving_.config.schedule_sync + "\" in " +
                  serving_.config.getcourse.time_zone +
                  "; the dearest window: " + describe(cost, serving_.config));
    }

    void step() {
        if (serving_.controls->take_sync())
            return (void)run_sync(serving_.config, "a sync asked for begins");
        compare_segments("", {});
        const etl::Zone zone(serving_.config.getcourse.time_zone);
        const etl::Instant now = clock_.now();
        const std::vector<ScheduledJob> jobs = scheduled_jobs(serving_.config);
        std::optional<etl::Instant> next;
        for (const ScheduledJob& job : jobs) {
            const DueRuns due =
                due_runs(job.cron, zone, expected_runs::handled_until(*connection_, job.name, now),
                         now, serving_.config.schedule_catch_up);
            record_missed(job, due);
            if (due.run && !superseded(job, *due.run)) return begin(job, *due.run);
            const auto at = job.cron.next(now, zone);
            expected_runs::expect(*connection_, job.name, at);
            if (at) next = std::min(next.value_or(*at), *at);
        }
        expected_runs::forget_others(*connection_, names_of(jobs));
        notify(false);
        tick(std::min(next.value_or(now + serving_.tick), now + serving_.tick));
    }

    static std::vector<std::string> names_of(const std::vector<ScheduledJob>& jobs) {
        std::vector<std::string> names;
        for (const ScheduledJob& job : jobs) names.push_back(job.name);
        return names;
    }

    // A whole sync that began later has read what a run of one resource would.
    bool superseded(const ScheduledJob& job, etl::Instant due) {
        if (job.name == kSync || !expected_runs::succeeded_since(*connection_, kSync, due))
            return false;
        expected_runs::record_skipped(*connection_, job.name, due, "the sync read it");
        return true;
    }

    void record_missed(const ScheduledJob& job, const DueRuns& due) {
        const std::string reason =
            due.run ? "a later run took its place"
                    : "nobody was there within " +
                          etl::format_duration(serving_.config.schedule_catch_up);
        for (const etl::Instant missed : due.missed) {
            expected_runs::record_missed(*connection_, job.name, missed, reason);
            log_event("missed: the run of " + local(missed));
        }
    }

    // In the account's zone, as people read it.
    std::string local(etl::Instant t) const {
        return local_minute(t, etl::Zone(serving_.config.getcourse.time_zone));
    }

    // Until `t`, or until somebody asks for a run.
    void tick(etl::Instant t) {
        std::stop_source wake = serving_.controls->begin_tick();
        const std::stop_callback stopped(stop_, [wake]() mutable { wake.request_stop(); });
        clock_.sleep_until(t, wake.get_token());
    }

    void notify(bool run_succeeded) {
        if (serving_.notify) serving_.notify(serving_.config, clock_.now(), run_succeeded);
    }

    void begin(const ScheduledJob& job, etl::Instant due) {
        etl::Config config = serving_.config;
        config.sync.resources = job.resources;
        const etl::Instant at = due + jitter_of(config.base_url(), due, config.schedule_jitter);
        if (at > clock_.now() && !wait(at)) return;
        expected_runs::record_started(*connection_, job.name, due);
        const Ended ended = run_sync(config, job.name + " of " + local(due) + " begins");
        record_ended(job.name, due, ended);
        compare_segments(job.name, ended);
        // The heartbeat speaks of whole syncs.
        notify(job.name == kSync && (ended.state == "done" || ended.state == "amber"));
    }

    // A night that went wrong says nothing of what a query would find.
    void compare_segments(const std::string& job, const Ended& ended) {
        segments_due_ =
            segments_due_ || (job == kSync && (ended.state == "done" || ended.state == "amber"));
        if (!segments_due_ || !serving_.segments) return;
        segments_due_ = !serving_.segments(serving_.config);
    }

    Ended run_sync(const etl::Config& config, const std::string& announcement) {
        log_event(announcement);
        notify_systemd("STATUS=syncing\nWATCHDOG=1");
        std::stop_source run = serving_.controls->begin_sync();
        const std::stop_callback stopped(stop_, [run]() mutable { run.request_stop(); });
        Ended ended = outcome_of([&] { return serving_.sync(config, run.get_token()); });
        // Not taken up again by itself: somebody wanted it ended.
        if (serving_.controls->end_sync() && ended.state == "stopped")
            ended = {"skipped", "stopped on the dashboard; the next run goes on"};
        log_event("sync ended: " + ended.state + (ended.reason.empty() ? "" : ", " + ended.reason));
        notify_systemd("STATUS=waiting\nWATCHDOG=1");
        return ended;
    }

    // One night that goes wrong must not end the service. A database that goes while the service
    // is being stopped was stopped with it (one signal to all of a group): the run is resumable.
    Ended outcome_of(const std::function<int()>& sync) {
        try {
            return {expected_runs::state_of(sync()), ""};
        } catch (const Error& error) {
            const Kind kind = stop_.stop_requested() && error.kind() == Kind::database
                                  ? Kind::stopped
                                  : error.kind();
            return {expected_runs::state_of(etl::exit_code(kind)), error.what()};
        } catch (const std::exception& error) {
            return {expected_runs::state_of(etl::exit_code(Kind::unexpected)), error.what()};
        }
    }

    // The database may have gone meanwhile: what became of the run is written once it is back.
    void record_ended(const std::string& job, etl::Instant due, const Ended& ended) {
        Retry retry;
        for (;;) {
            try {
                if (!connection_ || connection_->broken()) {
                    leading_ = false;
                    connection_.emplace(etl::open_migrated(serving_.config, "serve"));
                    leading_ = etl::pg::try_lock(*connection_, "gcmirror serve");
                }
                return expected_runs::record_ended(*connection_, job, due, ended.state,
                                                   ended.reason);
            } catch (const Error& error) {
                if (error.kind() != Kind::database && error.kind() != Kind::locked) throw;
                lose_database(error);
                if (!wait(clock_.now() + retry.next())) return;
            }
        }
    }

    Serving serving_;
    etl::Clock& clock_;
    std::ostream& err_;
    std::stop_token stop_;
    std::optional<etl::pg::Connection> connection_;
    bool leading_ = false, ready_ = false;
    bool segments_due_ = false;  // a sync has ended well since they were compared
    std::string last_event_;
};

}  // namespace

std::atomic<bool>& reload_requested() {
    static std::atomic<bool> requested = false;
    return requested;
}

void serve(Serving serving, etl::Clock& clock, std::ostream& err, std::stop_token stop) {
    Service(std::move(serving), clock, err, std::move(stop)).run();
}

}  // namespace jobs
