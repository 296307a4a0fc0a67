// gcmirror serve --fleet as a process: three simulated schools and a wrong file; one that is killed
// comes back alone, files are followed, and whatever ends the supervisor ends its children.
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/fleet/alerts.hpp"
#include "jobs/fleet/look.hpp"
#include "jobs/simulator/simulator.hpp"
#include "tests/support/child.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/receiver.hpp"

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

int free_port_now() {
    const Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
    return socket.address().port();
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

bool runs(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(stat, text);
    const std::size_t name_ends = text.rfind(')');
    return name_ends != std::string::npos && text.substr(name_ends + 2, 1) != "Z";
}

std::string whole(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class Fleet : public testing::Test {
protected:
    void SetUp() override {
        std::string made = (fs::temp_directory_path() / "gcmirror-fleet-test-XXXXXX").string();
        ASSERT_NE(mkdtemp(made.data()), nullptr);
        dir_ = made;
        fs::create_directory(dir_ / "schools");
        port_ = free_port_now();
        write("fleet.toml", "[fleet]\nschools = \"schools\"\nlisten = \"127.0.0.1:" +
                                std::to_string(port_) + "\"\n");
    }
    void TearDown() override {
        fleet_.reset();
        for (auto& [name, simulator] : simulators_) simulator->stop();
        fs::remove_all(dir_);
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(dir_ / name) << text;
    }
    void add_school(const std::string& name) {
        simulator::SimulatorOptions options;
        options.school.users = 20;
        options.school.deals = 30;
        options.school.seed = name[0];
        options.build_median = 30ms;
        options.key = "key-of-" + name + "-alone";
        options.dir = dir_ / ("simulator-" + name);
        auto simulator = std::make_unique<simulator::Simulator>(options);
        simulator->start();
        databases_.emplace(name, std::make_unique<test_support::TestDatabase>());
        write("schools/" + name + ".key", options.key + "\n");
        write("schools/" + name + ".toml",
              "[getcourse]\nurl = \"" + simulator->url() + "\"\nca_file = \"" +
                  simulator->ca_file().string() + "\"\nkey_file = \"" + name +
                  ".key\"\n[database]\ndata_dir = \"" + (dir_ / "data" / name).string() +
                  "\"\nurl = \"" + databases_.at(name)->url() +
                  "\"\n[pacing]\nfirst_poll = \"20ms\"\n[serve]\nlisten = \"127.0.0.1:" +
                  std::to_string(free_port_now()) + "\"\n");
        simulators_.emplace(name, std::move(simulator));
    }
    void start(const std::vector<std::string>& options) {
        std::vector<std::string> argv = {test_support::program(), "serve", "--fleet"};
        argv.insert(argv.end(), options.begin(), options.end());
        fleet_.emplace(
            argv, std::vector<std::string>{"PATH=/usr/bin:/bin", "HOME=" + dir_.string(),
                                           "TMPDIR=" + dir_.string(), "GETCOURSE_KEY=key-of-nobody",
                                           "GCMIRROR_CONFIG=" + (dir_ / "fleet.toml").string()});
    }
    // Within a generous time, since the machine may be busy; a condition that never comes fails.
    testing::AssertionResult comes(const std::function<bool()>& happened) {
        for (const auto until = std::chrono::steady_clock::now() + 60s;
             std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(20ms))
            if (happened()) return testing::AssertionSuccess();
        return testing::AssertionFailure() << fleet_->said();
    }
    // Of each start of a school, in turn.
    [[nodiscard]] std::vector<pid_t> processes_of(const std::string& school) const {
        std::vector<pid_t> pids;
        std::istringstream lines(fleet_->said());
        for (std::string line; std::getline(lines, line);)
            if (holds(line, "school=" + school + " what=started process="))
                pids.push_back(std::stoi(line.substr(line.rfind('=') + 1)));
        return pids;
    }
    [[nodiscard]] std::string asked(const std::string& path) const {
        try {
            Poco::Net::HTTPClientSession session("127.0.0.1", static_cast<Poco::UInt16>(port_));
            Poco::Net::HTTPRequest request("GET", path);
            session.sendRequest(request);
            Poco::Net::HTTPResponse response;
            std::istream& body = session.receiveResponse(response);
            return {std::istreambuf_iterator<char>(body), {}};
        } catch (const Poco::Exception&) {
            return "";
        }
    }
    [[nodiscard]] bool mirrored(const std::string& school) const {
        etl::pg::Connection connection(databases_.at(school)->url(), "test");
        return connection.value("SELECT count(*) FROM journal.run WHERE state = 'done'") != "0";
    }

    fs::path dir_;
    int port_ = 0;
    std::map<std::string, std::unique_ptr<simulator::Simulator>> simulators_;
    std::map<std::string, std::unique_ptr<test_support::TestDatabase>> databases_;
    std::optional<test_support::Child> fleet_;
};

}  // namespace

TEST_F(Fleet, MirrorsThreeSchoolsAndAKilledOneComesBackAlone) {
    for (const char* name : {"a", "b", "c"}) add_school(name);
    write("schools/broken.toml", "[getcourse\n");
    start({"--now"});
    for (const char* name : {"a", "b", "c"})
        ASSERT_TRUE(comes([&] { return mirrored(name); })) << name;
    ASSERT_TRUE(comes([&] { return holds(asked("/api/fleet"), "\"trouble\":\"green\""); }));
    EXPECT_TRUE(holds(asked("/api/fleet"), "broken.toml line 1"));
    EXPECT_TRUE(holds(asked("/metrics"), "gcmirror_fleet_school_file_ok{school=\"broken\"} 0"));
    EXPECT_EQ(asked("/healthz"), "ok\n");
    EXPECT_TRUE(processes_of("broken").empty());

    const pid_t b = processes_of("b").at(0);
    const std::string environment = whole("/proc/" + std::to_string(b) + "/environ");
    EXPECT_TRUE(holds(environment, "GCMIRROR_FLEET_LOADS_AT_ONCE=2"));
    EXPECT_FALSE(holds(environment, "GETCOURSE_KEY"));
    EXPECT_FALSE(holds(environment, "GCMIRROR_CONFIG"));
    ASSERT_EQ(kill(b, SIGKILL), 0);
    ASSERT_TRUE(comes([&] { return processes_of("b").size() == 2; }));
    EXPECT_TRUE(holds(fleet_->said(), "signal 9"));
    EXPECT_EQ(processes_of("a").size(), 1U);
    EXPECT_EQ(processes_of("c").size(), 1U);
    EXPECT_TRUE(runs(processes_of("a").at(0)) && runs(processes_of("b").at(1)));

    fs::rename(dir_ / "schools/c.toml", dir_ / "schools/d.toml");
    kill(fleet_->pid(), SIGHUP);
    ASSERT_TRUE(comes([&] { return holds(fleet_->said(), "school=c what=stopped"); }));
    ASSERT_TRUE(comes([&] { return processes_of("d").size() == 1; }));
    EXPECT_FALSE(runs(processes_of("c").at(0)));

    std::vector<pid_t> all;
    for (const char* name : {"a", "b", "d"}) all.push_back(processes_of(name).back());
    kill(fleet_->pid(), SIGTERM);
    const test_support::Ended ended = fleet_->wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    for (const pid_t pid : all) EXPECT_FALSE(runs(pid));
    for (const char* key : {"key-of-a-alone", "key-of-b-alone", "key-of-nobody"})
        EXPECT_FALSE(holds(ended.err, key));
}

TEST(FleetLook, ADatabaseThatIsEmptyOrSilentOrHangsIsNamedInTime) {
    const auto now = std::chrono::time_point_cast<etl::Duration>(std::chrono::system_clock::now());
    jobs::fleet::School school;
    school.config.getcourse.account = "school";
    const test_support::TestDatabase empty(false), hanging;
    school.config.database.url = empty.url();
    EXPECT_TRUE(holds(jobs::fleet::look_at(school, now).unreachable, "no tables of gcmirror yet"));

    Poco::Net::ServerSocket silent(Poco::Net::SocketAddress("127.0.0.1", 0));
    school.config.database.url =
        "postgresql://127.0.0.1:" + std::to_string(silent.address().port()) + "/x";
    EXPECT_TRUE(holds(jobs::fleet::look_at(school, now).unreachable, "timeout expired"));

    school.config.database.url = hanging.url();
    EXPECT_EQ(jobs::fleet::look_at(school, now).unreachable, "");
    etl::pg::Connection other(hanging.url(), "test");
    const etl::pg::Transaction holding(other);
    other.execute("LOCK TABLE journal.run IN ACCESS EXCLUSIVE MODE");
    EXPECT_EQ(jobs::fleet::look_at(school, now, 300ms).unreachable, "no answer within 300ms");
}

TEST_F(Fleet, SchoolsOfOneTroubleAreOneMessageWhichIsSentAgainUntilItArrives) {
    test_support::HttpsReceiver receiver(dir_ / "receiver");
    etl::Config config;
    config.alert.webhook = receiver.url() + "/hook";
    config.alert.ca_file = receiver.ca_file().string();
    config.alert.language = "en";
    std::vector<jobs::fleet::Row> rows(3);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].running.school.name = std::string(1, static_cast<char>('a' + i));
        rows[i].seen.at = etl::Instant{1h};
        if (i < 2) rows[i].seen.judgement.reasons = {{"late", "", jobs::Level::red, "en", "ru"}};
    }
    jobs::fleet::Alerts alerts(config);
    const jobs::fleet::Steady begin{1h};
    alerts.seen(rows, begin);
    EXPECT_TRUE(receiver.got().empty());
    receiver.answer(500);
    alerts.seen(rows, begin + 5min);
    receiver.answer(200);
    alerts.seen(rows, begin + 5min + 1s);
    alerts.seen(rows, begin + 10min);
    alerts.seen(rows, begin + 20min);
    const auto got = receiver.got();
    ASSERT_EQ(got.size(), 2U) << "refused, and again";
    for (const std::string& one : got)
        EXPECT_TRUE(holds(one, "2 of 3 schools: the run has not begun in time (a, b)")) << one;
}

