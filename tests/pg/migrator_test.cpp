// Migrations beside readers; databases that cannot be used; readers of an older or foreign schema.
#include "etl/migrator.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "etl/error.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

using namespace etl;
using namespace std::chrono_literals;
using test_support::TestDatabase;

namespace {

const std::vector<Migration> kFirst = {
    {1, "0001_first", "CREATE SCHEMA mirror; CREATE TABLE mirror.t (n int)"}};
const std::vector<Migration> kSecond = {kFirst[0],
                                        {2, "0002_second", "ALTER TABLE mirror.t ADD m int"}};

class Migrating : public testing::Test {
protected:
    TestDatabase database_{false};
    pg::Connection connection_{database_.url(), "init"};
};

std::string refusal(const std::function<void()>& work, Kind kind) {
    try {
        work();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind) << error.what();
        return std::string(error.what()) + " | " + error.hint();
    }
    return "not refused";
}

}  // namespace

TEST_F(Migrating, AReaderIdleInTransactionIsNamedAndMakesNoOtherReaderQueue) {
    migrate(connection_, kFirst);
    pg::Connection idle(database_.url(), "forgotten psql"), reader(database_.url(), "reader");
    idle.execute("BEGIN; SELECT * FROM mirror.t");
    std::string said;
    std::atomic<bool> ended = false;
    std::jthread upgrade([&] {
        said = refusal(
            [&] {
                MigrateOptions options;
                options.lock_timeout = 100ms;
                options.within = 2s;
                migrate(connection_, kSecond, options);
            },
            Kind::locked);
        ended = true;
    });
    auto longest = 0ms;
    while (!ended) {  // ends with the upgrade's own limit
        const auto began = std::chrono::steady_clock::now();
        reader.execute("SELECT * FROM mirror.t");
        longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - began));
    }
    upgrade.join();
    EXPECT_LT(longest, 1s);
    for (const char* part : {"0002_second", "role postgres", "gcmirror: forgotten psql",
                             "idle in transaction", "since 2", "mirror.t", "pg_terminate_backend"})
        EXPECT_NE(said.find(part), std::string::npos) << part << ": " << said;

    idle.execute("COMMIT");
    EXPECT_EQ(migrate(connection_, kSecond), std::vector<std::string>{"0002_second"});
}

TEST_F(Migrating, TwoProcessesMigrateOnceTogether) {
    std::vector<std::string> first, second;
    std::jthread other([&] {
        pg::Connection connection(database_.url(), "other");
        first = migrate(connection);
    });
    second = migrate(connection_);
    other.join();
    EXPECT_EQ(first.size() + second.size(), embedded_migrations().size());
    EXPECT_EQ(schema_state(connection_), SchemaState::current);
}

TEST_F(Migrating, AnOlderOrEmptyDatabaseSaysWhichVersionIsNeeded) {
    EXPECT_NE(refusal([&] { require_schema(connection_); }, Kind::database).find("gcmirror init"),
              std::string::npos);
    std::vector<Migration> older = embedded_migrations();
    older.pop_back();
    migrate(connection_, older);
    connection_.execute("SET default_transaction_read_only = on");
    const std::string said = refusal([&] { require_schema(connection_); }, Kind::database);
    EXPECT_NE(
        said.find("the database lacks migration " + std::string(embedded_migrations().back().name)),
        std::string::npos)
        << said;
}

TEST_F(Migrating, ALowerNumberThatLandedLaterIsNamedAndNotTheNewest) {
    std::vector<Migration> others = embedded_migrations();
    const Migration late = others[others.size() - 2];
    others.erase(others.end() - 2);
    migrate(connection_, others);
    connection_.execute("SET default_transaction_read_only = on");
    const std::string said = refusal([&] { require_schema(connection_); }, Kind::database);
    EXPECT_NE(said.find("lacks migration " + std::string(late.name)), std::string::npos) << said;
    EXPECT_EQ(said.find(others.back().name), std::string::npos) << said;
}

TEST(Encodings, ADatabaseThatCannotHoldEveryLetterIsRefusedBeforeTheFirstStatement) {
    TestDatabase base(false);
    pg::Connection server(base.url(), "test");
    for (const char* encoding : {"WIN1251", "SQL_ASCII", "LATIN1"}) {
        const std::string name = server.value("SELECT current_database() || '_enc'");
        server.execute("CREATE DATABASE " + name + " ENCODING '" + encoding +
                       "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        std::string url = base.url();
        url.insert(url.find('?'), "_enc");
        {
            pg::Connection connection(url, "init");
            const std::string said = refusal([&] { migrate(connection); }, Kind::database) +
                                     refusal([&] { require_schema(connection); }, Kind::database);
            EXPECT_NE(said.find(encoding), std::string::npos) << said;
            EXPECT_NE(said.find("expected UTF8"), std::string::npos) << said;
            EXPECT_EQ(connection.value("SELECT count(*) FROM pg_namespace WHERE nspname IN "
                                       "('migration', 'journal')"),
                      "0");
        }
        server.execute("DROP DATABASE " + name);
    }
}

// As on a standby: nothing may be written.
TEST(ReadOnly, TheCommandsThatOnlyLookWorkAsAReadOnlyUser) {
    TestDatabase database;
    const std::string url = database.url() + "&options=-c%20default_transaction_read_only%3Don";
    for (const char* command : {"status", "plan", "report", "push list", "status --json"}) {
        const std::string line =
            "GETCOURSE_ACCOUNT=school GETCOURSE_KEY=x GCMIRROR_DATABASE_URL='" + url + "' " +
            test_support::program() + " " + command + " 2>&1";
        FILE* pipe = popen(line.c_str(), "r");
        ASSERT_NE(pipe, nullptr);
        std::string out;
        for (char buffer[4096]; const std::size_t n = fread(buffer, 1, sizeof buffer, pipe);)
            out.append(buffer, n);
        EXPECT_EQ(WEXITSTATUS(pclose(pipe)), 0) << command << ": " << out;
        EXPECT_EQ(out.find("read-only transaction"), std::string::npos) << command << ": " << out;
    }
}
