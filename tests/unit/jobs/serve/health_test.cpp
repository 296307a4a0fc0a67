// From facts to a judgement, and from a judgement to what people are told.
#include "jobs/serve/health.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "jobs/serve/dashboard_access.hpp"
#include "jobs/serve/notify.hpp"

using namespace std::chrono_literals;
using jobs::Facts;
using jobs::Level;

namespace {

Facts good() {
    Facts facts;
    facts.now = std::chrono::sys_days{std::chrono::year{2026} / 5 / 2} + 8h;
    for (const char* table : {"users", "deals"}) facts.tables.push_back({table, facts.now - 4h});
    facts.last_run = jobs::RunFacts{7, "done", "", 0, true};
    facts.last_expected = "done";
    return facts;
}
std::string codes(const Facts& facts) {
    std::string all;
    for (const auto& reason : jobs::judge(facts, {}).reasons)
        all += (all.empty() ? "" : ", ") + reason.code +
               (reason.about.empty() ? "" : " " + reason.about);
    return all;
}
Level level(const Facts& facts) { return jobs::judge(facts, {}).level; }

}  // namespace

TEST(Trust, IsGreenWhenEverythingIsFreshAndBalanced) {
    EXPECT_EQ(codes(good()), "");
    EXPECT_EQ(level(good()), Level::green);
}

TEST(Trust, IsLostByAgeAndByWhatNeverCame) {
    Facts facts = good();
    facts.tables[1].as_of = facts.now - 31h;
    EXPECT_EQ(codes(facts), "stale deals");
    EXPECT_EQ(level(facts), Level::red);
    EXPECT_EQ(jobs::judge(facts, {}).reasons[0].en, "deals is 31 h old, wanted within 30 h");
    facts.tables[1].as_of.reset();
    EXPECT_EQ(codes(facts), "never deals");
    facts = good();
    facts.overdue_since = facts.now - 2h;
    EXPECT_EQ(codes(facts), "late");
    EXPECT_EQ(level(facts), Level::red);
}

TEST(Trust, ANeighbourThatNeverStopsIsNamedWithTheHoursAndTheEstimate) {
    Facts facts = good();
    facts.foreign_requests = 97;
    facts.at_limit = jobs::AtLimit{facts.now - 5h, facts.now - 30min, 97};
    EXPECT_EQ(codes(facts), "at_limit");
    EXPECT_EQ(level(facts), Level::amber);
    const std::string said = jobs::judge(facts, {}).reasons[0].en;
    EXPECT_NE(said.find("at its limit for 2 windows of 2h"), std::string::npos) << said;
    EXPECT_NE(said.find("(4.5 h): others use about 97 of 100 requests; find who polls"),
              std::string::npos)
        << said;
}

TEST(Trust, FollowsTheLastRun) {
    for (const auto& [state, code, wanted] : {std::tuple{"failed", "failed", Level::amber},
                                              {"died", "failed", Level::amber},
                                              {"partial", "partial", Level::amber},
                                              {"postponed", "partial", Level::amber},
                                              {"stopped", "partial", Level::amber},
                                              {"amber", "amber", Level::amber}}) {
        Facts facts = good();
        facts.last_run->state = state;
        EXPECT_EQ(codes(facts), code);
        EXPECT_EQ(level(facts), wanted) << state;
    }
    Facts facts = good();
    facts.last_run->balanced = false;
    EXPECT_EQ(level(facts), Level::red);
}

TEST(Trust, AFailedRunMinutesAfterACompleteOneIsAmberAndSaysAsOfWhen) {
    Facts facts = good();
    facts.last_run = jobs::RunFacts{8, "failed", "no connection", 0, true};
    EXPECT_EQ(level(facts), Level::amber);
    EXPECT_EQ(jobs::judge(facts, {}).reasons[0].en,
              "run 8 failed: no connection; the numbers are as of 07:00")
        << "in the account's zone, Moscow";
    facts.tables[0].as_of = facts.now - 20h;
    EXPECT_EQ(jobs::judge(facts, {}).reasons[0].en,
              "run 8 failed: no connection; the numbers are as of 2026-05-01 15:00");
    facts.tables[0].as_of = facts.now - 31h;
    EXPECT_EQ(level(facts), Level::red) << "and nothing fresh either";
}

TEST(Trust, NamesARefusedBodyWithItsReasonAndRows) {
    Facts facts = good();
    facts.refused = {
        {"deals created_at 2026-04-01..2026-04-30", "12 of 20 rows are unreadable", 20}};
    EXPECT_EQ(codes(facts), "refused deals created_at 2026-04-01..2026-04-30");
    EXPECT_EQ(level(facts), Level::amber);
    EXPECT_EQ(
        jobs::judge(facts, {}).reasons[0].en,
        "the body of deals created_at 2026-04-01..2026-04-30 (20 rows) was refused and is not "
        "in the tables: 12 of 20 rows are unreadable");
}

TEST(Trust, SaysInTheAccountsZoneWhatIsLate) {
    Facts facts = good();
    facts.overdue_since = std::chrono::sys_days{std::chrono::year{2026} / 5 / 2} + 30min;
    EXPECT_EQ(jobs::judge(facts, {}).reasons[0].en, "the run of 03:30 has not begun");
}