TEST_F(Fleet, ASupervisorThatIsKilledLeavesNoSchoolBehind) {
    for (const char* name : {"x", "y"})
        write("schools/" + std::string(name) + ".toml",
              "[getcourse]\naccount = \"" + std::string(name) +
                  "\"\nkey_file = \"key\"\n[database]\nurl = \"postgresql://127.0.0.1:1/" + name +
                  "\"\n[serve]\nlisten = \"\"\n");
    write("schools/key", "some-key\n");
    start({});
    for (const char* name : {"x", "y"})
        ASSERT_TRUE(comes([&] { return holds(fleet_->said(), std::string("[") + name + "] "); }));
    ASSERT_TRUE(comes([&] { return holds(asked("/api/fleet"), "\"trouble\":\"unreachable\""); }));
    kill(fleet_->pid(), SIGKILL);
    for (const char* name : {"x", "y"})
        ASSERT_TRUE(comes([&] { return !runs(processes_of(name).back()); })) << name;
}

TEST_F(Fleet, AFolderThatIsNotThereAndAPortThatIsTakenEndItAtOnce) {
    const Poco::Net::ServerSocket taken(Poco::Net::SocketAddress("127.0.0.1", 0));
    const std::string environment = "GCMIRROR_CONFIG=" + (dir_ / "fleet.toml").string();
    const auto missing = test_support::run_gcmirror(
        {"serve", "--fleet", "--schools-dir", (dir_ / "none").string()}, {environment});
    EXPECT_EQ(missing.code, 2) << missing.err;
    EXPECT_TRUE(holds(missing.err, "gcmirror fleet add writes the first school"));
    const auto port = test_support::run_gcmirror(
        {"serve", "--fleet"},
        {environment, "GCMIRROR_FLEET_LISTEN=127.0.0.1:" + std::to_string(taken.address().port())});
    EXPECT_EQ(port.code, 2) << port.err;
}
