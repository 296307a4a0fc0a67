#include "etl/cluster.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "etl/error.hpp"
#include "etl/pg.hpp"

using etl::Cluster;
namespace fs = std::filesystem;

namespace {

class ClusterTest : public testing::Test {
protected:
    ~ClusterTest() override {
        cluster_.stop();
        fs::remove_all(dir_);
    }
    static std::string value(const std::string& url, const std::string& sql) {
        return etl::pg::Connection(url, "test").value(sql);
    }

    fs::path dir_ = fs::temp_directory_path() / ("gcmirror-cluster-" + std::to_string(getpid()));
    Cluster cluster_{dir_};
};

}  // namespace

TEST_F(ClusterTest, IsMadeStartedFoundAgainAndStopped) {
    const std::string url = cluster_.ensure_running();
    EXPECT_EQ(value(url, "SELECT current_database()"), "gcmirror");
    EXPECT_EQ(value(url, "SHOW listen_addresses"), "");
    etl::pg::Connection(url, "test").execute("CREATE TABLE kept (n int)");
    EXPECT_EQ(Cluster(dir_).ensure_running(), url);
    cluster_.stop();
    EXPECT_FALSE(cluster_.running());
    cluster_.stop();
    EXPECT_EQ(value(cluster_.ensure_running(), "SELECT count(*) FROM kept"), "0");
}

TEST_F(ClusterTest, SurvivesAServerThatWasKilledAndAPidFileOfAnotherProcess) {
    const std::string url = cluster_.ensure_running();
    etl::pg::Connection(url, "test").execute("CREATE TABLE kept AS SELECT 7 AS n");
    std::ifstream pid_file(dir_ / "pg" / "postmaster.pid");
    pid_t pid = 0;
    pid_file >> pid;
    ASSERT_GT(pid, 1);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    for (int i = 0; i < 1000 && kill(pid, 0) == 0; ++i)
        usleep(10000);  // bounded: until the kernel has taken it away

    EXPECT_EQ(value(cluster_.ensure_running(), "SELECT n FROM kept"), "7");
    cluster_.stop();
    std::ofstream(dir_ / "pg" / "postmaster.pid")
        << getpid() << "\n"
        << (dir_ / "pg").string() << "\n";  // after a reboot the number is somebody else's
    EXPECT_EQ(value(cluster_.ensure_running(), "SELECT n FROM kept"), "7");
}

TEST_F(ClusterTest, DataOfAnotherMajorVersionAreRefusedNamingBoth) {
    fs::create_directories(dir_ / "pg");
    std::ofstream(dir_ / "pg" / "PG_VERSION") << "9.6\n";
    try {
        cluster_.ensure_running();
        FAIL() << "started a server on foreign data";
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("PostgreSQL 9.6"), std::string::npos);
        EXPECT_NE(error.hint().find("postgresql-9.6"), std::string::npos);
    }
    fs::remove_all(dir_ / "pg");
}
