#include "jobs/serve/serve.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "jobs/serve/cron.hpp"
#include "jobs/serve/dashboard.hpp"
#include "jobs/serve/notify.hpp"
#include "jobs/serve/schedule.hpp"
#include "jobs/sync/sync.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr etl::Micros kShortestRetry = std::chrono::seconds{5},
                      kLongestRetry = std::chrono::minutes{1};

const char* state_of(int code) {
    switch (code) {
        case 0:
            return "done";
        case 3:
            return "amber";
        case 4:
            return "postponed";
        case 7:
            return "skipped";
        case 8:
            return "stopped";
        default:
            return "failed";
    }
}

class Service {
public:
    Service(Serving serving, etl::Clock& clock, std::ostream& err, std::stop_token stop)
        : serving_(std::move(serving)), clock_(clock), err_(err), stop_(std::move(stop)) {
        serving_.controls->configured(serving_.config);
    }

    void run() {
        etl::Micros retry = kShortestRetry;
        bool ready = false;
        while (!stop_.stop_requested()) {
            try {
                if (reload_requested().exchange(false)) reload();
                if (!connection_) connect();
                serving_.controls->turned(clock_.now(), leading_);
                notify_systemd("WATCHDOG=1");
                if (leading_) {
                    if (!ready) notify_systemd("READY=1\nSTATUS=leading");
                    ready = true;
                    step();
                } else {
                    if (!ready) notify_systemd("READY=1\nSTATUS=another instance leads");
                    ready = true;
                    lead();
                    if (!leading_) clock_.sleep_until(clock_.now() + serving_.tick, stop_);
                }
                retry = kShortestRetry;
            } catch (const Error& error) {
                if (error.kind() != Kind::database) throw;
                // The lock went with the connection; whoever has the database first leads.
                connection_.reset();
                leading_ = false;
                serving_.controls->turned(clock_.now(), leading_);
                notify_systemd("WATCHDOG=1");
                say(std::string("database lost, waiting: ") + error.what());
                clock_.sleep_until(clock_.now() + retry, stop_);
                retry = std::min(2 * retry, kLongestRetry);
            }
        }
        notify_systemd("STOPPING=1");
    }

private:
    void say(const std::string& what) {
        if (serving_.say) return serving_.say(what);
        err_ << etl::format_instant(clock_.now()).substr(0, 19) << "Z " << etl::log::redacted(what)
             << std::endl;
    }

    void reload() {
        try {
            etl::Config fresh = serving_.reload();
            check_schedule(fresh);
            if (fresh.database.url != serving_.config.database.url)
                connection_.reset(), leading_ = false;
            serving_.config = std::move(fresh);
            serving_.controls->configured(serving_.config);
            say("configuration read again");
        } catch (const Error& error) {
            say(std::string("the configuration cannot be read, the old one stays: ") +
                error.what());
        }
    }

    void connect() {
        connection_.emplace(etl::open_migrated(serving_.config, "serve"));
        lead();
    }

    void lead() {
        leading_ = etl::pg::try_lock(*connection_, "gcmirror serve");
        if (!leading_) return say_once("another instance leads; waiting for it to go");
        // Runs under way when the service before us ended: they are due again while they can be
        // caught up.
        connection_->execute(
            "UPDATE journal.expected_run SET state = 'died', ended_at = clock_timestamp(), reason "
            "= 'the service ended under it' WHERE state = 'started'");
        say("leading; schedule \"" + serving_.config.schedule_sync + "\" in " +
            serving_.config.getcourse.time_zone);
    }

    // Until `t`, or until somebody asks for a run.
    void nap(etl::Instant t) {
        std::stop_source wake = serving_.controls->nap();
        const std::stop_callback stopped(stop_, [wake]() mutable { wake.request_stop(); });
        clock_.sleep_until(t, wake.get_token());
    }

    void tell(bool good_night) {
        if (serving_.notify) serving_.notify(serving_.config, clock_.now(), good_night);
    }

    void say_once(const std::string& what) {
        if (what != said_) say(what);
        said_ = what;
    }

    // Up to here everything expected has become something.
    etl::Instant handled_until(etl::Instant now) {
        const auto found = connection_->query(
            "SELECT coalesce((SELECT max(due_at) FROM journal.expected_run WHERE job = "
            "'sync' AND state NOT IN ('expected', 'died', 'stopped')), "
            "(SELECT min(due_at) - interval '1 microsecond' FROM journal.expected_run WHERE job = "
            "'sync'))");
        return found.at(0, 0) ? etl::parse_instant(found.text(0, 0)).value_or(now)
                              : now;  // nothing yet: the schedule begins now
    }

