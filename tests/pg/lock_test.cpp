// Locks of the school: nobody but the owner can take one, and each dies with its connection.
#include <gtest/gtest.h>

#include <cstdlib>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/log.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "tests/support/database.hpp"

using namespace etl;
using test_support::TestDatabase;

namespace {

const std::vector<std::string> kLocks = {"gcmirror sync", "gcmirror serve", "gcmirror push",
                                         "gcmirror ledger"};

class Locks : public testing::Test {
protected:
    [[nodiscard]] std::string url_as(const std::string& role) const {
        std::string url = database_.url();
        const std::size_t user = url.find("user=");
        return url.replace(user, url.find('&', user) - user, "user=" + role);
    }
    // Of the session that holds lock.sync; one that only asked may still be on its way out.
    [[nodiscard]] std::string holder() {
        return watch_.value(
            "SELECT pid FROM pg_locks WHERE relation = 'lock.sync'::regclass AND granted AND mode "
            "= 'ShareRowExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = "
            "current_database())");
    }
    TestDatabase database_;
    pg::Connection watch_{database_.url(), "watch"};
};

}  // namespace

TEST_F(Locks, NoRoleCanStopTheNightByALock) {
    std::vector<pg::Connection> others;
    for (const char* role : {"gcmirror_reader", "gcmirror_masked", "gcmirror_writer"}) {
        pg::Connection& other = others.emplace_back(url_as(role), role);
        for (const char* old : {"gcmirror sync", "gcmirror ledger", "gcmirror migrations",
                                "gcmirror serve", "gcmirror push", "outbox.audit"})
            other.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", {std::string(old)});
        for (const char* table : {"sync", "serve", "push", "ledger", "audit"})
            for (const char* mode : {"ACCESS SHARE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"})
                try {
                    other.execute("BEGIN");
                    other.execute("LOCK TABLE lock." + std::string(table) + " IN " + mode +
                                  " MODE");
                    ADD_FAILURE() << role << " locked " << table;
                } catch (const Error& error) {
                    EXPECT_EQ(error.sqlstate(), "42501") << role;
                    other.execute("ROLLBACK");
                }
        EXPECT_THROW(other.execute("LOCK TABLE migration.applied IN ACCESS SHARE MODE"), Error);
    }
    pg::Connection ours(database_.url(), "ours");
    ours.execute("SET lock_timeout = '1s'");
    EXPECT_TRUE(migrate(ours).empty());
    const auto journal = pg_journal(ours, {});
    const std::int64_t run = journal->begin_run("sync", "{}");
    EXPECT_GT(journal->before_send({run, 0, "poll", "x", "test", true}, 0).request_id, 0);
    ours.execute("INSERT INTO outbox.audit (who, what, detail) VALUES ('x', 'plan', 'x')");
    for (const std::string& name : kLocks) EXPECT_TRUE(pg::try_lock(ours, name)) << name;
    TestDatabase fresh;  // migrating goes on, too
}

TEST_F(Locks, ASecondHolderIsToldWhoHasItAndSinceWhen) {
    for (const std::string& name : kLocks) {
        pg::Connection first(database_.url(), "first"), second(database_.url(), "second");
        ASSERT_TRUE(pg::try_lock(first, name));
        EXPECT_TRUE(pg::try_lock(first, name));  // it has it
        EXPECT_FALSE(pg::try_lock(second, name));
        try {
            pg::lock_or_throw(second, name, "another gcmirror is at work", "Wait.");
            FAIL() << name;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Kind::locked);
            const std::string text = error.what();
            EXPECT_NE(text.find("role postgres, gcmirror: "), std::string::npos) << text;
            EXPECT_NE(text.find(", since 2"), std::string::npos) << text;
        }
    }
    pg::Connection again(database_.url(), "again");
    for (const std::string& name : kLocks) EXPECT_TRUE(pg::try_lock(again, name)) << name;
}

TEST_F(Locks, WhoeverEndsLeavesItsLockFreeForTheNextAtOnce) {
    pg::Connection next(database_.url(), "next");
    next.execute("BEGIN");
    for (int i = 0; i < 100; ++i) {
        {
            pg::Connection first(database_.url(), "first");
            ASSERT_TRUE(pg::try_lock(first, "gcmirror sync")) << i;
        }
        ASSERT_TRUE(pg::try_lock_here(next, "gcmirror sync")) << i;
        next.execute("ROLLBACK");
        next.execute("BEGIN");
    }
}

