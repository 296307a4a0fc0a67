// Reading through Poco::Data's pool: text as PostgreSQL writes it, one state, broken sessions.
#include "etl/read_pool.hpp"

#include <gtest/gtest.h>

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

}  // namespace

TEST_F(ReadPoolTest, EachValueComesAsThePlainConnectionReadsIt) {
    const std::string sql =
        "SELECT 12345678901234567.89::numeric(20, 2) AS money, 0.1::float8 AS share, "
        "'2026-11-26 01:02:03.5+00'::timestamptz AS at, '2026-11-26'::date AS day, true AS flag, "
        "NULL::int AS nothing, '' AS empty, ARRAY['a b', 'c'] AS tags, '\\x00ff'::bytea AS bytes, "
        "9223372036854775807 AS big, 'дом'::text AS word, '{\"a\": 1.50}'::jsonb AS document, "
        "$1 || 'x' AS given, $2::int AS none";
    const std::vector<pg::Param> params = {"it's", std::nullopt};
    ReadPool pool(database_.url(), "read");
    const pg::Result ours = pool.query(sql, params), theirs = connection_.query(sql, params);
    ASSERT_EQ(ours.rows(), 1u);
    EXPECT_EQ(ours.columns(), theirs.columns());
    for (std::size_t c = 0; c < theirs.columns().size(); ++c)
        EXPECT_EQ(ours.at(0, c), theirs.at(0, c)) << theirs.columns()[c];
    EXPECT_EQ(ours.text(0, 0), "12345678901234567.89");
    EXPECT_EQ(pool.query("SELECT n FROM generate_series(1, 1000) n").rows(), 1000u);
    EXPECT_TRUE(pool.query("SELECT 1 WHERE false").empty());
}

TEST_F(ReadPoolTest, ASessionThatTheServerEndedIsReplacedWithoutAWord) {
    ReadPool pool(database_.url(), "read");
    const std::string pid = pool.query("SELECT pg_backend_pid()").text(0, 0);
    EXPECT_EQ(pool.query("SELECT pg_backend_pid()").text(0, 0), pid);  // pooled
    (void)connection_.value("SELECT pg_terminate_backend($1::int, 5000)", {pid});
    EXPECT_NE(pool.query("SELECT pg_backend_pid()").text(0, 0), pid);
}

TEST_F(ReadPoolTest, NothingIsWrittenAndAnErrorSaysItsStateButNoRow) {
    connection_.execute("CREATE TABLE t (name text PRIMARY KEY); INSERT INTO t VALUES ('Anna')");
    ReadPool pool(database_.url(), "read");
    const auto state = [&](const std::string& sql) {
        try {
            (void)pool.query(sql);
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find("Anna"), std::string::npos) << error.what();
            return error.sqlstate();
        }
        return std::string();
    };
    EXPECT_EQ(state("INSERT INTO t VALUES ('Anna')"), "25006");
    EXPECT_EQ(state("SELECT 1/0"), "22012");
    EXPECT_EQ(pool.query("SELECT count(*) FROM t").text(0, 0), "1");
}

TEST_F(ReadPoolTest, QuestionsThatBelongTogetherSeeOneState) {
    connection_.execute("CREATE TABLE t (n int)");
    ReadPool pool(database_.url(), "read");
    const auto answers =
        pool.query_together({{"SELECT count(*) FROM t", {}},
                             {"SELECT count(*) FROM t, pg_sleep($1::float8)", {"0"}},
                             {"SELECT current_setting('transaction_isolation')", {}}});
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers[0].text(0, 0), answers[1].text(0, 0));
    EXPECT_EQ(answers[2].text(0, 0), "repeatable read");
    EXPECT_THROW((void)pool.query_together({{"SELECT 1/0", {}}}), Error);
    EXPECT_EQ(pool.query("SELECT current_setting('transaction_isolation')").text(0, 0),
              "read committed");
}

TEST_F(ReadPoolTest, ManyThreadsShareTheSessionsAndAStatementHasItsLimit) {
    ReadPoolOptions options;
    options.most = 2;
    options.statement_timeout = 200ms;
    ReadPool pool(database_.url(), "read", options);
    std::vector<std::jthread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] { good += pool.query("SELECT 1").text(0, 0) == "1" ? 1 : 0; });
    threads.clear();
    EXPECT_EQ(good, 8);
    EXPECT_LE(pool.open_sessions(), 2);
    try {
        (void)pool.query("SELECT pg_sleep(10)");
        FAIL() << "not ended";
    } catch (const Error& error) {
        EXPECT_EQ(error.sqlstate(), "57014");
    }
}

TEST(ReadPoolAlone, AServerThatIsAwayIsSaidWithoutThePassword) {
    ReadPool pool("postgresql://somebody:hunter2@127.0.0.1:1/none", "read");
    try {
        (void)pool.query("SELECT 1");
        FAIL() << "connected to nothing";
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("somebody"), std::string::npos);
    }
}
