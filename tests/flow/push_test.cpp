// Write-back against the simulator over HTTPS: planned, approved, sent, and read back by the next
// sync.
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>

#include "jobs/cli/doctor.hpp"
#include "jobs/push/no_network.hpp"
#include "tests/support/data.hpp"
#include "tests/support/push_school.hpp"

using Push = test_support::PushSchool;
using namespace std::chrono_literals;
using test_support::kColour;
using test_support::today;

TEST(NoNetwork, InsideNoSocketOpensAndOutsideTheyDoAgain) {
    int inside = 0, reason = 0, local = -1;
    EXPECT_EQ(jobs::without_network([&] {
                  inside = socket(AF_INET, SOCK_STREAM, 0);
                  reason = errno;
                  local = socket(AF_UNIX, SOCK_STREAM, 0);
                  return 7;
              }),
              7);
    EXPECT_EQ(inside, -1);
    EXPECT_EQ(reason, EACCES);
    EXPECT_GE(local, 0);
    close(local);
    const int outside = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_GE(outside, 0);
    close(outside);
    EXPECT_THROW(jobs::without_network([]() -> int { throw etl::Error(etl::Kind::usage, "x"); }),
                 etl::Error);
}

TEST_F(Push, APlanSendsNothingAndEveryStepIsRefusedOutOfItsTurn) {
    const std::size_t before = simulator_.log().size();
    ASSERT_EQ(plan(kColour), 0) << said_;
    EXPECT_EQ(approve(2), -1);
    EXPECT_EQ(send(1), 2) << "not approved";
    EXPECT_EQ(simulator_.log().size(), before);
    ASSERT_EQ(approve(1), 0) << said_;
    EXPECT_EQ(send(1, ""), 2) << "no key that may write";
    EXPECT_NE(said_.find("writing is off"), std::string::npos);
    EXPECT_EQ(simulator_.log().size(), before);
}

TEST_F(Push, WhatIsSentIsConfirmedByTheNextSyncThatAsksNothingMore) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    ASSERT_EQ(send(1), 0) << said_;
    EXPECT_EQ(states(), "written 40");
    EXPECT_EQ(imports(), 40);
    ASSERT_EQ(sync(),
              0);  // an ordinary night: old people are in no window of it, but for the read-back
    EXPECT_EQ(states(), "confirmed 40") << said_;
    EXPECT_EQ(value("SELECT state FROM outbox.plan WHERE id = 1"), "done");
    EXPECT_EQ(value("SELECT count(*) FROM outbox.verdict WHERE final AND run_id IS NOT NULL"),
              "40");
    const std::string asked = value(
        "SELECT count(*) FROM journal.export WHERE run_id = (SELECT max(id) FROM journal.run WHERE "
        "job = 'sync') AND resource = 'users'");
    ASSERT_EQ(sync(), 0);
    EXPECT_EQ(value("SELECT count(*) FROM journal.export WHERE run_id = (SELECT max(id) FROM "
                    "journal.run WHERE job = 'sync') AND resource = 'users'"),
              asked)
        << "reading back costs no export";
}

TEST_F(Push, ByPostTheKeyStandsInNoAddressOfSyncDoctorAndPush) {
    ASSERT_EQ(sync(), 0);
    const std::int64_t before = simulator_.keys_in_addresses();
    EXPECT_GT(before, 3) << "this one asked by GET";
    by_post_ = true;
    const std::size_t asked = simulator_.log().size();
    ASSERT_EQ(sync(true), 0);
    std::ostringstream out, err;
    jobs::Context context{config(), out, err, false, false, {}};
    EXPECT_EQ(jobs::run_doctor(context, false), 0) << out.str();
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(), 0);
    EXPECT_GT(simulator_.log().size(), asked + 50);
    EXPECT_EQ(simulator_.keys_in_addresses(), before);
}

TEST_F(Push, TheThreeExamplesAreConfirmed) {
    int number = 0;
    for (const char* name : {"tag_vip_buyers", "ltv_and_segment", "cancel_stale_orders"}) {
        jobs::PushOptions options;
        options.name = name;
        options.create_groups = true;
        ASSERT_EQ(push(jobs::run_push_plan, options), 0) << said_;
        ASSERT_EQ(approve(++number), 0) << said_;
        ASSERT_EQ(send(number), 0) << said_;
    }
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(value("SELECT count(*) FROM outbox.change WHERE state <> 'confirmed'"), "0")
        << states();
    EXPECT_GT(std::stoi(value("SELECT count(*) FROM outbox.change")), 100);
    EXPECT_EQ(simulator_.lost_memberships(), 0);
    EXPECT_EQ(push(jobs::run_push_verify, {}), 0) << said_;
}