TEST_F(Locks, WhoWaitsForTheLedgerInVainIsToldWhoHasIt) {
    pg::Connection holder(database_.url(), "forgotten psql"), ours(database_.url(), "ours");
    holder.execute("BEGIN; LOCK TABLE lock.ledger");
    ours.execute("SET lock_timeout = '50ms'");
    const auto journal = pg_journal(ours, {});
    const std::int64_t run = journal->begin_run("sync", "{}");
    try {
        (void)journal->before_send({run, 0, "poll", "x", "test", true}, 0);
        FAIL() << "sent without the ledger";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::locked);
        EXPECT_NE(std::string(error.what()).find("forgotten psql"), std::string::npos)
            << error.what();
    }
    holder.execute("ROLLBACK");
    EXPECT_GT(journal->before_send({run, 0, "poll", "x", "test", true}, 0).request_id, 0);
}

TEST_F(Locks, ALockThatIsHeldForHoursKeepsNoOldRowsAlive) {
    pg::Connection ours(database_.url(), "ours");
    ASSERT_TRUE(pg::try_lock(ours, "gcmirror sync"));
    EXPECT_EQ(watch_.value("SELECT coalesce(backend_xmin, backend_xid)::text FROM pg_stat_activity "
                           "WHERE pid = $1::int",
                           {holder()}),
              "");
    watch_.execute("VACUUM mirror.deals");
}

TEST_F(Locks, ALockDiesWithItsConnectionAndIsTakenAgainUnlessAnotherHasIt) {
    pg::Connection ours(database_.url(), "ours");
    ASSERT_TRUE(pg::try_lock(ours, "gcmirror sync"));
    const auto end_lock = [&] {
        (void)watch_.value("SELECT pg_terminate_backend($1::int, 5000)", {holder()});
    };
    end_lock();
    EXPECT_EQ(ours.value("SELECT 1"), "1");  // taken again on the way
    EXPECT_FALSE(pg::try_lock(watch_, "gcmirror sync"));

    end_lock();
    ASSERT_TRUE(pg::try_lock(watch_, "gcmirror sync"));
    try {
        (void)ours.value("SELECT 1");
        FAIL() << "went on without its lock";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::locked);
    }
}

// What a session leaves to be taken again may not be there at once: a server that ends a session
// says so before it lets the lock go, and one that restarts takes no connection.
TEST_F(Locks, ALockThatIsNotBackAtOnceIsWaitedForAsItsConnectionIs) {
    pg::Connection owner(database_.url(), "owner");
    owner.reopen_within(std::chrono::minutes{1});
    ASSERT_TRUE(pg::try_lock(owner, "gcmirror sync"));
    const auto end_holder = [&] {
        (void)watch_.value("SELECT pg_terminate_backend($1::int, 5000)", {holder()});
    };
    int waits = 0;
    pg::Connection ending(database_.url(), "on its way out");
    end_holder();
    ending.execute("BEGIN; LOCK TABLE lock.sync IN SHARE ROW EXCLUSIVE MODE");
    log::set_sink([&](std::string_view line) {
        if (line.find("is not back yet") == std::string_view::npos || waits++ > 0) return;
        ending.execute("ROLLBACK");
    });
    EXPECT_EQ(owner.value("SELECT 1"), "1");
    EXPECT_EQ(waits, 1);

    pg::Connection server(std::getenv("GCMIRROR_TEST_URL"), "test");
    const std::string name = watch_.value("SELECT quote_ident(current_database())");
    end_holder();
    server.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
    log::set_sink([&](std::string_view line) {
        if (line.find("is not back yet") != std::string_view::npos && waits++ == 1)
            server.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
    });
    EXPECT_EQ(owner.value("SELECT 1"), "1");
    EXPECT_EQ(waits, 2);
    log::set_sink([](std::string_view) {});
    EXPECT_FALSE(holder().empty());
}

TEST_F(Locks, ALockWithinATransactionEndsWithIt) {
    pg::Connection first(database_.url(), "first"), second(database_.url(), "second");
    {
        pg::Transaction transaction(first);
        EXPECT_TRUE(pg::try_lock_here(first, "gcmirror push"));
        pg::Transaction other(second);
        EXPECT_FALSE(pg::try_lock_here(second, "gcmirror push"));
        EXPECT_EQ(second.value("SELECT 1"), "1");  // the transaction is still good
    }
    EXPECT_TRUE(pg::try_lock(second, "gcmirror push"));
}
