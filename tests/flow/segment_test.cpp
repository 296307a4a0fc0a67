// Segments: what changed of a saved query since it was last sent, night by night.
#include "jobs/push/segment.hpp"

#include <thread>

#include "jobs/push/sender.hpp"
#include "tests/support/push_school.hpp"

using namespace std::chrono_literals;

namespace {

class Segment : public test_support::PushSchool {
protected:
    // The school's own query, as a file.
    void query(const std::string& select, const std::string& header = "") {
        std::ofstream(dir() / "cities.sql") << "-- Cities\n-- mode: update\n"
                                            << header << select << "\n";
    }
    int add(const std::string& name = "cities") {
        jobs::SegmentOptions options;
        options.name = name;
        options.query = "cities";
        options.by = "Pia";
        return said(
            [&](jobs::Context& context) { return jobs::run_segment_add(context, options); });
    }
    int compare(const std::string& name = "cities") {
        jobs::SegmentOptions options;
        options.name = name;
        options.stale_ok = stale_ok_;
        return said(
            [&](jobs::Context& context) { return jobs::run_segment_run(context, options); });
    }
    int list() {
        return said([](jobs::Context& context) { return jobs::run_segment_list(context); });
    }
    int said(const std::function<int(jobs::Context&)>& command) {
        std::ostringstream out, err;
        etl::Config with = config();
        with.write_back.auto_approve = auto_approve_;
        jobs::Context context{with, out, err, false, false, {}};
        int code = -1;
        try {
            code = command(context);
        } catch (const etl::Error& error) {
            out << error.what();
        }
        said_ = out.str();
        return code;
    }
    bool says(const std::string& words) const { return said_.find(words) != std::string::npos; }
    std::string plans() const {
        return value(
            "SELECT coalesce(string_agg(state, ' ' ORDER BY id), '') FROM outbox.plan WHERE "
            "source = 'segment'");
    }

    int auto_approve_ = 0;
};

constexpr const char* kFour =
    "SELECT email, 'Великий Устюг' AS city FROM mirror.users WHERE email <> '' ORDER BY id LIMIT ";

}  // namespace

TEST_F(Segment, EachNightOnlyWhatChangedSinceItWasLastSentIsPlanned) {
    query(std::string(kFour) + "4");
    ASSERT_EQ(add(), 0) << said_;
    EXPECT_EQ(add(), -1) << "there is one already";
    ASSERT_EQ(compare(), 0) << said_;
    EXPECT_TRUE(says("4 rows, 0 as they were last sent; 4 to send: plan 1")) << said_;
    EXPECT_EQ(plans(), "planned") << "it waits for approval";
    EXPECT_EQ(send(1), 2);
    ASSERT_EQ(approve(1), 0) << said_;
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("0 as they were last sent, 4 wait in a plan already; 0 to send")) << said_;
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    query(std::string(kFour) + "6");
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("6 rows, 4 as they were last sent; 2 to send: plan 2")) << said_;
    ASSERT_EQ(approve(2), 0);
    ASSERT_EQ(send(2), 0) << said_;
    EXPECT_EQ(imports(), 6);
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(states(), "confirmed 6") << said_;
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("6 rows, 6 as they were last sent; 0 to send")) << said_;
    EXPECT_EQ(imports(), 6) << "a night without a change costs no import";
}

TEST_F(Segment, WhatSomebodyChangedAtTheSchoolIsNotSetBackEachNight) {
    query(std::string(kFour) + "1");
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0);
    ASSERT_EQ(approve(1), 0);
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    edit_at_school("users", R"({"user":{"email":")" + value("SELECT key FROM outbox.change") +
                                R"(","city":"Кострома"},"system":{"refresh_if_exists":1}})");
    ASSERT_EQ(sync(true), 0);
    ASSERT_EQ(value("SELECT count(*) FROM mirror.users WHERE city = 'Кострома'"), "1");
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("1 as they were last sent; 0 to send")) << said_;
}