    void note(etl::Instant due, const std::string& state, const std::string& reason) {
        connection_->query(
            "INSERT INTO journal.expected_run (job, due_at, state, reason) VALUES ('sync', $1, $2, "
            "$3) ON CONFLICT (job, due_at) DO UPDATE SET state = $2, "
            "reason = CASE WHEN $2 = 'missed' THEN concat_ws('; ', nullif(expected_run.reason, "
            "''), $3) ELSE $3 END",
            {etl::format_instant(due), state, reason});
    }

    void step() {
        const etl::Config& config = serving_.config;
        const Cron cron(config.schedule_sync);
        const etl::Zone zone(config.getcourse.time_zone);
        const etl::Instant now = clock_.now();
        if (serving_.controls->take_sync()) return (void)run_sync_now("a sync asked for begins");
        const DueRuns due = due_runs(cron, zone, handled_until(now), now, config.schedule_catch_up);
        for (const etl::Instant missed : due.missed) {
            note(missed, "missed",
                 due.run
                     ? "a later run took its place"
                     : "nobody was there within " + etl::format_duration(config.schedule_catch_up));
            say("missed: the run of " + etl::format_instant(missed));
        }
        if (due.run) {
            const etl::Instant begin =
                *due.run + jitter_of(config.base_url(), *due.run, config.schedule_jitter);
            if (begin > now && !clock_.sleep_until(begin, stop_)) return;
            return perform(*due.run);
        }
        // What the schedule no longer asks for is no longer expected.
        const auto next = cron.next(now, zone);
        const etl::pg::Param at = next ? etl::pg::Param(etl::format_instant(*next)) : std::nullopt;
        connection_->query(
            "DELETE FROM journal.expected_run WHERE job = 'sync' AND state = 'expected' AND due_at "
            "IS DISTINCT FROM $1::timestamptz",
            {at});
        if (next)
            connection_->query(
                "INSERT INTO journal.expected_run (job, due_at) VALUES ('sync', $1) ON CONFLICT DO "
                "NOTHING",
                {at});
        tell(false);
        nap(next ? std::min(*next, now + serving_.tick) : now + serving_.tick);
    }

    void perform(etl::Instant due) {
        note(due, "started", "");
        connection_->query(
            "UPDATE journal.expected_run SET began_at = clock_timestamp(), ended_at = NULL WHERE "
            "job = 'sync' AND due_at = $1",
            {etl::format_instant(due)});
        const Ended ended = run_sync_now("sync of " + etl::format_instant(due) + " begins");
        finish(due, ended.state, ended.reason);
        tell(ended.state == "done" || ended.state == "amber");
    }

    struct Ended {
        std::string state, reason;
    };

    Ended run_sync_now(const std::string& announcement) {
        say(announcement);
        notify_systemd("STATUS=syncing\nWATCHDOG=1");
        std::stop_source run = serving_.controls->begin_sync();
        const std::stop_callback stopped(stop_, [run]() mutable { run.request_stop(); });
        int code = 0;
        std::string reason;
        try {
            code = serving_.sync(serving_.config, run.get_token());
        } catch (const Error& error) {
            code = etl::exit_code(error.kind());
            reason = error.what();
        } catch (
            const std::exception& error) {  // one night that goes wrong must not end the service
            code = etl::exit_code(Kind::unexpected);
            reason = error.what();
        }
        const bool asked = serving_.controls->end_sync();
        std::string state = state_of(code);
        if (asked &&
            code == etl::exit_code(
                        Kind::stopped)) {  // not taken up again by itself: somebody wanted it ended
            state = "skipped";
            reason = "stopped on the dashboard; the next run goes on";
        }
        say("sync ended: " + state + (reason.empty() ? "" : ", " + reason));
        notify_systemd("STATUS=waiting\nWATCHDOG=1");
        return {state, reason};
    }

    // The database may have gone meanwhile: what became of the run is written once it is back.
    void finish(etl::Instant due, const std::string& state, const std::string& reason) {
        etl::Micros retry = kShortestRetry;
        for (;;) {
            try {
                if (!connection_ || connection_->broken()) {
                    leading_ = false;
                    connection_.emplace(etl::open_migrated(serving_.config, "serve"));
                    leading_ = etl::pg::try_lock(*connection_, "gcmirror serve");
                }
                connection_->query(
                    "UPDATE journal.expected_run e SET state = $2, reason = $3, ended_at = "
                    "clock_timestamp(), run_id = (SELECT max(r.id) FROM journal.run r WHERE r.job "
                    "= 'sync' AND r.started_at >= e.began_at) "
                    "WHERE job = 'sync' AND due_at = $1",
                    {etl::format_instant(due), state, reason});
                return;
            } catch (const Error& error) {
                if (error.kind() != Kind::database) throw;
                connection_.reset();
                leading_ = false;
                say(std::string("database lost, waiting: ") + error.what());
                if (!clock_.sleep_until(clock_.now() + retry, stop_)) return;
                retry = std::min(2 * retry, kLongestRetry);
            }
        }
    }

