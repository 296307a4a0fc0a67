#include "jobs/sync/sync_plan.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace jobs;
using namespace std::chrono_literals;

namespace {

PlannedQuery query(const std::string& resource, const char* from = "2026-01-01",
                   const char* to = "2026-01-31") {
    PlannedQuery planned;
    planned.query.resource = resource;
    planned.query.filter = "created_at";
    planned.query.from = etl::parse_day(from);
    planned.query.to = etl::parse_day(to);
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
    const Plan plan = make_plan({query("deals"), query("users")}, minutes(1), {}, {});
    EXPECT_EQ(plan.fit, PlanFit::fits);
    EXPECT_DOUBLE_EQ(plan.requests, 2 * (1 + 1 / plan.q));
    EXPECT_EQ(plan.free_now, 90);
    EXPECT_NEAR(static_cast<double>(plan.expected.count()), 120e6, 1e6);
    EXPECT_LT(plan.earliest, plan.expected);
    EXPECT_GT(plan.latest, plan.expected);
}

TEST(Plan, NothingIsFreeWhileTheServiceSaysSoAndThePlanWaits) {
    PlanNow now;
    now.decision.emplace();
    now.decision->wait = 20min;
    now.decision->over_for = 5min;
    const Plan plan = make_plan({query("deals")}, minutes(1), {}, {}, now);
    EXPECT_EQ(plan.free_now, 0);
    EXPECT_EQ(plan.fit, PlanFit::fits_with_delay);
    EXPECT_GT(plan.expected, 20min);
}

TEST(Plan, GroupsThatAreReadOneByOneAreInTheCost) {
    PlanNow now;
    now.group_exports = 2.5;
    const Plan without = make_plan({query("deals")}, minutes(1), {}, {}),
               with = make_plan({query("deals")}, minutes(1), {}, {}, now);
    EXPECT_NEAR(with.requests - without.requests, 2.5 * (1 + 1 / with.q), 1e-9);
}

TEST(Plan, WhatTheBudgetDelaysIsSaid) {
    etl::Config config;
    config.budget.limit = 12;
    config.budget.reserve = 6;
    const std::vector<PlannedQuery> queries(3, query("deals"));
    const Plan plan = make_plan(queries, minutes(1), config, {});
    EXPECT_EQ(plan.fit, PlanFit::fits_with_delay);
    EXPECT_GT(plan.expected, 2h);
    EXPECT_NE(plan_sentence(plan, config).find("fits with delay"), std::string::npos);
}

TEST(Plan, WhatDoesNotFitIsNamed) {
    etl::Config config;
    config.sync.deadline = 90min;
    const std::vector<PlannedQuery> queries = {query("payments"), query("deals"), query("deals"),
                                               query("users")};
    const Plan plan = make_plan(queries, minutes(60), config, {});
    EXPECT_EQ(plan.fit, PlanFit::does_not_fit);
    EXPECT_TRUE(plan.lines[3].dropped);
    EXPECT_NE(plan_sentence(plan, config).find("would be dropped: users"), std::string::npos);
}

TEST(Plan, TheTighterTheBudgetTheRarerThePolls) {
    etl::Config config;
    config.budget.limit = 45;
    config.budget.reserve = 0;
    const Plan tight =
        make_plan(std::vector<PlannedQuery>(20, query("deals")), minutes(1), config, {});
    EXPECT_GT(tight.q, 0.75);
    EXPECT_LE(tight.requests, 45.01);
}

TEST(Windows, AreCutWhereMoreRowsAreExpectedThanOneExportShouldHold) {
    const auto pieces = cut_windows({query("deals"), query("users")}, {{"deals", 1000}}, {}, 10000);
    ASSERT_EQ(pieces.size(), 5u);  // 31 000 rows in four, users unknown
    EXPECT_EQ(*pieces[0].query.from, *etl::parse_day("2026-01-01"));
    EXPECT_EQ(*pieces[3].query.to, *etl::parse_day("2026-01-31"));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(*pieces[static_cast<std::size_t>(i)].query.to + std::chrono::days{1},
                  *pieces[static_cast<std::size_t>(i) + 1].query.from);
}

TEST(Windows, HalvesMeetAndASingleDayHasNone) {
    const auto both = halves(query("deals", "2026-01-01", "2026-01-03"), {});
    ASSERT_EQ(both.size(), 2u);
    EXPECT_EQ(*both[0].query.to + std::chrono::days{1}, *both[1].query.from);
    EXPECT_EQ(*both[1].query.to, *etl::parse_day("2026-01-03"));
    EXPECT_TRUE(halves(query("deals", "2026-01-01", "2026-01-01"), {}).empty());
}

TEST(Schedule, ALoadPerWindowIsComputedFromTheShortestInterval) {
    EXPECT_DOUBLE_EQ(schedule_load(10min, 12, 2h), 144);
    EXPECT_DOUBLE_EQ(schedule_load(24h, 30, 2h), 30);
}
