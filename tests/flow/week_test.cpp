// A simulated week, unattended: a crash, a database restart, a night of 903, the change to summer
// time. Journal, dashboard, metrics and alerts must tell the same story.
#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <sstream>
#include <thread>

#include "etl/cluster.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/serve/dashboard.hpp"
#include "jobs/serve/notify.hpp"
#include "jobs/serve/service.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/forwarding_journal.hpp"
#include "tests/support/night_calendar.hpp"
#include "tests/support/receiver.hpp"

using namespace std::chrono_literals;
using std::chrono::days;

namespace {

struct Died {};  // what a killed process looks like from inside: nothing is tidied up

// Does something after the n-th request was written to the journal.
class Interrupted final : public test_support::ForwardingJournal {
public:
    Interrupted(std::unique_ptr<etl::Journal> inner, int requests, std::function<void()> act)
        : ForwardingJournal(std::move(inner)), left_(requests), act_(std::move(act)) {}
    etl::Permit before_send(const etl::RequestIntent& intent, int reserve) override {
        if (left_-- == 0) act_();
        return inner_->before_send(intent, reserve);
    }

private:
    int left_;
    std::function<void()> act_;
};

// The calendar jumps from event to event; the service's pacing below runs in real, short durations.
class Calendar final : public etl::Clock {
public:
    [[nodiscard]] etl::Instant now() const override { return now_; }
    bool sleep_until(etl::Instant t, std::stop_token stop) override {
        if (stop.stop_requested()) return false;
        now_ = std::max(now_, t);
        if (now_ >= until) source.request_stop();
        return true;
    }
    etl::Instant until;
    std::stop_source source;

private:
    etl::Instant now_ = *etl::parse_instant("2026-03-25T12:00:00.000000Z");
};

class Week : public testing::Test {
protected:
    Week()
        : simulator_(options()), cluster_(dir().string() + "-pg"), receiver_(dir() / "receiver") {
        etl::log::set_level(etl::log::Level::error);
        etl::log::set_sink([](std::string_view) {});
        simulator_.start();
        config_.database.url = cluster_.ensure_running();
        config_.database.data_dir = (dir() / "data").string();
        config_.getcourse.url = simulator_.url();
        config_.getcourse.ca_file = simulator_.ca_file().string();
        config_.getcourse.time_zone = "Europe/Berlin";
        config_.key = etl::Secret("simulator-read-key");
        config_.budget = {80, 3s, 0};
        config_.pacing.first_poll = 15ms;
        config_.pacing.busy_gap = 30ms;
        config_.pacing.longest_gap = 100ms;
        config_.pacing.cool_down = 300ms;
        config_.sync.deadline = 60s;
        config_.schedule_sync = "30 2 * * *";
        config_.schedule_jitter = 0s;
        config_.serve_listen = "127.0.0.1:0";
        config_.alert.webhook = receiver_.url() + "/hook";
        config_.alert.heartbeat_url = receiver_.url() + "/alive";
        config_.alert.ca_file = receiver_.ca_file().string();
        config_.alert.language = "en";
    }
    ~Week() override {
        dashboard_.reset();
        simulator_.stop();
        cluster_.stop();
        std::filesystem::remove_all(dir());
        std::filesystem::remove_all(dir().string() + "-pg");
    }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-week-" + std::to_string(getpid()));
    }
    static etl::Day school_day() {
        return etl::Zone("Europe/Berlin").today(etl::system_clock()->now()) - days{12};
    }
    static simulator::SimulatorOptions options() {
        simulator::SimulatorOptions options;
        options.school.users = 200;
        options.school.deals = 500;
        options.school.today = school_day();
        options.school.begin = school_day() - days{700};
        options.build_median = 20ms;
        options.limit = 80;
        options.window = 3s;
        options.dir = dir();
        options.time_zone = "Europe/Berlin";
        return options;
    }