TEST_F(Segment, APlanThatNobodyApprovedGivesWayToTonights) {
    query(std::string(kFour) + "4");
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0);
    query(std::string(kFour) + "3");
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("3 rows, 0 as they were last sent, 1 left the query; 3 to send: plan 2"))
        << said_;
    EXPECT_EQ(plans(), "cancelled planned");
    EXPECT_EQ(states(), "cancelled 4, planned 3");
    ASSERT_EQ(list(), 0);
    EXPECT_TRUE(says("plan 2 is planned")) << said_;
    EXPECT_EQ(value("SELECT count(*) FROM outbox.audit WHERE what = 'cancel' AND plan_id = 1"),
              "1");
}

TEST_F(Segment, BelowTheLimitAPlanApprovesItselfAndAboveItWaits) {
    auto_approve_ = 3;
    query(std::string(kFour) + "3");
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("plan 1, which approved itself")) << said_;
    EXPECT_EQ(plans(), "approved");
    EXPECT_EQ(value("SELECT approved_by FROM outbox.approval"), "segment cities");
    ASSERT_EQ(send(1), 0) << said_;
    query(std::string(kFour) + "7");
    ASSERT_EQ(compare(), 0);
    EXPECT_EQ(value("SELECT state FROM outbox.plan WHERE id = 2"), "planned") << said_;
    EXPECT_EQ(imports(), 3);
}

TEST_F(Segment, WhatMakesPeopleOrPaymentsNeverApprovesItself) {
    auto_approve_ = 100;
    std::ofstream(dir() / "cities.sql")
        << "-- New\n-- mode: create\nSELECT 'new@example.org' AS email, 'Ия' AS first_name\n";
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0);
    EXPECT_EQ(plans(), "planned") << said_;
}

TEST_F(Segment, WhoLeavesTheQueryGetsWhatItsHeaderSays) {
    query(std::string(kFour) + "3", "-- leave: {\"city\": \"Не указан\"}\n");
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0);
    ASSERT_EQ(approve(1), 0);
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    query(std::string(kFour) + "2", "-- leave: {\"city\": \"Не указан\"}\n");
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("2 rows, 2 as they were last sent, 1 left the query; 1 to send")) << said_;
    ASSERT_EQ(approve(2), 0);
    ASSERT_EQ(send(2), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users WHERE city = 'Не указан'"), "1");
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("0 to send")) << said_;
}

TEST_F(Segment, AQueryThatSuddenlyFindsNobodyDoesNotSendEverybodyAwayByItself) {
    auto_approve_ = 100;
    const std::string leave = "-- leave: {\"city\": \"Не указан\"}\n";
    query(std::string(kFour) + "3", leave);
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0);
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    query("SELECT email, (1 / (id - id))::text AS city FROM mirror.users", leave);
    EXPECT_EQ(compare(), -1);
    EXPECT_EQ(compare(""), 6) << "a query that fails says nothing about anybody";
    EXPECT_TRUE(says("not compared")) << said_;
    EXPECT_EQ(plans(), "done");
    query(std::string(kFour) + "0", leave);
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("0 rows, 0 as they were last sent, 3 left the query; 3 to send: plan 2"))
        << said_;
    EXPECT_EQ(value("SELECT state FROM outbox.plan WHERE id = 2"), "planned") << said_;
}

TEST_F(Segment, ManyRowsWithAReasonEachAreCompared) {
    query(
        "SELECT 'u' || g || '@example.org' AS email, 'X' AS city FROM generate_series(1, 20000) g",
        "-- limit: 20000\n");
    ASSERT_EQ(add(), 0);
    EXPECT_EQ(compare(), 3);
    EXPECT_TRUE(says("0 to send, 20000 refused")) << said_.substr(0, 500);
}

TEST_F(Segment, ARefusalOfTheServiceIsNotRepeatedEachNightAndACancelledPlanIsPlannedAgain) {
    query(std::string(kFour) + "2");
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0);
    jobs::PushOptions cancel;
    cancel.plan = 1;
    ASSERT_EQ(push(jobs::run_push_cancel, cancel), 0);
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("2 to send: plan 2")) << said_;
    ASSERT_EQ(approve(2), 0);
    simulator_.set_import_faults({.inner = 1});
    EXPECT_EQ(send(2), 3);
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("2 as they were last sent; 0 to send")) << said_;
}