TEST_F(Push, ALostAnswerIsNotSentAgainBeforeAnExportHasSpoken) {
    ASSERT_EQ(plan("SELECT 'new' || n || '@example.org' AS email, 'c-' || n AS offer_code, '990' "
                   "AS deal_cost, 'payed' AS deal_status FROM generate_series(1, 30) n",
                   "create"),
              0)
        << said_;
    EXPECT_NE(said_.find("creates 60 people and orders"), std::string::npos) << said_;
    EXPECT_NE(said_.find("completes 30 orders"), std::string::npos);
    ASSERT_EQ(approve(1), 0);
    simulator_.set_import_faults({.lost_before = 0, .lost_after = 1});
    EXPECT_EQ(send(1, "simulator-write-key"), 5) << said_;  // ends after five in a row
    EXPECT_EQ(states(), "planned 25, unclear 5");
    simulator_.set_import_faults({.lost_before = 1});
    EXPECT_EQ(send(1), 5);
    simulator_.set_import_faults({});
    EXPECT_EQ(send(1), 0) << said_;
    EXPECT_EQ(states(), "unclear 10, written 20");
    EXPECT_EQ(simulator_.imported_deals(), 25);
    EXPECT_EQ(send(1), 0);  // nothing left that may be sent
    EXPECT_EQ(simulator_.imported_deals(), 25);
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 25, planned 5") << said_;  // what never arrived may go once more
    EXPECT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 30");
    EXPECT_EQ(simulator_.imported_deals(), 30);
    EXPECT_EQ(simulator_.imported_users(), 30);
    EXPECT_EQ(simulator_.imported_payments(), 30);
    EXPECT_EQ(simulator_.most_payments_of_one_order(), 1);
    EXPECT_EQ(value("SELECT sum(objects) FROM outbox.creation WHERE state = 'made'"), "60");
}

TEST_F(Push, AFieldThatIsDroppedWithoutAWordIsContradictedAndARefusalIsShown) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    simulator_.set_import_faults({.dropped_field = 1});
    ASSERT_EQ(send(1, "simulator-write-key", 20), 0) << said_;
    simulator_.set_import_faults({.inner = 1});
    EXPECT_EQ(send(1), 3) << said_;
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "contradicted 20, refused 20");
    EXPECT_EQ(value("SELECT DISTINCT message FROM outbox.result WHERE state = 'refused'"),
              "Ошибка сохранения");
    EXPECT_EQ(
        value(
            "SELECT shown -> 0 ->> 'new' FROM outbox.result WHERE state = 'contradicted' LIMIT 1"),
        "vk");
}

TEST_F(Push, AnEmptyAnswerIsAFailureThatNamesTheTariffAndARedirectCostsNothing) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    simulator_.set_import_faults({.empty = 1});
    EXPECT_EQ(send(1), 5);
    EXPECT_NE(said_.find("tariff"), std::string::npos) << said_;
    EXPECT_EQ(states(), "planned 35, refused 5");
    simulator_.set_import_faults({.redirect = 1});
    EXPECT_EQ(send(1), 5);
    EXPECT_NE(said_.find("redirects to https://www.school.example"), std::string::npos) << said_;
    EXPECT_EQ(states(), "planned 35, refused 5");
    simulator_.set_import_faults({});
    EXPECT_EQ(send(1, "simulator-read-key"),
              5);  // a key that may only read: the first answer ends it
    EXPECT_EQ(imports(), 7);
    EXPECT_EQ(states(), "planned 35, refused 5");
    EXPECT_EQ(value("SELECT count(*) FROM journal.request WHERE kind = 'import'"), "7");
    EXPECT_EQ(value("SELECT count(*) FROM journal.request WHERE what LIKE '%key%' OR message LIKE "
                    "'%write-key%'"),
              "0");
}

