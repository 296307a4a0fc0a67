#include "jobs/serve/cron.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"
#include "jobs/serve/schedule_cost.hpp"

using jobs::Cron;
using namespace std::chrono_literals;

namespace {

std::string next(const std::string& expression, const char* after,
                 const char* zone = "Europe/Moscow") {
    const auto at = Cron(expression).next(*etl::parse_instant(after), etl::Zone(zone));
    return at ? etl::format_instant(*at).substr(0, 16) : "never";
}

std::string problem(const std::string& schedule, int limit = 100) {
    etl::Config config;
    config.schedule_sync = schedule;
    config.budget.limit = limit;
    try {
        jobs::check_schedule(config);
        return "";
    } catch (const etl::Error& error) {
        return error.what();
    }
}

}  // namespace

TEST(Cron, FiresInTheAccountsZone) {
    EXPECT_EQ(next("30 3 * * *", "2026-11-25T00:29:59Z"), "2026-11-25T00:30");
    EXPECT_EQ(next("30 3 * * *", "2026-11-25T00:30:00Z"), "2026-11-26T00:30");
    EXPECT_EQ(next("*/20 8-9 * * 1-5", "2026-11-27T06:45:00Z"), "2026-11-30T05:00");
    EXPECT_EQ(next("0 0 29 2 *", "2026-01-01T00:00:00Z"), "2028-02-28T21:00");
    EXPECT_EQ(next("0 0 31 2 *", "2026-01-01T00:00:00Z"), "never");
    EXPECT_EQ(next("0 12 1 * 0", "2026-11-25T00:00:00Z"),
              "2026-11-29T09:00");  // a Sunday, or the first: either
}

TEST(Cron, SummerTimeLosesNoRunAndDoublesNone) {
    EXPECT_EQ(next("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin"),
              "2026-03-29T01:30");  // 02:30 does not exist: 03:30 summer time
    EXPECT_EQ(next("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin"), "2026-10-25T00:30");
    EXPECT_EQ(next("30 2 * * *", "2026-10-25T00:30:00Z", "Europe/Berlin"),
              "2026-10-26T01:30");  // not again an hour later
}

TEST(Cron, WhatCannotBeReadNamesTheField) {
    for (const auto& [expression, field] :
         {std::pair("61 3 * * *", "minute"), std::pair("0 25 * * *", "hour"),
          std::pair("0 3 0 * *", "day"), std::pair("0 3 * 13 *", "month"),
          std::pair("0 3 * * 9", "weekday"), std::pair("0 3 * *", "five fields"),
          std::pair("nightly", "five fields"), std::pair("*/0 * * * *", "minute")}) {
        const std::string said = problem(expression);
        EXPECT_NE(said.find(field), std::string::npos) << expression << ": " << said;
    }
    EXPECT_NE(problem("0 0 31 2 *").find("never comes"), std::string::npos);
}

TEST(Cron, AFieldThatBeginsWithAStarDoesNotTurnOrOn) {
    // Every second day and a Monday: both must hold, as crontab(5) says. 2026-11-30 is an even day.
    EXPECT_EQ(next("0 12 */2 * 1", "2026-11-25T00:00:00Z"), "2026-12-07T09:00");
    EXPECT_EQ(next("0 12 1-31/2 * 1", "2026-11-25T10:00:00Z"), "2026-11-27T09:00") << "either";
}

TEST(Cron, NamesAndShorthandsAreUnderstood) {
    EXPECT_EQ(next("0 9 * * MON", "2026-11-25T00:00:00Z"), "2026-11-30T06:00");
    EXPECT_EQ(next("0 9 * * fri-sun", "2026-11-28T12:00:00Z"), "2026-11-29T06:00");
    EXPECT_EQ(next("0 0 1 JAN,jul *", "2026-11-25T00:00:00Z"), "2026-12-31T21:00");
    EXPECT_EQ(next("@daily", "2026-11-25T00:00:00Z"), "2026-11-25T21:00");
    EXPECT_EQ(next("@hourly", "2026-11-25T00:10:00Z"), "2026-11-25T01:00");
    EXPECT_EQ(next("@weekly", "2026-11-25T00:00:00Z"), "2026-11-28T21:00");
    EXPECT_NE(problem("0 9 * * MONDAY").find("\"MONDAY\" is no weekday"), std::string::npos);
    EXPECT_NE(problem("@reboot").find("@daily"), std::string::npos);
}