TEST_F(Segment, OrdersOfASegmentAreSentWhereEditsNeedTheCost) {
    simulator_.set_edits_need_cost(true);
    query(
        "SELECT number AS deal_number, 'cancelled' AS deal_status FROM mirror.deals WHERE number "
        "IN (SELECT number FROM mirror.deals WHERE cost > 0 AND status_code IN ('new', "
        "'cancelled') ORDER BY id LIMIT 3)");
    ASSERT_EQ(add(), 0);
    ASSERT_EQ(compare(), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    ASSERT_EQ(send(1), 0) << said_;
    ASSERT_EQ(sync(true), 0);
    EXPECT_EQ(value("SELECT count(*) FILTER (WHERE state <> 'confirmed') FROM outbox.change"), "0");
    ASSERT_EQ(compare(), 0);
    EXPECT_TRUE(says("3 as they were last sent; 0 to send")) << said_;
}

TEST_F(Segment, TheSenderTriesARedirectingAccountOncePerPlanAndGoesOnWhenItIsRight) {
    etl::Config with = config();
    with.write_key = etl::Secret("simulator-write-key");
    jobs::SenderOptions options;
    options.look = 10ms;
    options.again = 2s;
    const auto until = [&](const char* sql, const std::string& wanted) {
        for (int i = 0; i < 3000 && value(sql) != wanted; ++i) std::this_thread::sleep_for(10ms);
        EXPECT_EQ(value(sql), wanted) << sql;
    };
    query(std::string(kFour) + "2");
    ASSERT_EQ(add(), 0) << said_;
    ASSERT_EQ(compare(), 0) << said_;
    ASSERT_EQ(approve(1), 0);
    simulator_.set_import_faults({.redirect = 1});
    std::ostringstream out, err;
    std::stop_source stop;
    std::thread sender([&] { jobs::run_sender(with, options, out, err, stop.get_token()); });
    until("SELECT count(*) FROM outbox.attempt WHERE outcome = 'not_taken'", "1");
    until("SELECT count(*) FROM journal.run WHERE job = 'push' AND state = 'failed'", "1");
    simulator_.set_import_faults({});
    until("SELECT string_agg(state, ' ') FROM outbox.change", "written written");
    EXPECT_EQ(value("SELECT count(*) FROM outbox.attempt"), "3");
    EXPECT_EQ(value("SELECT min(b.sent_at) - min(a.sent_at) > interval '1.9 seconds' FROM "
                    "outbox.attempt a, outbox.attempt b WHERE b.id > a.id AND a.id = 1"),
              "t")
        << "not at every look";
    stop.request_stop();
    sender.join();
    EXPECT_NE(err.str().find("tried again in 2s"), std::string::npos) << err.str();
    EXPECT_NE(out.str().find("2 sent: 2 written"), std::string::npos) << out.str();
}

TEST_F(Segment, TheSenderHasNothingToDoWithoutItsKey) {
    std::ostringstream out, err;
    EXPECT_THROW(jobs::run_sender(config(), {}, out, err, {}), etl::Error);
}

TEST_F(Segment, OneThatCannotBeComparedStopsNoOther) {
    query(std::string(kFour) + "2");
    ASSERT_EQ(add("a"), 0);
    ASSERT_EQ(add("b"), 0);
    std::filesystem::rename(dir() / "cities.sql", dir() / "other.sql");
    EXPECT_EQ(compare(""), 2) << said_;
    EXPECT_TRUE(says("segment a: not compared, there is no write-back \"cities\"")) << said_;
    EXPECT_TRUE(says("segment b: not compared")) << said_;
    EXPECT_EQ(compare("c"), -1);
    fresh_within_ = 1us;
    std::filesystem::rename(dir() / "other.sql", dir() / "cities.sql");
    EXPECT_EQ(compare(""), 2);
    EXPECT_TRUE(says("fresh_within allows")) << said_;
}
