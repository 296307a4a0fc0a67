#include "jobs/sync/sync_plan.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace jobs;
using namespace std::chrono_literals;

namespace {

PlannedAsk ask(const std::string& resource, const char* from = "2026-01-01",
               const char* to = "2026-01-31") {
    PlannedAsk planned;
    planned.ask.resource = resource;
    planned.ask.filter = "created_at";
    planned.ask.from = etl::parse_day(from);
    planned.ask.to = etl::parse_day(to);
    return planned;
}

std::map<std::string, etl::BuildModel> minutes(double median) {
    etl::BuildModel model;
    model.known = true;
    model.mu = std::log(median * 60);
    model.sigma = 0.3;
    return {{"deals", model}, {"users", model}};
}

}  // namespace

TEST(Plan, CostsAreKnownBeforeTheFirstRequest) {
    const Plan plan = make_plan({ask("deals"), ask("users")}, minutes(1), {}, {});
    EXPECT_EQ(plan.verdict, Verdict::fits);
    EXPECT_DOUBLE_EQ(plan.requests, 2 * (1 + 1 / plan.q));
    EXPECT_EQ(plan.free_now, 90);
    EXPECT_NEAR(static_cast<double>(plan.expected.count()), 120e6, 1e6);
    EXPECT_LT(plan.earliest, plan.expected);
    EXPECT_GT(plan.latest, plan.expected);
}

TEST(Plan, WhatTheBudgetDelaysIsSaid) {
    etl::Config config;
    config.budget.limit = 12;
    config.budget.reserve = 6;
    const std::vector<PlannedAsk> asks(3, ask("deals"));
    const Plan plan = make_plan(asks, minutes(1), config, {});
    EXPECT_EQ(plan.verdict, Verdict::fits_with_delay);
    EXPECT_GT(plan.expected, 2h);
    EXPECT_NE(plan_sentence(plan, config).find("fits with delay"), std::string::npos);
}

TEST(Plan, WhatDoesNotFitIsNamed) {
    etl::Config config;
    config.sync.deadline = 90min;
    const std::vector<PlannedAsk> asks = {ask("payments"), ask("deals"), ask("deals"),
                                          ask("users")};
    const Plan plan = make_plan(asks, minutes(60), config, {});
    EXPECT_EQ(plan.verdict, Verdict::does_not_fit);
    EXPECT_TRUE(plan.lines[3].dropped);
    EXPECT_NE(plan_sentence(plan, config).find("would be dropped: users"), std::string::npos);
}

TEST(Plan, TheTighterTheBudgetTheRarerThePolls) {
    etl::Config config;
    config.budget.limit = 45;
    config.budget.reserve = 0;
    const Plan tight = make_plan(std::vector<PlannedAsk>(20, ask("deals")), minutes(1), config, {});
    EXPECT_GT(tight.q, 0.75);
    EXPECT_LE(tight.requests, 45.01);
}

TEST(Windows, AreCutWhereMoreRowsAreExpectedThanOneExportShouldHold) {
    const auto pieces = cut_windows({ask("deals"), ask("users")}, {{"deals", 1000}}, 10000);
    ASSERT_EQ(pieces.size(), 5u);  // 31 000 rows in four, users unknown
    EXPECT_EQ(*pieces[0].ask.from, *etl::parse_day("2026-01-01"));
    EXPECT_EQ(*pieces[3].ask.to, *etl::parse_day("2026-01-31"));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(*pieces[static_cast<std::size_t>(i)].ask.to + std::chrono::days{1},
                  *pieces[static_cast<std::size_t>(i) + 1].ask.from);
}

TEST(Windows, HalvesMeetAndASingleDayHasNone) {
    const auto both = halves(ask("deals", "2026-01-01", "2026-01-03"));
    ASSERT_EQ(both.size(), 2u);
    EXPECT_EQ(*both[0].ask.to + std::chrono::days{1}, *both[1].ask.from);
    EXPECT_EQ(*both[1].ask.to, *etl::parse_day("2026-01-03"));
    EXPECT_TRUE(halves(ask("deals", "2026-01-01", "2026-01-01")).empty());
}

TEST(Schedule, ALoadPerWindowIsComputedFromTheShortestInterval) {
    EXPECT_DOUBLE_EQ(schedule_load(10min, 12, 2h), 144);
    EXPECT_DOUBLE_EQ(schedule_load(24h, 30, 2h), 30);
}
