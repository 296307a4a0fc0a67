// The budget shared with others: two of ours, a foreign client, a plan that is kept, a stop that is
// clean.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <sstream>
#include <thread>

#include "etl/journal_pg.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/cli/doctor.hpp"
#include "jobs/cli/plan.hpp"
#include "jobs/cli/status.hpp"
#include "jobs/serve/dashboard_data.hpp"
#include "jobs/serve/metrics.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

using namespace std::chrono_literals;
using std::chrono::days;

namespace {

class Budget : public testing::Test {
protected:
    Budget() { etl::log::set_level(etl::log::Level::error); }
    ~Budget() override {
        if (simulator_) simulator_->stop();
        std::filesystem::remove_all(dir());
    }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-budget-" + std::to_string(getpid()));
    }
    void simulate(int limit, etl::Duration window, etl::Duration build) {
        simulator::SimulatorOptions options;
        options.school.users = 100;
        options.school.deals = 300;
        options.school.today = etl::Zone("Europe/Moscow").today(etl::system_clock()->now());
        options.school.begin = options.school.today - days{400};
        options.build_median = build;
        options.limit = limit;
        options.window = window;
        options.dir = dir();
        simulator_ = std::make_unique<simulator::Simulator>(options);
        simulator_->start();
    }
    etl::Config config() const {
        etl::Config config;
        config.getcourse.url = simulator_->url();
        config.getcourse.ca_file = simulator_->ca_file().string();
        config.key = etl::Secret("simulator-read-key");
        config.database = database_.settings();
        config.pacing.first_poll = 20ms;
        config.pacing.busy_gap = 50ms;
        config.pacing.longest_gap = 300ms;
        config.pacing.cool_down = 300ms;
        return config;
    }
    int sync(const etl::Config& with, bool full = false, int days_later = 0) {
        jobs::SyncOptions options;
        options.query.full = full;
        options.day_of = [days_later](etl::Instant t) {
            return etl::Zone("Europe/Moscow").today(t) + days{days_later};
        };
        std::ostringstream out, err;
        const int code = jobs::run_sync(with, options, out, err, {});
        said_ = out.str() + err.str();
        return code;
    }
    // With the pacing of a real account.
    etl::Config config_of_hours() const {
        etl::Config with = config();
        with.pacing = {};
        return with;
    }
    std::string value(const std::string& sql) {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }

    std::unique_ptr<simulator::Simulator> simulator_;
    test_support::TestDatabase database_;
    std::string said_;
};

// Somebody else's tool: polls the groups list on one connection as fast as it is answered, which
// alone is more than the limit allows on any machine, until `over` says so.
class Foreigner {
public:
    Foreigner(const simulator::Simulator& simulator, std::function<bool()> over)
        : thread_([this, url = simulator.url(), ca = simulator.ca_file().string(),
                   over = std::move(over)](const std::stop_token& stop) {
              const Poco::URI uri(url);
              Poco::Net::HTTPSClientSession session(
                  uri.getHost(), uri.getPort(),
                  new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", ca));
              session.setKeepAlive(true);
              while (!stop.stop_requested() && !over()) {
                  Poco::Net::HTTPRequest request(
                      "GET", "/pl/api/account/groups?key=simulator-read-key", "HTTP/1.1");
                  Poco::Net::HTTPResponse response;
                  std::string body;
                  try {
                      session.sendRequest(request);
                      Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
                      ++requests;
                  } catch (const Poco::Exception&) {
                      session.reset();  // the server has ended the connection
                  }
              }
          }) {}
    std::atomic<int> requests = 0;

private:
    std::jthread thread_;
};

}  // namespace