    int sync(etl::Config config, std::stop_token stop) {
        ++night_;
        if (night_ > 1 && night_ != 3) {  // the third begins the second night anew
            simulator_.advance_day();
            days_.begin_next();
        }
        // a day later nothing of the night before is in the account's window
        while (night_ > 6 && value(kRefusedInTheWindow) != "0") usleep(10000);
        jobs::SyncOptions options;
        options.day_of = [this](etl::Instant t) { return days_.day_of(t); };
        if (night_ == 2)
            options.journal = [](std::unique_ptr<etl::Journal> inner) {
                return std::make_unique<Interrupted>(std::move(inner), 5, [] { throw Died{}; });
            };
        if (night_ == 4)
            options.journal = [this](std::unique_ptr<etl::Journal> inner) {
                return std::make_unique<Interrupted>(std::move(inner), 5, [this] {
                    cluster_.stop();
                    (void)cluster_.ensure_running();
                });
            };
        std::jthread greedy;
        if (night_ == 6) {  // somebody else spends the account's budget all night long
            config.sync.deadline = 2s;
            simulator_.spend(80);
            greedy = std::jthread([this](std::stop_token done) {
                while (!done.stop_requested()) {
                    simulator_.spend(80);
                    std::this_thread::sleep_for(50ms);
                }
            });
        }
        std::ostringstream out, err;
        return jobs::run_sync(config, options, out, err, std::move(stop));
    }
    void serve_until(const char* until) {
        calendar_.until = *etl::parse_instant(std::string(until) + ":00.000000Z");
        calendar_.source = std::stop_source();
        jobs::Serving serving;
        serving.config = config_;
        serving.reload = [this] { return config_; };
        serving.sync = [this](const etl::Config& config, std::stop_token stop) {
            return sync(config, std::move(stop));
        };
        serving.tick = 6h;
        serving.notify = [this](const etl::Config& config, etl::Instant now, bool good_night) {
            etl::pg::Connection connection(config.database.url, "notify");
            jobs::notify(connection, config, now, good_night);
        };
        controls_ = serving.controls;
        dashboard_.reset();
        dashboard_ = std::make_unique<jobs::Dashboard>(config_, config_.database.url, controls_);
        jobs::serve(std::move(serving), calendar_, said_, calendar_.source.get_token());
    }
    std::string get(const std::string& path) {
        Poco::Net::HTTPClientSession session{Poco::Net::SocketAddress(dashboard_->address())};
        Poco::Net::HTTPRequest request("GET", path, "HTTP/1.1");
        session.sendRequest(request);
        Poco::Net::HTTPResponse response;
        std::ostringstream text;
        Poco::StreamCopier::copyStream(session.receiveResponse(response), text);
        EXPECT_EQ(response.getStatus(), 200) << text.str();
        return text.str();
    }
    std::string value(const std::string& sql) {
        return etl::pg::Connection(config_.database.url, "test").value(sql);
    }

    static constexpr const char* kRefusedInTheWindow =
        "SELECT count(*) FROM journal.request WHERE answer = 'OverLimit' AND answered_at > "
        "clock_timestamp() - interval '3 seconds'";
    simulator::Simulator simulator_;
    etl::Cluster cluster_;
    test_support::HttpsReceiver receiver_;
    etl::Config config_;
    Calendar calendar_;
    std::shared_ptr<jobs::Controls> controls_;
    std::unique_ptr<jobs::Dashboard> dashboard_;
    std::ostringstream said_;
    test_support::NightCalendar days_{school_day()};
    int night_ = 0;
};

}  // namespace

