// The service: nights by the schedule with a stand-in clock and a real PostgreSQL; and the real
// process, its signals and its end.
#include "jobs/serve/service.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <sstream>
#include <thread>

#include "etl/error.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/manual_clock.hpp"

using namespace std::chrono_literals;

namespace {

struct Died {};  // what a killed process looks like from inside: nothing is tidied up

class Service : public testing::Test {
protected:
    // Each sleep moves the clock; `asleep` sees it, and stops the service once `until` is passed.
    class Clock final : public etl::Clock {
    public:
        [[nodiscard]] etl::Instant now() const override { return now_; }
        bool sleep_until(etl::Instant t, std::stop_token stop) override {
            if (stop.stop_requested()) return false;
            now_ = std::max(now_, t);
            if (asleep) asleep();
            if (now_ >= until) source.request_stop();
            return true;
        }
        void set(const char* text) { now_ = at(text); }
        std::function<void()> asleep;
        etl::Instant until;
        std::stop_source source;

    private:
        etl::Instant now_;
    };
    static etl::Instant at(const char* text) {
        return *etl::parse_instant(std::string(text) + ":00.000000Z");
    }

    Service() {
        connection_.emplace(database_.url(), "test");
        config_.database = database_.settings();
        config_.getcourse.account = "school";
        config_.getcourse.time_zone = "Europe/Berlin";
        config_.schedule_sync = "30 2 * * *";
        config_.schedule_jitter = 0s;
    }
    void serve_until(const char* until) {
        clock_.until = at(until);
        clock_.source = std::stop_source();
        jobs::Serving serving;
        serving.config = config_;
        serving.reload = [this] { return reload_ ? reload_() : config_; };
        serving.sync = [this](const etl::Config& config, std::stop_token) {
            ++syncs_;
            return sync_ ? sync_(config) : 0;
        };
        serving.segments = [this](const etl::Config&) {
            compared_ += etl::format_instant(clock_.now()).substr(8, 8) + " ";
            return !push_at_work_;
        };
        serving.tick = 1h;
        jobs::serve(serving, clock_, said_, clock_.source.get_token());
    }
    // "29 done, 30 missed": day of the month of each expected run and what became of it.
    std::string nights() {
        return connection_->value(
            "SELECT coalesce(string_agg(to_char(due_at AT TIME ZONE 'Europe/Berlin', 'DD') || ' ' "
            "|| state, ', ' ORDER BY due_at), '') FROM journal.expected_run");
    }

    test_support::TestDatabase database_;
    std::optional<etl::pg::Connection> connection_;
    etl::Config config_;
    Clock clock_;
    std::ostringstream said_;
    std::function<int(const etl::Config&)> sync_;
    std::function<etl::Config()> reload_;
    int syncs_ = 0;
    std::string compared_;       // day and time of each comparison of segments
    bool push_at_work_ = false;  // somebody sends meanwhile
};

}  // namespace

TEST_F(Service, RunsEachNightOfAWeekWithTheChangeToSummerTime) {
    clock_.set("2026-03-25T12:00");
    serve_until("2026-04-01T12:00");
    EXPECT_EQ(syncs_, 7);
    EXPECT_EQ(nights(),
              "26 done, 27 done, 28 done, 29 done, 30 done, 31 done, 01 done, 02 expected");
    EXPECT_EQ(connection_->value("SELECT to_char(due_at AT TIME ZONE 'UTC', 'HH24:MI') FROM "
                                 "journal.expected_run WHERE due_at::date = '2026-03-29'"),
              "01:30")
        << "2:30 does not exist that night: 3:30 summer time";
}

TEST_F(Service, TellsWhatBecameOfEachNight) {
    clock_.set("2026-05-01T12:00");
    sync_ = [&](const etl::Config&) -> int {
        switch (syncs_) {
            case 1:
                return 0;
            case 2:
                return 3;
            case 3:
                return 4;
            case 4:
                throw etl::Error(etl::Kind::refused, "the service refuses the key");
            case 5:
                throw etl::Error(etl::Kind::locked, "another gcmirror is syncing this school");
            case 6:
                throw std::runtime_error("something nobody thought of");
            default:
                return 0;
        }
    };
    serve_until("2026-05-08T12:00");
    EXPECT_EQ(
        nights(),
        "02 done, 03 amber, 04 postponed, 05 failed, 06 skipped, 07 failed, 08 done, 09 expected");
    EXPECT_EQ(connection_->value("SELECT reason FROM journal.expected_run WHERE state = 'failed' "
                                 "ORDER BY due_at LIMIT 1"),
              "the service refuses the key");
}