TEST(Trust, KnowsOfARunThatCouldNotWriteItsOwnEnd) {
    Facts facts = good();
    facts.last_expected = "failed";
    facts.last_expected_reason = "no connection to the server";
    EXPECT_EQ(codes(facts), "failed");
    EXPECT_EQ(level(facts), Level::amber);
    facts.last_run->state = "died";
    EXPECT_EQ(codes(facts), "failed") << "told once";
}

TEST(Trust, IsClouded) {
    Facts facts = good();
    facts.empty = {"deals 2026-05-01..2026-05-02"};
    facts.foreign_requests = 70;
    facts.missed = 1;
    facts.unclear_changes = 3;
    EXPECT_EQ(codes(facts), "missed, empty, foreign_budget, unclear_changes");
    EXPECT_EQ(level(facts), Level::amber);
}

TEST(Trust, IsNotTouchedByWhatIsOnlyNews) {
    Facts facts = good();
    facts.new_fields = {"deals: Мой цвет"};
    facts.new_statuses = {"deals: Странный"};
    facts.waiting_plans = {{12, 22, "rfm"}};
    EXPECT_EQ(codes(facts), "new_field deals: Мой цвет, new_status deals: Странный, plan_waits 12");
    EXPECT_EQ(jobs::judge(facts, {}).reasons.back().en,
              "plan 12 of segment rfm waits for approval, 22 changes");
    EXPECT_EQ(level(facts), Level::green);
}

TEST(Alerts, AreRaisedOnceAndRecoverOnce) {
    Facts facts = good();
    facts.tables[0].as_of.reset();
    facts.new_fields = {"users: Цвет"};
    const jobs::Judgement judgement = jobs::judge(facts, {});
    jobs::AlertSteps steps = jobs::alert_steps(judgement, {}, {});
    ASSERT_EQ(steps.raise.size(), 2u);
    EXPECT_TRUE(steps.recover.empty());
    steps = jobs::alert_steps(judgement, {{1, "never", "users"}, {2, "stale", "deals"}},
                              {"new_field users: Цвет"});
    EXPECT_TRUE(steps.raise.empty());
    ASSERT_EQ(steps.recover.size(), 1u);
    EXPECT_EQ(steps.recover[0].id, 2);
}

TEST(Alerts, AreTriedAgainAtGrowingIntervals) {
    EXPECT_EQ(jobs::retry_after(1), 1min);
    EXPECT_EQ(jobs::retry_after(3), 4min);
    EXPECT_EQ(jobs::retry_after(60), 1h);
}

TEST(Tokens, AreEqualOnlyWhenTheyAre) {
    EXPECT_TRUE(jobs::equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(jobs::equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(jobs::equal_in_constant_time("abc", "ab"));
    EXPECT_TRUE(jobs::equal_in_constant_time("", ""));
}

TEST(Trust, SaysEachReasonWholeInBothLanguages) {
    Facts facts = good();
    facts.tables[0].as_of = facts.now - 100h;
    facts.tables[1].as_of.reset();
    facts.overdue_since = facts.now - 30h;
    facts.missed = 2;
    facts.refused = {{"deals created_at 2026-09-01..2026-09-30",
                      "12 of 20 rows of deals could not be read", 20}};
    facts.empty = {"deals 2026-09-01..2026-09-30", "payments 2026-09-01..2026-09-30"};
    facts.foreign_requests = 97;
    facts.unclear_changes = 4;
    facts.new_fields = {"deals: Мой цвет"};
    facts.new_statuses = {"payments: Странный"};
    facts.waiting_plans = {{5, 12, "должники"}};
    facts.last_run->balanced = false;
    std::vector<jobs::Judgement::Reason> all;
    const auto take = [&] {
        for (const auto& reason : jobs::judge(facts, {}).reasons) all.push_back(reason);
    };
    for (const char* state : {"failed", "died", "partial", "postponed", "stopped", "amber"})
        for (const char* reason :
             {"", "the service cannot be reached: no answer within 30s",
              "users created_at 2026-09-01..2026-09-30: no file within 2h; deals: 3 cells or rows "
              "could not be read"}) {
            facts.last_run->state = state;
            facts.last_run->reason = reason;
            take();
        }
    facts.last_run->state = "done";
    facts.last_expected = "failed";
    facts.last_expected_reason = "database: the connection broke within a statement";
    take();
    facts.at_limit = jobs::AtLimit{facts.now - 5h, facts.now - 30min, 97};
    take();
    facts.tables = good().tables;
    take();
    std::set<std::string> codes;
    for (const auto& reason : all) {
        codes.insert(reason.code);
        EXPECT_EQ(reason.en.find("{}"), std::string::npos) << reason.en;
        std::string ru = reason.ru;
        if (const auto at = ru.find("API"); at != std::string::npos) ru.erase(at, 3);
        EXPECT_TRUE(std::none_of(ru.begin(), ru.end(), [](unsigned char c) {
            return c < 128 && std::isalpha(c) != 0;
        })) << reason.ru;
        EXPECT_NE(reason.ru, "");
    }
    EXPECT_EQ(codes.size(), 16u) << "health.hpp names the codes";
}