TEST_F(Budget, TwoOfOursAndAForeignClientNeverExceedTheLimitAndTheNightFinishesWhenHeLeaves) {
    constexpr int kLimit = 30;
    simulate(kLimit, 3s, 60ms);
    etl::Config with = config();
    with.budget = {kLimit, 3s, 5};
    with.sync.deadline = 60s;
    // He goes when one of ours has been refused because of him, not after a time.
    const std::string refused = "SELECT count(*) FROM journal.request WHERE answer = 'OverLimit'";
    etl::pg::Connection his_view(database_.url(), "foreigner");
    Foreigner foreigner(*simulator_, [&] { return his_view.value(refused) != "0"; });
    std::atomic<int> spent = 0;
    std::thread second(
        [&] {  // another process of ours, with a connection and ledger view of its own
            etl::pg::Connection connection(database_.url(), "second");
            const auto journal = etl::pg_journal(connection, {kLimit, 3s, 5});
            const std::int64_t run = journal->begin_run("second", "{}");
            for (int i = 0; i < 200; ++i) {
                const etl::Permit permit =
                    journal->before_send({run, 0, "probe", "test", "test", true}, 0);
                if (permit.request_id == 0) continue;
                journal->after_answer(permit.request_id, {});
                ++spent;
            }
        });
    second.join();
    const int code = sync(with);
    EXPECT_EQ(code, 0) << said_;
    EXPECT_GT(foreigner.requests, 20);
    EXPECT_LE(simulator_->most_in_window(), kLimit);
    // Of ours: no moving window of three seconds ever held more than the limit less the reserve.
    EXPECT_EQ(value("SELECT count(*) FROM journal.request a WHERE (SELECT count(*) FROM "
                    "journal.request b WHERE b.counts AND b.sent_at > a.sent_at - interval '3 "
                    "seconds' AND b.sent_at <= a.sent_at) > 25"),
              "0");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "300");
    EXPECT_NE(value(refused), "0");
}

TEST_F(Budget, ThePlanPredictsTheRequestsOfTheNightsWithin15Percent) {
    simulate(100000, 2h, 200ms);
    etl::Config with = config();
    with.budget = {
        26, 1s,
        10};  // a window so short that each night begins with all of it: q and cost stay the same
    for (int i = 0; i < 3; ++i) sync(with, true);  // build times are learned from these
    double predicted = 0;
    const int before = std::stoi(value("SELECT count(*) FROM journal.request"));
    for (int night = 0; night < 8; ++night) {
        ASSERT_EQ(sync(with), 0) << said_;
        predicted +=
            std::stod(value("SELECT plan->>'requests' FROM journal.run ORDER BY id DESC LIMIT 1"));
    }
    const double sent = std::stod(value("SELECT count(*) FROM journal.request")) - before;
    EXPECT_NEAR(predicted / sent, 1, 0.15) << predicted << " predicted, " << sent << " sent";
    std::cout << predicted << " requests predicted, " << sent << " sent\n";
}

TEST_F(Budget, AWeekCostsAtMostTwoAndAHalfRequestsAnExportWhereNothingBinds) {
    simulate(100000, 2h, 300ms);
    etl::Config with = config();
    with.budget.limit = 100000;
    with.pacing.first_poll = 300ms;  // about a usual build, until build times are learned
    for (int night = 0; night < 7; ++night) ASSERT_EQ(sync(with, false, night), 0) << said_;
    const double exports =
                     std::stod(value("SELECT count(*) FROM journal.request WHERE kind = 'start'")),
                 requests = std::stod(value("SELECT count(*) FROM journal.request WHERE kind IN "
                                            "('start', 'poll')"));
    EXPECT_GT(exports, 40);
    EXPECT_LE(requests / exports, 2.5) << requests << " requests, " << exports << " exports";
    std::cout << requests << " requests, " << exports << " exports\n";
}

