// Reading through Poco::Data's pool: text as PostgreSQL writes it, one snapshot, broken sessions.
#include "etl/read_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "etl/error.hpp"
#include "tests/support/database.hpp"

using namespace etl;
using namespace std::chrono_literals;

namespace {

class ReadPoolTest : public testing::Test {
protected:
    test_support::TestDatabase database_{false};
    pg::Connection connection_{database_.url(), "test"};
};

std::string value(ReadPool& pool, const std::string& sql,
                  const std::vector<pg::Param>& params = {}) {
    return pool.read([&](pg::Connection& c) { return c.value(sql, params); });
}

std::string sqlstate(ReadPool& pool, const std::string& sql) {
    try {
        (void)value(pool, sql);
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("Anna"), std::string::npos) << error.what();
        return error.sqlstate();
    }
    return "";
}

}  // namespace

TEST_F(ReadPoolTest, AmountsComeAsTextWithEveryDigit) {
    ReadPool pool(database_.url(), "read");
    EXPECT_EQ(value(pool, "SELECT 12345678901234567.89::numeric(20, 2)"), "12345678901234567.89");
    EXPECT_EQ(value(pool, "SELECT $1 || 'x'", {"it's"}), "it'sx");
    EXPECT_EQ(value(pool, "SELECT current_setting('application_name')"), "gcmirror: read");
}

TEST_F(ReadPoolTest, ASessionThatTheServerEndedIsReplacedWithoutAWord) {
    ReadPool pool(database_.url(), "read");
    const std::string pid = value(pool, "SELECT pg_backend_pid()");
    EXPECT_EQ(value(pool, "SELECT pg_backend_pid()"), pid);  // pooled
    (void)connection_.value("SELECT pg_terminate_backend($1::int, 5000)", {pid});
    EXPECT_NE(value(pool, "SELECT pg_backend_pid()"), pid);
}

TEST_F(ReadPoolTest, ASessionThatEndsWithinAReadingIsReplacedOnce) {
    ReadPool pool(database_.url(), "read");
    int begun = 0;
    EXPECT_EQ(pool.read([&](pg::Connection& c) {
        const std::string pid = c.value("SELECT pg_backend_pid()");
        if (++begun == 1)
            (void)connection_.value("SELECT pg_terminate_backend($1::int, 5000)", {pid});
        return c.value("SELECT 'read'");
    }),
              "read");
    EXPECT_EQ(begun, 2);
    EXPECT_THROW((void)pool.read([&](pg::Connection& c) {
        ++begun;
        (void)connection_.value("SELECT pg_terminate_backend($1::int, 5000)",
                                {c.value("SELECT pg_backend_pid()")});
        return c.value("SELECT 1");
    }),
                 Error);
    EXPECT_EQ(begun, 4);
    EXPECT_EQ(value(pool, "SELECT 'well again'"), "well again");
}

TEST_F(ReadPoolTest, NothingIsWrittenAndAnErrorSaysItsStateButNoRow) {
    connection_.execute("CREATE TABLE t (name text PRIMARY KEY); INSERT INTO t VALUES ('Anna')");
    ReadPool pool(database_.url(), "read");
    EXPECT_EQ(sqlstate(pool, "INSERT INTO t VALUES ('Anna')"), "25006");
    EXPECT_EQ(sqlstate(pool, "SELECT 1/0"), "22012");
    EXPECT_EQ(value(pool, "SELECT count(*) FROM t"), "1");
}

TEST_F(ReadPoolTest, AReadingSeesOneStateAndLeavesNoSettingBehind) {
    connection_.execute("CREATE TABLE t (n int)");
    ReadPool pool(database_.url(), "read");
    (void)pool.read([&](pg::Connection& c) {
        EXPECT_EQ(c.value("SELECT count(*) FROM t"), "0");
        connection_.execute("INSERT INTO t VALUES (1)");
        EXPECT_EQ(c.value("SELECT count(*) FROM t"), "0");
        (void)c.value("SELECT set_config('TimeZone', 'Asia/Tokyo', true)");
        return std::string();
    });
    EXPECT_EQ(value(pool, "SELECT count(*) FROM t"), "1");
    EXPECT_EQ(value(pool, "SELECT current_setting('TimeZone')"), "UTC");
}

TEST_F(ReadPoolTest, ManyThreadsShareTheSessionsAndAStatementHasItsLimit) {
    ReadPoolOptions options;
    options.most = 2;
    options.statement_timeout = 200ms;
    ReadPool pool(database_.url(), "read", options);
    std::vector<std::jthread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] { good += value(pool, "SELECT 1") == "1" ? 1 : 0; });
    threads.clear();
    EXPECT_EQ(good, 8);
    EXPECT_LE(pool.open_sessions(), 2);
    EXPECT_EQ(sqlstate(pool, "SELECT pg_sleep(10)"), "57014");
}

TEST_F(ReadPoolTest, WhoComesWhileAllSessionsAreBusyIsToldSoAndCancelEndsThem) {
    ReadPoolOptions options;
    options.most = 1;
    options.statement_timeout = 1min;
    options.wait = 100ms;
    ReadPool pool(database_.url(), "read", options);
    std::latch begun(1);
    std::string ended;
    std::jthread slow([&] {
        try {
            (void)pool.read([&](pg::Connection& c) {
                begun.count_down();
                return c.value("SELECT pg_sleep(60)");
            });
        } catch (const Error& error) {
            ended = error.sqlstate();
        }
    });
    begun.wait();
    EXPECT_EQ(sqlstate(pool, "SELECT 1"), "53300");
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (connection_.value(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "0" &&
           std::chrono::steady_clock::now() < until) {
    }
    pool.cancel();
    slow.join();
    EXPECT_EQ(ended, "57014");
}

TEST(ReadPoolAlone, AServerThatIsAwayIsSaidWithoutThePassword) {
    ReadPool pool("postgresql://somebody:hunter2@127.0.0.1:1/none", "read");
    try {
        (void)value(pool, "SELECT 1");
        FAIL() << "connected to nothing";
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("somebody"), std::string::npos);
    }
}