TEST_F(Service, SegmentsAreComparedOnceAfterEachGoodNightAndAfterNoOther) {
    config_.schedule_users = "0 12 * * *";
    clock_.set("2026-05-01T13:00");
    sync_ = [&](const etl::Config& config) {
        return config.sync.resources.size() == 1 ? 0 : syncs_ == 3 ? 4 : syncs_ == 5 ? 3 : 0;
    };
    serve_until("2026-05-04T13:00");
    EXPECT_EQ(syncs_, 6) << "three nights, three middays of users only";
    EXPECT_EQ(compared_, "02T00:30 04T00:30 ") << "not after the night that was postponed";
}

TEST_F(Service, WhileSomebodySendsTheSegmentsWaitForTheNextTick) {
    clock_.set("2026-05-01T23:00");
    push_at_work_ = true;
    clock_.asleep = [&] { push_at_work_ = clock_.now() < at("2026-05-02T03:00"); };
    serve_until("2026-05-02T12:00");
    EXPECT_EQ(compared_.substr(0, 9), "02T00:30 ");
    EXPECT_EQ(compared_.substr(compared_.size() - 9, 6), "02T03:") << compared_;
}

TEST_F(Service, TakesANightUpAgainAfterItDiedUnderIt) {
    clock_.set("2026-05-01T12:00");
    sync_ = [](const etl::Config&) -> int { throw Died{}; };
    EXPECT_THROW(serve_until("2026-05-03T12:00"), Died);
    EXPECT_EQ(nights(), "02 started");
    sync_ = [this](const etl::Config&) {
        EXPECT_EQ(
            connection_->value("SELECT count(*) FROM journal.expected_run WHERE state = 'started'"),
            "1");
        return 0;
    };
    serve_until("2026-05-02T12:00");
    EXPECT_EQ(nights(), "02 done, 03 expected");
    EXPECT_EQ(syncs_, 2);
}

TEST_F(Service, ADatabaseThatGoesWithTheStopLeavesARunStoppedAndNotFailed) {
    clock_.set("2026-05-01T12:00");
    sync_ = [this](const etl::Config&) -> int {  // one SIGTERM to all of a group
        clock_.source.request_stop();
        throw etl::Error(etl::Kind::database,
                         "terminating connection due to administrator command");
    };
    serve_until("2026-05-03T12:00");
    EXPECT_EQ(nights(), "02 stopped");
}

TEST_F(Service, RunsAResourceByItsOwnScheduleBesideTheNight) {
    clock_.set("2026-05-01T12:00");
    config_.schedule_deals = "0 2,8,14 * * *";
    std::vector<std::string> runs;
    sync_ = [&](const etl::Config& config) {
        runs.push_back(etl::format_instant(clock_.now()).substr(8, 8) + " " +
                       std::to_string(config.sync.resources.size()));
        return 0;
    };
    serve_until("2026-05-02T13:00");
    EXPECT_EQ(runs,
              (std::vector<std::string>{"02T00:00 1", "02T00:30 4", "02T06:00 1", "02T12:00 1"}));
    EXPECT_EQ(connection_->value("SELECT count(*) FROM journal.expected_run WHERE job = 'sync "
                                 "deals' AND state = 'expected'"),
              "1");
    config_.schedule_deals = "";
    serve_until("2026-05-02T15:00");
    EXPECT_EQ(connection_->value("SELECT count(*) FROM journal.expected_run WHERE job = 'sync "
                                 "deals' AND state = 'expected'"),
              "0")
        << "what is no longer scheduled is no longer expected";
}

TEST_F(Service, AResourceThatTheNightHasReadIsNotReadAgain) {
    clock_.set("2026-05-01T12:00");
    config_.schedule_deals = "30 2 * * *";  // the very moment of the night
    serve_until("2026-05-02T12:00");
    EXPECT_EQ(syncs_, 1);
    EXPECT_EQ(connection_->value("SELECT state || ', ' || reason FROM journal.expected_run WHERE "
                                 "job = 'sync deals' AND state <> 'expected'"),
              "skipped, the sync read it");
}

TEST_F(Service, ShowsNightsNobodyWasThereFor) {
    clock_.set("2026-05-01T12:00");
    serve_until("2026-05-02T12:00");
    clock_.set("2026-05-05T20:00");  // three nights later, the last one too long ago
    serve_until("2026-05-06T12:00");
    EXPECT_EQ(nights(), "02 done, 03 missed, 04 missed, 05 missed, 06 done, 07 expected");
    EXPECT_EQ(syncs_, 2);
    clock_.set("2026-05-08T05:00");  // two nights later, the last one within the catch-up
    serve_until("2026-05-08T12:00");
    EXPECT_EQ(nights(),
              "02 done, 03 missed, 04 missed, 05 missed, 06 done, 07 missed, 08 done, 09 expected");
    EXPECT_EQ(syncs_, 3);
}

