#include "etl/pg.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "etl/error.hpp"
#include "etl/migrator.hpp"
#include "schema/reserved_words.hpp"
#include "schema/sql.hpp"
#include "tests/support/database.hpp"

using namespace etl;
using test_support::TestDatabase;

namespace {

class Pg : public testing::Test {
protected:
    TestDatabase database_{false};
    pg::Connection connection_{database_.url(), "test"};
};

}  // namespace

TEST_F(Pg, NumbersKeepEveryDigitAndNullIsNoText) {
    const auto result = connection_.query(
        "SELECT 12345678901234.56::numeric(18,2), $1::bigint, NULL::text", {"9007199254740993"});
    EXPECT_EQ(result.text(0, 0), "12345678901234.56");
    EXPECT_EQ(result.number(0, 1), 9007199254740993);
    EXPECT_FALSE(result.at(0, 2));
    EXPECT_THROW((void)result.at(1, 0), Error);
}

TEST_F(Pg, ATransactionThatIsNotCommittedLeavesNothing) {
    connection_.execute("CREATE TABLE t (n int)");
    {
        pg::Transaction transaction(connection_);
        connection_.execute("INSERT INTO t VALUES (1)");
    }
    EXPECT_FALSE(connection_.in_transaction());
    EXPECT_EQ(connection_.value("SELECT count(*) FROM t"), "0");
}

TEST_F(Pg, CopyBringsTabsNewlinesAndBackslashesThroughAndBack) {
    connection_.execute("CREATE TABLE t (n int, v text)");
    pg::CopyIn copy(connection_, "COPY t FROM STDIN");
    copy.write("1\ta\\tb\\nc\\\\N\n2\t\\N\n");
    EXPECT_EQ(copy.finish(), 2);
    EXPECT_EQ(connection_.value("SELECT v FROM t WHERE n = 1"), "a\tb\nc\\N");
    std::vector<std::string> seen;
    connection_.stream("SELECT n, v FROM t ORDER BY n", [&](const auto& fields) {
        seen.push_back(std::string(*fields[0]) + (fields[1] ? std::string(*fields[1]) : "NULL"));
    });
    EXPECT_EQ(seen, (std::vector<std::string>{"1a\tb\nc\\N", "2NULL"}));
}

TEST_F(Pg, AFailedOrAbandonedCopyLeavesTheConnectionUsable) {
    connection_.execute("CREATE TABLE t (n int)");
    {
        pg::CopyIn copy(connection_, "COPY t FROM STDIN");
        copy.write("1\nnot a number\n");
        try {
            copy.finish();
            FAIL() << "copied what is no number";
        } catch (const Error& error) {
            EXPECT_EQ(error.sqlstate(), "22P02");
        }
    }
    { pg::CopyIn copy(connection_, "COPY t FROM STDIN"); }
    EXPECT_EQ(connection_.value("SELECT count(*) FROM t"), "0");
}

TEST_F(Pg, BytesGoAndComeUnchanged) {
    connection_.execute("CREATE TABLE t (n int, b bytea)");
    const std::string bytes("\0\x1f\x8b\xff'\\", 6);
    connection_.query_binary("INSERT INTO t VALUES ($2, $1)", bytes, {"1"});
    EXPECT_EQ(connection_.bytes("SELECT b FROM t WHERE n = $1", {"1"}), bytes);
    EXPECT_FALSE(connection_.bytes("SELECT b FROM t WHERE n = 2"));
}

TEST_F(Pg, AConnectionThatBrokeWhileItWaitedIsOpenedAgainButNotWithinATransaction) {
    pg::Connection waiting(database_.url(), "waiting");
    const auto end = [&] {
        (void)connection_.value(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = "
            "'gcmirror: waiting' AND datname = current_database()");
    };
    end();
    EXPECT_TRUE(waiting.broken());
    EXPECT_THROW(waiting.execute("SELECT 1"), Error);  // nobody said that it may
    waiting.reopen_within(std::chrono::seconds{20});
    EXPECT_EQ(waiting.value("SHOW TimeZone"), "UTC");  // settled as before
    end();
    waiting.execute("SELECT 1");
    EXPECT_EQ(waiting.opened(), 3);
    {
        pg::Transaction transaction(waiting);
        waiting.execute("CREATE TABLE lost (n int)");
        end();
        try {
            waiting.execute("SELECT 1");
            FAIL() << "half a transaction went on";
        } catch (const Error& error) {
            EXPECT_TRUE(pg::is_transient(error)) << error.what();
        }
    }
    EXPECT_EQ(waiting.value("SELECT to_regclass('lost') IS NULL"), "t");
}

TEST_F(Pg, ArraysGoToTextAndBack) {
    const std::vector<std::string> items = {"a", "b \"c\"", "", "d\\e,f", "NULL"};
    EXPECT_EQ(pg::parse_array(connection_.value("SELECT $1::text[]", {pg::array_literal(items)})),
              items);
}