TEST_F(Push, WhenTheAllowanceIsSpentTheRestWaitsForTheNextMonth) {
    ASSERT_EQ(plan("SELECT 'new' || n || '@example.org' AS email, 'Новый' AS first_name FROM "
                   "generate_series(1, 12) n",
                   "create"),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    allowance_ = 5;
    EXPECT_EQ(send(1), 4) << said_;
    EXPECT_EQ(states(), "planned 7, written 5");
    EXPECT_EQ(send(1), 4);
    EXPECT_EQ(imports(), 5);
    const etl::Day next = jobs::next_allowance_period(today(), 1);
    allowance_ = 0;
    simulator_.set_imports(true, 3);  // the service says so before we know
    EXPECT_EQ(send(1, "simulator-write-key", 0, [&](etl::Instant) { return next; }), 4) << said_;
    EXPECT_EQ(imports(), 9);
    simulator_.set_imports(true, 100);
    EXPECT_EQ(send(1, "simulator-write-key", 0, [&](etl::Instant) { return next; }), 4);
    EXPECT_EQ(imports(), 9);
    EXPECT_EQ(send(1, "simulator-write-key", 0,
                   [&](etl::Instant) { return jobs::next_allowance_period(next, 1); }),
              0)
        << said_;
    EXPECT_EQ(simulator_.imported_users(), 12);
    EXPECT_EQ(value("SELECT sum(objects) FROM outbox.creation WHERE state = 'made'"), "12");
}

TEST_F(Push, WhatWaitsForTheAllowanceIsKeptAliveEvenWhenTheSendEndsBadly) {
    ASSERT_EQ(plan("SELECT 'new' || n || '@example.org' AS email, 'Новый' AS first_name FROM "
                   "generate_series(1, 12) n UNION ALL SELECT email, 'Иной' FROM (SELECT email "
                   "FROM mirror.users ORDER BY id LIMIT 8) u",
                   "upsert"),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    allowance_ = 1;
    ASSERT_EQ(send(1, "simulator-write-key", 1), 0)
        << said_;  // one person made: the allowance is spent
    etl::pg::Connection(database_.url(), "test")
        .execute("UPDATE outbox.plan SET expires_at = clock_timestamp() + interval '1 minute'");
    simulator_.set_import_faults({.redirect = 1});
    EXPECT_EQ(send(1), 5) << said_;  // the updates behind those that wait come to nothing
    EXPECT_NE(said_.find("11 wait for the allowance of " +
                         etl::format_day(jobs::next_allowance_period(today(), 1))),
              std::string::npos)
        << said_;
    EXPECT_EQ(value("SELECT expires_at > clock_timestamp() + interval '1 day' FROM outbox.plan"),
              "t");
}

TEST_F(Push, APlanWhoseContentChangedIsNotSentAndTheAuditCannotBeRewritten) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    etl::pg::Connection connection(database_.url(), "test");
    connection.execute(
        "UPDATE outbox.change SET document = replace(document, 'vk', 'tg') WHERE id = 3");
    EXPECT_EQ(send(1), 2);
    EXPECT_NE(said_.find("is not what was approved"), std::string::npos) << said_;
    for (const char* table : {"audit", "approval", "verdict"}) {
        EXPECT_THROW(connection.execute("UPDATE outbox." + std::string(table) + " SET id = id"),
                     etl::Error);
        EXPECT_THROW(connection.execute("DELETE FROM outbox." + std::string(table)), etl::Error);
        EXPECT_THROW(connection.execute("TRUNCATE outbox." + std::string(table) + " CASCADE"),
                     etl::Error);
    }
    EXPECT_EQ(value("SELECT string_agg(who || ' ' || what, ', ' ORDER BY id) FROM outbox.audit"),
              "Pia plan, Anna approve");
    EXPECT_EQ(value("SELECT count(*) FROM outbox.audit_breaks"), "0");
    connection.execute(
        "ALTER TABLE outbox.audit DISABLE TRIGGER only_append; UPDATE outbox.audit SET who = 'Eve' "
        "WHERE id = 2");  // by force
    EXPECT_EQ(value("SELECT string_agg(id::text, ',') FROM outbox.audit_breaks"), "2");
    EXPECT_EQ(push(jobs::run_push_verify, {}), 3);
}

TEST_F(Push, APlanExpiresAndWhatMovedMeanwhileIsNotSent) {
    ASSERT_EQ(plan("SELECT email, 'Тверь-3' AS city FROM mirror.users ORDER BY id LIMIT 3"), 0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    etl::pg::Connection connection(database_.url(), "test");
    connection.execute(
        "UPDATE mirror.users SET city = 'Тверь-3' WHERE id = (SELECT min(id) FROM mirror.users); "
        "UPDATE mirror.users SET city = 'Омск-4' WHERE id = (SELECT id FROM mirror.users ORDER BY "
        "id OFFSET 1 LIMIT 1)");
    EXPECT_EQ(send(1), 3) << said_;
    EXPECT_EQ(imports(), 1);
    EXPECT_EQ(states(), "confirmed 1, refused 1, written 1");
    ASSERT_EQ(plan("SELECT email, 'Тверь-5' AS city FROM mirror.users ORDER BY id DESC LIMIT 3"), 0)
        << said_;
    ASSERT_EQ(approve(2), 0);
    connection.execute("UPDATE outbox.plan SET expires_at = clock_timestamp() WHERE id = 2");
    EXPECT_EQ(send(2), 2);
    EXPECT_NE(said_.find("expired"), std::string::npos);
    jobs::PushOptions cancel;
    cancel.plan = 2;
    EXPECT_EQ(push(jobs::run_push_cancel, cancel), 0) << said_;
    EXPECT_EQ(imports(), 1);
    EXPECT_EQ(plan("SELECT email, 'Тверь-5' AS city FROM mirror.users ORDER BY id DESC LIMIT 3"), 0)
        << "a cancelled change holds nothing";
}

TEST_F(Push, ACostThatGoesAlongUnchangedIsNotSentOverANewerOne) {
    ASSERT_EQ(plan("SELECT number AS deal_number, 'cancelled' AS deal_status, cost AS deal_cost "
                   "FROM mirror.deals WHERE status_code = 'new' AND cost > 0 ORDER BY id LIMIT 2"),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    etl::pg::Connection(database_.url(), "test")
        .execute(
            "UPDATE mirror.deals SET cost = cost + 1 WHERE number = (SELECT deal_number FROM "
            "outbox.change WHERE id = 1)");
    EXPECT_EQ(send(1), 3) << said_;
    EXPECT_EQ(imports(), 1);
    EXPECT_NE(value("SELECT message FROM outbox.result WHERE change_id = 1")
                  .find("not sent: deal_cost was"),
              std::string::npos);
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 1, refused 1");
}

TEST_F(Push, TwoChangesForOneKeyAreRefusedWithinAPlanAndAcrossPlans) {
    EXPECT_EQ(plan("SELECT email, 'Псков ' || n AS city FROM (SELECT email FROM mirror.users ORDER "
                   "BY id LIMIT 1) u, generate_series(1, 2) n UNION ALL SELECT max(email), 'Псков' "
                   "FROM mirror.users"),
              3);
    EXPECT_NE(said_.find("two changes for one key"), std::string::npos) << said_;
    EXPECT_EQ(plan("SELECT max(email) AS email, 'Омск' AS city FROM mirror.users"), 3);
    EXPECT_NE(said_.find("another change of its city is open: change 1 of plan 1"),
              std::string::npos)
        << said_;
    EXPECT_EQ(plan("SELECT max(email) AS email, 'Ия' AS first_name FROM mirror.users"), 0)
        << "another field of the same person may go";
    EXPECT_EQ(plan("SELECT email, 'x' AS city FROM mirror.users, generate_series(1, 4)"), -1)
        << "the limit of a query";
    EXPECT_NE(said_.find("its limit is 1000"), std::string::npos) << said_;
    EXPECT_EQ(plan("DELETE FROM mirror.users"), -1);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "300");
}

TEST_F(Push, RowsOfAnalystsArePlannedAndEachHasItsVerdict) {
    etl::pg::Connection writer(database_.url(), "test");
    writer.execute(
        "SET ROLE gcmirror_writer; INSERT INTO outbox.change (wanted) SELECT "
        "jsonb_build_object('email', e, 'group_add', g) FROM (VALUES ('person1@example.org', "
        "'2026'), "
        "('nobody@example.org', '2026'), ('person2@example.net', '4512019')) v (e, g); INSERT INTO "
        "outbox.change (wanted) VALUES ('{\"emial\": \"x\"}')");
    EXPECT_THROW(writer.execute("UPDATE outbox.change SET state = 'confirmed'"), etl::Error);
    EXPECT_THROW(writer.execute("INSERT INTO outbox.change (wanted, document) VALUES ('{}', 'x')"),
                 etl::Error);
    EXPECT_THROW(writer.execute("SELECT * FROM mirror.users"), etl::Error);
    jobs::PushOptions options;
    options.name = "outbox";
    EXPECT_EQ(push(jobs::run_push_plan, options), 3) << said_;
    EXPECT_EQ(states(), "planned 1, refused 3") << said_;
    EXPECT_NE(value("SELECT message FROM outbox.result WHERE change_id = 4").find("emial"),
              std::string::npos);
    ASSERT_EQ(approve(1), 0) << said_;
    ASSERT_EQ(send(1), 0);
    ASSERT_EQ(sync(), 0);
    EXPECT_EQ(states(), "confirmed 1, refused 3");
    EXPECT_EQ(push(jobs::run_push_plan, options), 0);
}

TEST_F(Push, WhereUsersComeWithoutTheirGroupsTheGroupItselfIsReadBack) {
    simulator_.omit_groups(true);
    // For good, not for a night: what had the groups was loaded before the sweep's time.
    etl::pg::Connection(database_.url(), "test")
        .execute(
            "UPDATE journal.export SET loaded_at = loaded_at - interval '40 days' WHERE "
            "resource = 'users'");
    ASSERT_EQ(sync(true), 3);  // amber: the column of groups is away
    ASSERT_EQ(plan("SELECT email, '[\"2026\", \"Совсем новая\"]' AS group_add FROM mirror.users "
                   "ORDER BY id LIMIT 5",
                   "update", true),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(), 3);
    EXPECT_EQ(states(), "confirmed 5") << said_;
}

TEST_F(Push, ACsvIsPlannedLikeAQuery) {
    std::ofstream(dir() / "cities.csv")
        << "\xEF\xBB\xBF"
        << "email;city\r\nperson1@example.org;\"Великий Устюг\"\r\nperson2@example.net;\r\n";
    jobs::PushOptions options;
    options.csv = (dir() / "cities.csv").string();
    EXPECT_EQ(push(jobs::run_push_plan, options), 0) << said_;
    EXPECT_NE(said_.find("cities: 2 rows; 1 changes, 1 are so already"), std::string::npos)
        << said_;
    options.csv = (dir() / "none.csv").string();
    EXPECT_EQ(push(jobs::run_push_plan, options), -1);
    options = {};
    options.name = "tag_vip";
    EXPECT_EQ(push(jobs::run_push_plan, options), -1);
    EXPECT_NE(said_.find("tag_vip_buyers"), std::string::npos);
}

TEST_F(Push, AProcessThatDiesWhileSendingLeavesItsChangeUnclearAndNothingIsSentTwice) {
    ASSERT_EQ(plan("SELECT 'new' || n || '@example.org' AS email, 'c' AS offer_code, '990' AS "
                   "deal_cost FROM generate_series(1, 40) n",
                   "create"),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    for (int round = 0; round < 8; ++round) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const etl::Config c = config();
            setenv("GCMIRROR_CONFIG", "/dev/null", 1);
            setenv("GCMIRROR_GETCOURSE_URL", c.getcourse.url.c_str(), 1);
            setenv("GCMIRROR_GETCOURSE_CA_FILE", c.getcourse.ca_file.c_str(), 1);
            setenv("GCMIRROR_DATABASE_URL", c.database.url.c_str(), 1);
            setenv("GCMIRROR_DATABASE_DATA_DIR", c.database.data_dir.c_str(), 1);
            setenv("GETCOURSE_WRITE_KEY", "simulator-write-key", 1);
            setenv("GCMIRROR_WRITE_BACK_GAP", "1ms", 1);
            if (freopen("/dev/null", "w", stdout) == nullptr ||
                freopen("/dev/null", "w", stderr) == nullptr)
                _exit(99);
            execl(test_support::program(), test_support::program(), "push", "send", "1",
                  static_cast<char*>(nullptr));
            _exit(99);
        }
        const std::int64_t before = imports();
        for (int wait = 0; wait < 1000 && imports() < before + 3; ++wait)
            usleep(2000);  // bounded: until a few have arrived
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    }
    while (send(1) == 7) usleep(10000);  // until PostgreSQL has noticed that the last one is gone
    ASSERT_EQ(sync(true), 0);
    send(1);
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 40");
    EXPECT_EQ(simulator_.imported_deals(), 40);
    EXPECT_EQ(simulator_.imported_users(), 40);
    EXPECT_EQ(simulator_.most_orders_of_one_number(), 1);
}