TEST_F(Budget, NoCommandShowsAFreeRequestWhileA903StandsAndNothingSucceededSince) {
    simulate(100, 2h, 50ms);
    etl::pg::Connection connection(database_.url(), "test");
    const etl::Config with = config_of_hours();
    using Sent = std::pair<int, const char*>;  // minutes ago, answer
    for (const std::vector<Sent>& sent :
         {std::vector<Sent>{{5, "OverLimit"}},
          std::vector<Sent>{{125, "OverLimit"}, {20, "OverLimit"}},
          std::vector<Sent>{{119, "OverLimit"}, {104, "OverLimit"}, {74, "OverLimit"}},
          std::vector<Sent>{{40, "Ready"}, {30, "OverLimit"}, {1, ""}},
          std::vector<Sent>{{30, "OverLimit"}, {29, "OverLimit"}, {3, "Unclear"}}}) {
        connection.execute("DELETE FROM journal.request");
        for (const auto& [ago, answer] : sent)
            connection.query(
                "INSERT INTO journal.request (kind, what, why, counts, boot_id, sent_boot, "
                "sent_at, "
                "answered_at, answer) VALUES ('poll', 'x', 'test', true, 'another', '1 s', "
                "clock_timestamp() - $1::int * interval '1 minute', CASE WHEN $2 <> '' THEN "
                "clock_timestamp() - $1::int * interval '1 minute' END, $2)",
                {std::to_string(ago), std::string(answer)});
        std::ostringstream status, plan, doctor, err;
        jobs::Context for_status{with, status, err, false, false, {}},
            for_plan{with, plan, err, false, false, {}},
            for_doctor{with, doctor, err, false, false, {}};
        EXPECT_EQ(jobs::run_status(for_status), 0);
        EXPECT_NE(status.str().find(", 0 free, "), std::string::npos) << status.str();
        EXPECT_EQ(jobs::run_plan(for_plan, {}), 0);
        EXPECT_NE(plan.str().find(", 0 free now"), std::string::npos) << plan.str();
        (void)jobs::run_doctor(for_doctor, false);
        EXPECT_EQ(simulator_->requests(), 0) << "doctor spends nothing";
        EXPECT_NE(doctor.str().find("0 free now"), std::string::npos) << doctor.str();
        const std::string metrics = jobs::metrics_text(connection, with, true, false, {}),
                          page = jobs::overview_json(connection, with, {});
        EXPECT_NE(metrics.find("gcmirror_budget_requests{what=\"free\"} 0"), std::string::npos);
        EXPECT_NE(page.find("\"free\": 0"), std::string::npos);
    }
}

TEST_F(Budget, PlanningSendsNothing) {
    simulate(100, 2h, 50ms);
    sync(config());
    const std::int64_t requests = simulator_->requests();
    std::ostringstream out, err;
    jobs::Context context{config(), out, err, false, false, {}};
    EXPECT_EQ(jobs::run_plan(context, {}), 0);
    EXPECT_NE(out.str().find("fits"), std::string::npos) << out.str();
    EXPECT_EQ(simulator_->requests(), requests);
}

TEST_F(Budget, SigtermEndsWithinFiveSecondsWithEightAndTheNextRunGoesOn) {
    simulate(1000, 2h, 2s);
    const std::string url = "GCMIRROR_GETCOURSE_URL=" + simulator_->url(),
                      ca = "GCMIRROR_GETCOURSE_CA_FILE=" + simulator_->ca_file().string(),
                      db = "GCMIRROR_DATABASE_URL=" + database_.url(),
                      folder = "GCMIRROR_DATABASE_DATA_DIR=" + database_.folder().string();
    const char* environment[] = {url.c_str(),
                                 ca.c_str(),
                                 db.c_str(),
                                 folder.c_str(),
                                 "GETCOURSE_KEY=simulator-read-key",
                                 "GCMIRROR_CONFIG=/dev/null",
                                 "GCMIRROR_PACING_FIRST_POLL=10s",
                                 nullptr};
    const char* argv[] = {test_support::program(), "sync", nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
    pid_t pid = 0;
    ASSERT_EQ(posix_spawn(&pid, test_support::program(), &quiet, nullptr, const_cast<char**>(argv),
                          const_cast<char**>(environment)),
              0);
    etl::pg::Connection watcher(database_.url(), "test");
    bool started = false;
    for (int i = 0; i < 1000 && !started; ++i) {  // bounded: until the first export is known
        usleep(10000);
        started =
            watcher.value("SELECT count(*) FROM journal.export WHERE state = 'started'") == "1";
    }
    ASSERT_TRUE(started);
    const auto asked = std::chrono::steady_clock::now();
    kill(pid, SIGTERM);
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s);
    EXPECT_EQ(WEXITSTATUS(status), 8);
    EXPECT_EQ(value("SELECT state FROM journal.run"), "stopped");
    EXPECT_EQ(sync(config()), 0) << said_;
    EXPECT_EQ(value("SELECT count(*) FROM journal.request WHERE kind = 'start'"),
              "3");  // one per table: none was started twice
}