TEST_F(Pg, AnErrorOfCopyNamesTableLineAndColumnButNobody) {
    connection_.execute("CREATE TABLE people (name text, cost numeric NOT NULL)");
    const auto message = [&](const std::string& line) {
        try {
            pg::CopyIn copy(connection_, "COPY people FROM STDIN");
            copy.write("good\t1\n" + line);
            copy.finish();
        } catch (const Error& error) {
            return std::string(error.what()) + " | " + error.hint();
        }
        return std::string("no error");
    };
    for (const char* line : {"Anna Secret\tanna@example.com\n", "Anna Secret\t\\N\n",
                             "Anna Secret\t1\tanna@example.com\n"}) {
        const std::string text = message(line);
        EXPECT_EQ(text.find("Anna"), std::string::npos) << text;
        EXPECT_EQ(text.find("anna@"), std::string::npos) << text;
        EXPECT_NE(text.find("table people"), std::string::npos) << text;
        EXPECT_NE(text.find('['), std::string::npos) << text;
    }
    EXPECT_NE(message("Anna\tx\n").find("line 2, column cost"), std::string::npos);
}

TEST_F(Pg, ATransactionThatTheServerRolledBackAtCommitIsNoSuccess) {
    connection_.execute("CREATE TABLE t (n int)");
    pg::Transaction transaction(connection_);
    connection_.execute("INSERT INTO t VALUES (1)");
    EXPECT_THROW(connection_.execute("SELECT 1/0"), Error);
    EXPECT_THROW(transaction.commit(), Error);  // the server's tag is ROLLBACK
}

TEST_F(Pg, DefaultsOfARoleEndNothingOfOurs) {
    const std::string role = "short_" + std::to_string(getpid());
    connection_.execute("CREATE ROLE " + role + " SUPERUSER LOGIN");
    for (const char* limit :
         {"statement_timeout = '50ms'", "lock_timeout = '50ms'",
          "idle_in_transaction_session_timeout = '50ms'", "idle_session_timeout = '50ms'"})
        connection_.execute("ALTER ROLE " + role + " SET " + limit);
    std::string url = database_.url();
    url.replace(url.find("user=postgres"), 13, "user=" + role);
    pg::Connection limited(url, "test");
    EXPECT_EQ(limited.value("SELECT current_user"), role);
    limited.execute("BEGIN; SELECT pg_sleep(0.2)");
    limited.execute("COMMIT");
    connection_.execute("SELECT pg_sleep(0.2)");  // while it is idle
    EXPECT_FALSE(limited.broken());
    connection_.execute("DROP ROLE " + role);
}

TEST(PgConnection, APeerThatIsSilentlyGoneIsNoticedUnlessTheUrlSaysOtherwise) {
    const std::string ours = pg::conninfo("postgresql://localhost/x", "test").text;
    for (const char* wanted : {"keepalives_idle='30'", "keepalives_interval='10'",
                               "keepalives_count='3'", "tcp_user_timeout='60000'"})
        EXPECT_NE(ours.find(wanted), std::string::npos) << ours;
    const std::string theirs =
        pg::conninfo("postgresql://localhost/x?keepalives_idle=300", "test").text;
    EXPECT_NE(theirs.find("keepalives_idle='300'"), std::string::npos) << theirs;
}

TEST(PgErrors, WhatPassesAndWhatIsTheBodysFaultAreToldBySqlstate) {
    const auto error = [](const char* state) { return Error(Kind::database, "x", "", state); };
    for (const char* state : {"40P01", "40001", "57014", "57P01", "08006"}) {
        EXPECT_TRUE(pg::is_transient(error(state))) << state;
        EXPECT_FALSE(pg::is_bad_body(error(state))) << state;
    }
    for (const char* state : {"22021", "23505", "54000", "0A000"}) {
        EXPECT_TRUE(pg::is_bad_body(error(state))) << state;
        EXPECT_FALSE(pg::is_transient(error(state))) << state;
    }
    EXPECT_FALSE(pg::is_transient(error("")));
    EXPECT_FALSE(pg::is_bad_body(error("42P01")));
}