TEST(Schedule, OneThatCannotFitTheBudgetIsRefusedWithTheFigures) {
    EXPECT_EQ(problem("30 3 * * *"), "");
    EXPECT_EQ(problem("*/30 * * * *"), "");
    const std::string said = problem("*/10 * * * *");
    EXPECT_NE(said.find("12 runs within 2h: at least 172 requests"), std::string::npos) << said;
    EXPECT_NE(said.find("90 allowed; \"*/20 * * * *\" would fit"), std::string::npos) << said;
    EXPECT_EQ(problem("*/20 * * * *"), "") << "what is recommended fits";
}

TEST(Schedule, TwoRunsAtNightAreTwoRunsAndNoRhythm) {
    EXPECT_EQ(problem("0,10 3 * * *"), "");
    etl::Config config;
    config.schedule_sync = "0,10 3 * * *";
    const jobs::ScheduleCost cost = jobs::schedule_cost(config);
    EXPECT_EQ(cost.runs, 2);
    EXPECT_NEAR(cost.cheapest, 29, 1);
    EXPECT_GT(cost.expected, cost.cheapest);
}

TEST(Schedule, GroupsReadOneByOneAreInTheExpectedCostAndTheTwoSchedulesAreProvenTogether) {
    etl::Config config;
    const std::vector<std::string> all = {"users", "deals", "payments", "groups"};
    const double none = jobs::cost_of_run(config, all, {{}, 0}).expected,
                 some = jobs::cost_of_run(config, all, {{}, 4}).expected;
    EXPECT_GE(some - none, 4 * 2);
    EXPECT_EQ(jobs::cost_of_run(config, {"deals"}, {{}, 4}).expected,
              jobs::cost_of_run(config, {"deals"}, {{}, 0}).expected);
    config.schedule_deals = "*/30 9-21 * * *";
    const std::string said = jobs::schedule_sentence(config, {});
    EXPECT_NE(said.find("sync \"30 3 * * *\" and deals \"*/30 9-21 * * *\": 4 runs within 2h: at "
                        "least "),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("90 allowed: all fit together"), std::string::npos) << said;
}

TEST(Schedule, ARhythmThatDoesNotDivideTheHourIsCounted) {
    etl::Config config;
    config.schedule_sync = "*/8 * * * *";  // 0, 8, … 56: eight runs an hour
    EXPECT_EQ(jobs::schedule_cost(config).runs, 16);
    config.budget.limit = 250;  // 16 runs of 14.3 requests and the reserve
    EXPECT_NO_THROW(jobs::check_schedule(config));
}

TEST(Schedule, AResourceMoreOftenThanTheNightIsCountedTogetherWithIt) {
    etl::Config config;
    config.schedule_deals = "*/30 9-21 * * *";
    const jobs::ScheduleCost cost = jobs::schedule_cost(config);
    EXPECT_EQ(cost.runs, 4) << "the night's run is in another window";
    EXPECT_NEAR(cost.cheapest, 4 * (3 * (1 + 1 / 0.95) + 1), 0.1);
    EXPECT_NO_THROW(jobs::check_schedule(config));
    config.schedule_deals = "*/10 * * * *";
    try {
        jobs::check_schedule(config);
        ADD_FAILURE() << "12 runs of deals and a night do not fit";
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("deals \"*/10 * * * *\": 13 runs within 2h"),
                  std::string::npos)
            << error.what();
    }
    config.schedule_deals = "61 * * * *";
    try {
        jobs::check_schedule(config);
        ADD_FAILURE() << "minute 61";
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("[schedule] deals is \"61"), std::string::npos)
            << error.what();
    }
}