TEST_F(Service, WaitsOutALostDatabaseAndKeepsTheNight) {
    clock_.set("2026-05-01T12:00");
    const auto cut = [this] {
        connection_->execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
            "'gcmirror: serve' AND datname = current_database()");
    };
    sync_ = [&](const etl::Config&) {
        if (syncs_ == 1) cut();  // while it runs
        return 0;
    };
    int sleeps = 0;
    clock_.asleep = [&] {
        if (++sleeps == 40) cut();  // while it waits
    };
    serve_until("2026-05-05T12:00");
    EXPECT_EQ(nights(), "02 done, 03 done, 04 done, 05 done, 06 expected");
    EXPECT_NE(said_.str().find("database lost, waiting"), std::string::npos) << said_.str();
    EXPECT_EQ(syncs_, 4);
}

TEST_F(Service, LeadsOnlyWhileItHoldsTheLock) {
    clock_.set("2026-05-01T12:00");
    std::optional<etl::pg::Connection> other(std::in_place, database_.url(), "other");
    ASSERT_TRUE(etl::pg::try_lock(*other, "gcmirror serve"));
    clock_.asleep = [&] {
        if (clock_.now() >= at("2026-05-03T12:00"))
            other.reset();  // the leader dies, and its lock with it
    };
    serve_until("2026-05-04T12:00");
    EXPECT_EQ(syncs_, 1);
    EXPECT_EQ(nights(), "04 done, 05 expected");
    EXPECT_NE(said_.str().find("another instance leads"), std::string::npos);
}

TEST_F(Service, ReadsItsConfigurationAgainAndKeepsTheOldOneWhenItIsWrong) {
    clock_.set("2026-05-01T12:00");
    clock_.asleep = [&] {
        if (clock_.now() == at("2026-05-01T13:00") || clock_.now() == at("2026-05-01T15:00"))
            jobs::reload_requested() = true;
    };
    int reloads = 0;
    reload_ = [&]() -> etl::Config {
        if (++reloads == 2)
            throw etl::Error(etl::Kind::usage, "configuration: [sync] begin is wrong");
        etl::Config changed = config_;
        changed.schedule_sync = "30 20 * * *";
        return changed;
    };
    serve_until("2026-05-02T12:00");
    EXPECT_EQ(reloads, 2);
    EXPECT_EQ(connection_->value(
                  "SELECT string_agg(to_char(due_at AT TIME ZONE 'Europe/Berlin', 'DD HH24:MI') || "
                  "' ' || state, ', ' ORDER BY due_at) FROM journal.expected_run"),
              "01 20:30 done, 02 20:30 expected");
    EXPECT_NE(said_.str().find("the old one stays: configuration: [sync] begin is wrong"),
              std::string::npos)
        << said_.str();
}

TEST_F(Service, TheProcessReloadsOnHangupAndEndsOnTerm) {
    const std::string log = testing::TempDir() + "/serve-" + std::to_string(getpid());
    const pid_t child = fork();
    if (child == 0) {
        setenv("GCMIRROR_CONFIG", "/dev/null", 1);
        setenv("GCMIRROR_DATABASE_URL", database_.url().c_str(), 1);
        setenv("GCMIRROR_DATABASE_DATA_DIR", database_.folder().c_str(), 1);
        setenv("GETCOURSE_ACCOUNT", "school", 1);
        setenv("GCMIRROR_SERVE_LISTEN", "127.0.0.1:0", 1);
        setenv("GETCOURSE_KEY", "a-key-that-is-never-sent", 1);
        const int file = open(log.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        dup2(file, 2);
        execl(test_support::program(), test_support::program(), "serve",
              static_cast<char*>(nullptr));
        _exit(127);
    }
    const auto comes = [&](const std::string& sql) {
        for (int i = 0; i < 300; ++i, std::this_thread::sleep_for(50ms))
            if (connection_->value(sql) == "1") return true;
        return false;
    };
    EXPECT_TRUE(comes("SELECT count(*) FROM journal.expected_run WHERE state = 'expected'"));
    kill(child, SIGHUP);
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(waitpid(child, nullptr, WNOHANG), 0) << "a hangup does not end it";
    kill(child, SIGTERM);
    int status = 0;
    for (int i = 0; i < 100 && waitpid(child, &status, WNOHANG) == 0; ++i)
        std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_EQ(connection_->value("SELECT count(*) FROM journal.request"), "0");
}