TEST_F(Pg, ADeadlockCostsOneMoreTry) {
    connection_.execute(
        "CREATE TABLE t (n int PRIMARY KEY, by text); INSERT INTO t VALUES (1), (2)");
    pg::Connection other(database_.url(), "other");
    connection_.execute("SET deadlock_timeout = '50ms'");
    other.execute("SET deadlock_timeout = '1h'");
    other.execute("BEGIN; UPDATE t SET by = 'other' WHERE n = 2");
    pg::Connection watch(database_.url(), "watch");
    int tries = 0;
    std::jthread crossing;
    pg::retried([&] {
        if (++tries == 2) crossing.join();  // what stood in the way has gone on
        pg::Transaction transaction(connection_);
        connection_.execute("UPDATE t SET by = 'we' WHERE n = 1");
        if (tries == 1) {
            crossing = std::jthread(
                [&] { other.execute("UPDATE t SET by = 'other' WHERE n = 1; COMMIT"); });
            while (watch.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = "
                               "'Lock' AND datname = current_database()") == "0") {
            }  // until both cross; the test's own limit ends it
        }
        connection_.execute("UPDATE t SET by = 'we' WHERE n = 2");
        transaction.commit();
    });
    EXPECT_EQ(connection_.value("SELECT count(*) FROM t WHERE by = 'we'"), "2");
    EXPECT_EQ(tries, 2);
}

TEST(PgErrors, WhatPassesIsTriedThriceAndWhatDoesNotOnce) {
    int tries = 0;
    const auto failing = [&](const char* sqlstate, int times) {
        tries = 0;
        pg::retried([&] {
            if (++tries <= times) throw Error(Kind::database, "a fault", "", sqlstate);
        });
    };
    failing("08006", 2);
    EXPECT_EQ(tries, 3);
    EXPECT_THROW(failing("57P01", 3), Error);
    EXPECT_EQ(tries, 3);
    EXPECT_THROW(failing("23505", 1), Error);
    EXPECT_EQ(tries, 1);
}

TEST(PgConnection, APasswordIsNeverInTheError) {
    try {
        pg::Connection connection(
            "postgresql://somebody:hunter2@127.0.0.1:1/none?connect_timeout=2", "test");
        FAIL() << "connected to nothing";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::database);
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("somebody"), std::string::npos);
    }
}

TEST_F(Pg, MigrationsApplyOnceAndAChangedOneIsRefused) {
    const auto first = migrate(connection_);
    EXPECT_EQ(first.size(), embedded_migrations().size());
    EXPECT_TRUE(migrate(connection_).empty());

    std::vector<Migration> changed = embedded_migrations();
    const std::string sql = std::string(changed[1].sql) + " ";
    changed[1].sql = sql;
    EXPECT_THROW(migrate(connection_, changed), Error);
    changed = embedded_migrations();
    changed.pop_back();
    EXPECT_THROW(migrate(connection_, changed), Error);  // the database is newer than the program
}

TEST_F(Pg, AFailingMigrationLeavesNothingOfItself) {
    const std::vector<Migration> broken = {
        {1, "0001_broken", "CREATE TABLE half (n int); SELECT 1/0"}};
    EXPECT_THROW(migrate(connection_, broken), Error);
    EXPECT_EQ(connection_.value("SELECT count(*) FROM pg_class WHERE relname = 'half'"), "0");
}

TEST_F(Pg, EveryWordTheServerReservesIsKnown) {
    const auto found =
        connection_.query("SELECT word, catcode IN ('R', 'T') FROM pg_get_keywords()");
    ASSERT_GT(found.rows(), 400u);
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const std::string word = found.text(i, 0);
        const bool known = schema::reserved_word(word);
        if (word == "system_user") continue;  // since 16
        EXPECT_EQ(known, found.flag(i, 1)) << word;
    }
}

TEST_F(Pg, TheTablesOfTheMigrationsAreThoseOfTheSchema) {
    migrate(connection_);
    for (const schema::Table* table : schema::tables()) {
        std::string expected;
        for (const schema::Column& column : table->columns)
            if (column.type != schema::Type::group_list)
                expected += column.name + " " + std::string(schema::sql_type(column.type)) + " " +
                            column.comment + "\n";
        if (table->has_custom)
            expected +=
                "custom jsonb Custom fields by the names of mirror.custom_fields; only fields that "
                "are filled.\n";
        for (const schema::Bookkeeping& column : schema::bookkeeping())
            expected += column.name + " " + column.sql_type + " " + column.comment + "\n";
        const std::string found = connection_.value(
            "SELECT string_agg(attname || ' ' || replace(format_type(atttypid, atttypmod), "
            "'timestamp with time zone', 'timestamptz') || ' ' || "
            "coalesce(col_description(attrelid, attnum), 'NO COMMENT') || E'\\n', '' ORDER BY "
            "attnum) FROM pg_attribute "
            "WHERE attrelid = ('mirror.' || $1)::regclass AND attnum > 0 AND NOT attisdropped",
            {table->name});
        EXPECT_EQ(found, expected) << table->name;
    }
    EXPECT_EQ(connection_.value(
                  "SELECT coalesce(string_agg(c.oid::regclass::text || '.' || a.attname, ', '), "
                  "'') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                  "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT "
                  "a.attisdropped WHERE n.nspname IN ('mirror', 'history', 'journal') "
                  "AND c.relkind IN ('r', 'v') AND col_description(c.oid, a.attnum) IS NULL"),
              "");
}