TEST_F(Week, JournalDashboardMetricsAndAlertsTellTheSameStory) {
    EXPECT_THROW(serve_until("2026-04-01T12:00"), Died)
        << "the second night dies under the service";
    serve_until("2026-04-01T12:00");  // as a service manager would start it again
    ASSERT_EQ(night_, 8) << said_.str();

    // The journal: seven nights, one begun twice. The one whose database is restarted outlives it.
    const std::string story =
        "26 done, 27 done, 28 done, 29 done, 30 postponed, 31 done, 01 done, 02 expected";
    EXPECT_EQ(value("SELECT string_agg(to_char(due_at AT TIME ZONE 'Europe/Berlin', 'DD') || ' ' "
                    "|| state, ', ' ORDER BY due_at) FROM journal.expected_run"),
              story)
        << said_.str();
    EXPECT_EQ(value("SELECT to_char(due_at AT TIME ZONE 'UTC', 'HH24:MI') FROM "
                    "journal.expected_run WHERE due_at::date = '2026-03-29'"),
              "01:30")
        << "2:30 does not exist that night";
    EXPECT_EQ(
        value("SELECT string_agg(state, ', ' ORDER BY id) FROM journal.run WHERE job = 'sync'"),
        "done, died, done, done, done, postponed, done, done");
    EXPECT_EQ(
        value("SELECT count(*) FROM journal.request WHERE answer = 'OverLimit' AND run_id = 6") ==
            "0",
        false);
    EXPECT_EQ(value("SELECT bool_and(balanced) FROM journal.certificate"), "t");

    // The dashboard shows the same nights and trusts the last one.
    const auto overview =
        Poco::JSON::Parser().parse(get("/api/overview")).extract<Poco::JSON::Object::Ptr>();
    std::string shown;
    const auto expected = overview->getObject("data")->getArray("expected");
    const etl::Zone berlin("Europe/Berlin");
    for (std::size_t i = expected->size(); i-- > 0;) {
        const auto night = expected->getObject(static_cast<unsigned>(i));
        const std::string due =
            night->getValue<std::string>("due_at");  // 2026-03-26T01:30:00+00:00
        shown += (shown.empty() ? "" : ", ") + due.substr(8, 2) + " " +
                 night->getValue<std::string>("state");
    }
    EXPECT_EQ(shown, story);
    EXPECT_EQ(overview->getObject("trust")->getValue<std::string>("level"), "green")
        << get("/api/overview");
    EXPECT_EQ(overview->getObject("data")->getObject("run")->getValue<std::string>("state"),
              "done");

    // Metrics count the same rows.
    const std::string metrics = get("/metrics");
    for (const char* line :
         {"gcmirror_expected_runs{state=\"done\"} 6",
          "gcmirror_expected_runs{state=\"postponed\"} 1",
          "gcmirror_runs{job=\"sync\",state=\"done\"} 6",
          "gcmirror_runs{job=\"sync\",state=\"died\"} 1",
          "gcmirror_runs{job=\"sync\",state=\"postponed\"} 1", "gcmirror_trust{level=\"green\"} 1",
          "gcmirror_alerts{what=\"open\"} 0"})
        EXPECT_NE(metrics.find(line), std::string::npos) << line << "\n" << metrics;

    // People were told of the poor night, and that it was over; six good nights pinged.
    std::map<std::string, int> told;
    for (const std::string& message : receiver_.got()) {
        if (message.starts_with("GET /alive")) ++told["alive"];
        for (const char* code :
             {"failed", "partial", "foreign_budget", "new_field", "stale", "late"})
            if (message.find("\"code\":\"" + std::string(code) + "\"") != std::string::npos)
                ++told[std::string(code) +
                       (message.find("\"kind\":\"recovered\"") != std::string::npos ? " over"
                                                                                    : "")];
    }
    EXPECT_EQ(told["alive"], 6);
    EXPECT_EQ(told["failed"], 0);
    EXPECT_EQ(told["partial"], 1);
    EXPECT_EQ(told["partial over"], 1);
    EXPECT_EQ(told["late"] + told["stale"], 0);
    EXPECT_EQ(value("SELECT count(*) FROM journal.delivery WHERE sent_at IS NULL"), "0");

    // And the mirror is the school as of the last night: a full read changes nothing but what
    // GetCourse never tells incrementally.
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NULL"),
              value("SELECT count(*) FROM mirror.deals"));
    EXPECT_LE(simulator_.requests(),
              std::stoll(value("SELECT count(*) FROM journal.request WHERE counts")))
        << "every request is in the ledger";
}

TEST_F(Week, ASyncAskedForOnThePageRunsNowAndTheOneThatIsStoppedIsNotTakenUpByItself) {
    calendar_.until = *etl::parse_instant("2026-03-27T12:00:00.000000Z");
    jobs::Serving serving;
    serving.config = config_;
    serving.tick = 1h;
    const std::shared_ptr<jobs::Controls> controls = serving.controls;
    int syncs = 0, asked = 0;
    serving.notify = [&](const etl::Config&, etl::Instant,
                         bool) {  // as if somebody pressed the button while the service waits
        if (asked++ == 0) {
            EXPECT_EQ(controls->ask_sync(), "");
        }
    };
    serving.sync = [&](const etl::Config&, std::stop_token stop) -> int {
        ++syncs;
        EXPECT_NE(controls->ask_sync(), "") << "one is under way";
        EXPECT_EQ(controls->ask_stop(), "");
        if (stop.stop_requested()) throw etl::Error(etl::Kind::stopped, "stopped before deals");
        return 0;
    };
    EXPECT_NE(controls->ask_sync(), "") << "nobody leads yet";
    EXPECT_NE(controls->ask_stop(), "") << "nothing runs";
    jobs::serve(std::move(serving), calendar_, said_, calendar_.source.get_token());
    EXPECT_EQ(syncs, 3) << said_.str();
    EXPECT_EQ(value("SELECT string_agg(state || ' ' || reason, ', ' ORDER BY due_at) FROM "
                    "journal.expected_run WHERE state <> 'expected'"),
              "skipped stopped on the dashboard; the next run goes on, skipped stopped on the "
              "dashboard; the next run goes on");
}
