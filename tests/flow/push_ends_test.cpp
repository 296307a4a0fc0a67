// How a send ends, and what is held back: an account that is down, redirects, refuses or wants the
// cost; a mirror that is old; orders edited meanwhile; four eyes; rows that cannot be read.
#include "tests/support/push_school.hpp"

using namespace std::chrono_literals;
using Push = test_support::PushSchool;
using test_support::kColour;

TEST_F(Push, APushThatReachesNobodyIsNotExitZeroAndEveryListSaysWhy) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    url_ = "https://localhost:1";
    EXPECT_EQ(send(1), 5);
    EXPECT_NE(said_.find("plan 1: 0 sent: 0 written, 0 refused, 0 unclear; 40 left to send"),
              std::string::npos)
        << said_;
    EXPECT_EQ(said_.find("The next sync reads back"), std::string::npos) << said_;
    EXPECT_EQ(states(), "planned 40");
    EXPECT_EQ(value("SELECT count(*) FROM outbox.attempt"), "1") << "the first tells it all";
    const std::string reason = value("SELECT message FROM outbox.attempt");
    EXPECT_FALSE(reason.empty());
    EXPECT_EQ(value("SELECT state FROM journal.run WHERE job = 'push'"), "failed");
    jobs::PushOptions options;
    options.plan = 1;
    ASSERT_EQ(push(jobs::run_push_list, options), 0);
    EXPECT_NE(said_.find(reason.substr(0, 40)), std::string::npos) << said_;
    ASSERT_EQ(push(jobs::run_push_verify, options), 0);
    EXPECT_NE(said_.find(reason.substr(0, 40)), std::string::npos) << said_;
    url_.clear();
    EXPECT_EQ(send(1), 0) << said_;
}

TEST_F(Push, WhatConcernsTheAccountEndsTheSendAtTheFirstChange) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    simulator_.set_import_faults({.redirect = 1});
    EXPECT_EQ(send(1), 5);
    EXPECT_EQ(imports(), 1) << "a redirecting host gets the key once, not five times";
    EXPECT_NE(said_.find("1 sent: 0 written, 0 refused, 0 unclear; 40 left to send"),
              std::string::npos)
        << said_;
}

TEST_F(Push, ARefusalsWordsAreSaidAtOnce) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    simulator_.set_import_faults({.inner = 1});
    EXPECT_EQ(send(1, "simulator-write-key", 2), 3);
    EXPECT_NE(said_.find("refused, " + value("SELECT key FROM outbox.change WHERE id = 1") +
                         ": Ошибка сохранения"),
              std::string::npos)
        << said_;
    EXPECT_NE(said_.find("last reason: Ошибка сохранения"), std::string::npos) << said_;
    EXPECT_NE(said_.find("audit: line 3, " + value("SELECT hash FROM outbox.audit WHERE id = 3")),
              std::string::npos)
        << said_;
}

TEST_F(Push, AnAccountThatWantsTheCostOfAnEditGetsTheMirrorsAndIsRemembered) {
    simulator_.set_edits_need_cost(true);
    const std::string stale =
        "SELECT number AS deal_number, 'cancelled' AS deal_status FROM mirror.deals WHERE "
        "status_code = 'new' AND cost > 0 ORDER BY id ";
    ASSERT_EQ(plan(stale + "LIMIT 3"), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    EXPECT_EQ(send(1), 0) << said_;
    EXPECT_EQ(states(), "written 3");
    EXPECT_EQ(imports(), 4) << "only the first is sent twice";
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 3") << said_;
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals d JOIN outbox.change c ON c.deal_number = "
                    "d.number WHERE d.cost::text = c.cost"),
              "3")
        << "no cost moved";
    ASSERT_EQ(plan(stale + "LIMIT 2"), 0) << said_;
    ASSERT_EQ(approve(2), 0);
    etl::pg::Connection(database_.url(), "test")
        .execute(
            "UPDATE mirror.deals SET cost = cost + 1 WHERE number = (SELECT deal_number FROM "
            "outbox.change WHERE plan_id = 2 ORDER BY id LIMIT 1)");
    EXPECT_EQ(send(2), 3) << said_;
    EXPECT_EQ(imports(), 5) << "what the account wants is known; a cost that moved is not sent";
    EXPECT_NE(said_.find("when this was planned and is"), std::string::npos) << said_;
}