    Serving serving_;
    etl::Clock& clock_;
    std::ostream& err_;
    std::stop_token stop_;
    std::optional<etl::pg::Connection> connection_;
    bool leading_ = false;
    std::string said_;
};

}  // namespace

std::atomic<bool>& reload_requested() {
    static std::atomic<bool> requested = false;
    return requested;
}

std::atomic<bool>& takes_reload() {
    static std::atomic<bool> takes = false;
    return takes;
}

bool Controls::leading() const {
    const std::lock_guard guard(mutex_);
    return leading_;
}
bool Controls::syncing() const {
    const std::lock_guard guard(mutex_);
    return syncing_;
}
bool Controls::alive() const {
    const std::lock_guard guard(mutex_);
    return syncing_ || std::chrono::steady_clock::now() - turned_ < std::chrono::minutes{5};
}
etl::Instant Controls::now() const {
    const std::lock_guard guard(mutex_);
    return now_;
}
etl::Config Controls::config() const {
    const std::lock_guard guard(mutex_);
    return config_;
}
std::string Controls::ask_sync() {
    const std::lock_guard guard(mutex_);
    if (!leading_) return "another instance leads; ask there";
    if (syncing_) return "a sync is under way";
    wanted_ = true;
    nap_.request_stop();
    return "";
}
std::string Controls::ask_stop() {
    const std::lock_guard guard(mutex_);
    if (!syncing_) return "no sync is under way";
    stop_asked_ = true;
    sync_.request_stop();
    return "";
}
void Controls::turned(etl::Instant now, bool leading) {
    const std::lock_guard guard(mutex_);
    now_ = now;
    leading_ = leading;
    turned_ = std::chrono::steady_clock::now();
}
void Controls::configured(const etl::Config& config) {
    const std::lock_guard guard(mutex_);
    config_ = config;
}
std::stop_source Controls::nap() {
    const std::lock_guard guard(mutex_);
    nap_ = std::stop_source();
    if (wanted_) nap_.request_stop();
    return nap_;
}
bool Controls::take_sync() {
    const std::lock_guard guard(mutex_);
    return std::exchange(wanted_, false);
}
std::stop_source Controls::begin_sync() {
    const std::lock_guard guard(mutex_);
    syncing_ = true;
    stop_asked_ = false;
    wanted_ = false;
    sync_ = std::stop_source();
    return sync_;
}
bool Controls::end_sync() {
    const std::lock_guard guard(mutex_);
    syncing_ = false;
    return stop_asked_;
}

void serve(Serving serving, etl::Clock& clock, std::ostream& err, std::stop_token stop) {
    Service(std::move(serving), clock, err, std::move(stop)).run();
}

int run_serve(Context& context, std::function<etl::Config()> reload) {
    etl::require_account(context.config);
    Serving serving;
    serving.config = context.config;
    serving.reload = std::move(reload);
    SyncOptions sync_options;
    sync_options.alive = [] { notify_systemd("WATCHDOG=1"); };
    etl::log::show_at_least(etl::log::Level::info);
    serving.say = [](const std::string& what) { etl::log::info("serve", {{"what", what}}); };
    std::ostream nowhere(nullptr);  // a reader of JSON gets the log only; the journal has the rest
    serving.sync = [&](const etl::Config& config, std::stop_token stop) {
        const int code = run_sync(config, sync_options, context.json ? nowhere : context.out,
                                  context.json ? nowhere : context.err, std::move(stop));
        etl::log::set_run("");
        return code;
    };
    std::optional<etl::pg::Connection> notifying;
    serving.notify = [&](const etl::Config& config, etl::Instant now, bool good_night) {
        try {
            if (!notifying || notifying->broken())
                notifying.emplace(etl::open_database(config, "notify"));
            notify(*notifying, config, now, good_night);
        } catch (const Error& error) {  // telling must never end what it tells about
            notifying.reset();
            etl::log::error("people could not be told", {{"reason", error.what()}});
        }
    };
    takes_reload() = true;
    const auto clock = etl::system_clock();
    serving.controls->configured(serving.config);
    const std::shared_ptr<Controls> controls = serving.controls;
    std::optional<Dashboard> dashboard;
    if (!serving.config.serve_listen.empty()) {
        const ServiceView view{[controls] { return controls->leading(); },
                               [controls] { return controls->syncing(); },
                               [controls] { return controls->alive(); },
                               [controls] { return controls->now(); },
                               [controls] { return controls->ask_sync(); },
                               [controls] { return controls->ask_stop(); },
                               [controls] { return controls->config(); }};
        dashboard.emplace(serving.config, etl::database_url(serving.config), view);
        serving.say("dashboard at http://" + dashboard->address());
    }
    serve(std::move(serving), *clock, context.err, context.stop);
    return 0;
}

void notify_systemd(const std::string& state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::min(std::strlen(path), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';
    const int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return;
    (void)::sendto(socket_, state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
    ::close(socket_);
}

}  // namespace jobs