TEST_F(Push, CancellingStaleOrdersAndTakingItBackWorkWhereEditsNeedTheCost) {
    simulator_.set_edits_need_cost(true);
    jobs::PushOptions stale, undo;
    stale.name = "cancel_stale_orders";
    undo.undo = 1;
    ASSERT_EQ(push(jobs::run_push_plan, stale), 0) << said_;
    const int orders = std::stoi(value("SELECT count(*) FROM outbox.change"));
    ASSERT_GT(orders, 0);
    ASSERT_EQ(approve(1), 0);
    EXPECT_EQ(send(1), 0) << said_;
    EXPECT_EQ(imports(), orders + 1) << "the account's wish is learnt once";
    ASSERT_EQ(sync(true), 0);
    ASSERT_EQ(states(), "confirmed " + std::to_string(orders)) << said_;
    ASSERT_EQ(push(jobs::run_push_plan, undo), 0) << said_;
    ASSERT_EQ(approve(2), 0);
    EXPECT_EQ(send(2), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed " + std::to_string(2 * orders)) << said_;
}

TEST_F(Push, WhereNobodyAnswersReadingAgainIsGivenUpAndTheSendEndsAtItsFirstRequest) {
    ASSERT_EQ(plan(kColour), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    read_again_after_ = 1us;
    url_ = "https://localhost:1";
    EXPECT_EQ(send(1), 5) << said_;
    EXPECT_NE(said_.find("not read again before sending, users created "), std::string::npos)
        << said_;
    EXPECT_EQ(value("SELECT count(*) FROM outbox.attempt"), "1");
    EXPECT_EQ(states(), "planned 40");
}

TEST_F(Push, APlanIsTakenBackByAPlanOfItsOwnButNotOverSomebodysLaterEdit) {
    const std::string before = value(
        "SELECT string_agg(city, '|' ORDER BY id) FROM (SELECT id, city FROM mirror.users "
        "WHERE city <> '' ORDER BY id LIMIT 3) u");
    ASSERT_EQ(plan("SELECT email, 'Великий Устюг' AS city, 'Совсем новая' AS group_add FROM "
                   "mirror.users WHERE city <> '' ORDER BY id LIMIT 3",
                   "update", true),
              0)
        << said_;
    jobs::PushOptions undo;
    undo.undo = 1;
    EXPECT_EQ(push(jobs::run_push_plan, undo), -1) << "nothing is confirmed yet";
    ASSERT_EQ(approve(1), 0);
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    ASSERT_EQ(states(), "confirmed 3") << said_;
    EXPECT_EQ(push(jobs::run_push_plan, undo), 3) << said_;
    EXPECT_NE(said_.find("undo of plan 1: "), std::string::npos) << said_;
    EXPECT_NE(said_.find("3 changes, 0 are so already, "), std::string::npos) << said_;
    EXPECT_NE(said_.find("was added, and imports only add"), std::string::npos) << said_;
    ASSERT_EQ(approve(2), 0) << said_;
    ASSERT_EQ(send(2), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 6") << said_;
    EXPECT_EQ(value("SELECT string_agg(city, '|' ORDER BY id) FROM mirror.users WHERE id IN "
                    "(SELECT u.id FROM mirror.users u JOIN outbox.change c ON c.email_key = "
                    "u.email_key AND c.plan_id = 1)"),
              before);
    EXPECT_EQ(push(jobs::run_push_plan, undo), 3);
    EXPECT_NE(said_.find("by now: somebody changed it since"), std::string::npos) << said_;
}

TEST_F(Push, AStaleMirrorIsNeitherPlannedOnNorApprovedNorSent) {
    fresh_within_ = 1us;
    EXPECT_EQ(plan(kColour), -1);
    EXPECT_NE(said_.find("fresh_within allows"), std::string::npos) << said_;
    stale_ok_ = true;
    EXPECT_EQ(plan(kColour), 0) << said_;
    EXPECT_NE(said_.find("the mirror is as of"), std::string::npos) << said_;
    stale_ok_ = false;
    EXPECT_EQ(approve(1), -1);
    stale_ok_ = true;
    ASSERT_EQ(approve(1), 0) << said_;
    stale_ok_ = false;
    EXPECT_EQ(send(1), 2);
    EXPECT_EQ(imports(), 0);
    etl::pg::Connection(database_.url(), "test")
        .execute("UPDATE outbox.plan SET mirror_as_of = mirror_as_of - interval '1 day'");
    stale_ok_ = true;
    EXPECT_EQ(send(1), 2);
    EXPECT_NE(said_.find("its content changed"), std::string::npos)
        << "the state is part of what was approved: " << said_;
    EXPECT_EQ(imports(), 0);
}

TEST_F(Push, WhatWasEditedAtTheSchoolAfterTheLastSyncIsReadAgainAndNotOverwritten) {
    ASSERT_EQ(plan("SELECT number AS deal_number, 'cancelled' AS deal_status FROM mirror.deals "
                   "WHERE status_code = 'new' AND cost > 0 ORDER BY id LIMIT 3"),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    const std::string order = value("SELECT deal_number FROM outbox.change WHERE id = 2");
    edit_at_school("deals",
                   R"({"user":{"email":")" +
                       value("SELECT email FROM mirror.deals WHERE number = '" + order + "'") +
                       R"("},"deal":{"deal_number":")" + order + R"(","deal_status":"in_work"}})");
    const std::int64_t before = exports(), sent = imports();
    EXPECT_EQ(send(1, "simulator-write-key", 1), 0) << said_;
    EXPECT_EQ(exports(), before) << "the mirror is younger than read_again_after";
    read_again_after_ = 1us;
    EXPECT_EQ(send(1), 3) << said_;
    EXPECT_EQ(exports(), before + 2) << "the list of fields and one window of orders";
    EXPECT_NE(said_.find("read again before sending: deals created "), std::string::npos) << said_;
    EXPECT_NE(said_.find("refused, " + order +
                         ": not sent: deal_status was \"new\" when this was planned and is "
                         "\"in_work\" now; plan again"),
              std::string::npos)
        << said_;
    EXPECT_EQ(imports(), sent + 2);
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 2, refused 1");
    EXPECT_EQ(value("SELECT status_code FROM mirror.deals WHERE number = '" + order + "'"),
              "in_work");
}

TEST_F(Push, WhatASendHasReadAgainTheNextOneOfThePlanDoesNotReadOnceMore) {
    ASSERT_EQ(plan("SELECT number AS deal_number, 'cancelled' AS deal_status FROM mirror.deals "
                   "WHERE status_code = 'new' AND cost > 0 ORDER BY id LIMIT 3"),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    etl::pg::Connection(database_.url(), "test")
        .execute("UPDATE journal.coverage SET as_of = as_of - interval '1 hour'");
    const std::int64_t before = exports();
    EXPECT_EQ(send(1, "simulator-write-key", 1), 0) << said_;
    EXPECT_EQ(exports(), before + 2) << said_;
    EXPECT_EQ(send(1), 0) << said_;
    EXPECT_EQ(exports(), before + 2) << said_;
    EXPECT_EQ(said_.find("read again"), std::string::npos) << said_;
}

TEST_F(Push, WhereTheBudgetDoesNotAllowReadingAgainTheSendSaysSoAndAsksNothing) {
    read_again_after_ = 1us;
    budget_ = 8;  // the sync of the night has spent them
    ASSERT_EQ(plan("SELECT email, 'Тверь-3' AS city FROM mirror.users ORDER BY id LIMIT 3"), 0);
    ASSERT_EQ(approve(1), 0);
    const std::int64_t before = exports();
    EXPECT_EQ(send(1), 0) << said_;
    EXPECT_EQ(exports(), before);
    EXPECT_NE(said_.find("not read again before sending, users created "), std::string::npos)
        << said_;
    EXPECT_NE(said_.find(" of 8 are free"), std::string::npos) << said_;
    EXPECT_NE(said_.find("edits at the school since "), std::string::npos) << said_;
}

TEST_F(Push, NothingIsReadAgainForWhatCannotBeOverwritten) {
    read_again_after_ = 1us;
    ASSERT_EQ(plan("SELECT 'new1@example.org' AS email, 'Ия' AS first_name UNION ALL SELECT "
                   "'new2@example.org', 'Ян'",
                   "create"),
              0)
        << said_;
    ASSERT_EQ(approve(1), 0);
    const std::int64_t before = exports();
    EXPECT_EQ(send(1), 0) << said_;
    EXPECT_EQ(exports(), before) << "people that do not exist yet";
    EXPECT_EQ(said_.find("read again"), std::string::npos) << said_;
}

TEST_F(Push, WithFourEyesNobodyApprovesAPlanOfTheirOwn) {
    four_eyes_ = true;
    ASSERT_EQ(plan(kColour), 0) << said_;
    EXPECT_EQ(approve(1, "Pia"), -1);
    EXPECT_NE(said_.find("made by Pia; [write_back] four_eyes"), std::string::npos) << said_;
    EXPECT_EQ(approve(1, "Anna"), -1) << "another name for the same user of the machine";
    EXPECT_NE(said_.find("as the same user of this machine"), std::string::npos) << said_;
    etl::pg::Connection(database_.url(), "test").execute("UPDATE outbox.plan SET os_user = 'pia'");
    EXPECT_EQ(approve(1, "Anna"), 0) << said_;
    EXPECT_EQ(value("SELECT count(*) FROM outbox.approval WHERE os_user <> '' AND database_user = "
                    "session_user"),
              "1");
}

TEST_F(Push, ARowThatCannotBeReadIsRefusedByItself) {
    etl::pg::Connection writer(database_.url(), "test");
    writer.execute(
        "INSERT INTO outbox.change (wanted) VALUES "
        "(('{\"email\": ' || repeat('[', 2000) || repeat(']', 2000) || '}')::jsonb), "
        "('{\"email\": \"person1@example.org\", \"last_name\": [1]}'), "
        "('{\"email\": \"person1@example.org\", \"city\": {\"a\": 1}}'), "
        "('{\"email\": \"person1@example.org\", \"group_add\": []}'), "
        "('{\"city\": \"Псков\"}'), "
        "('{\"email\": \"person1@example.org\", \"group_add\": [\"2026\"]}')");
    jobs::PushOptions options;
    options.name = "outbox";
    EXPECT_EQ(push(jobs::run_push_plan, options), 3) << said_;
    EXPECT_EQ(states(), "planned 1, refused 5") << said_;
    for (const auto& [change, words] :
         {std::pair("1", "cannot be read"), std::pair("2", "last_name is a JSON list"),
          std::pair("3", "city is a JSON object"), std::pair("4", "an empty list"),
          std::pair("5", "email is missing")})
        EXPECT_NE(
            value(std::string("SELECT message FROM outbox.result WHERE change_id = ") + change)
                .find(words),
            std::string::npos)
            << words;
}
