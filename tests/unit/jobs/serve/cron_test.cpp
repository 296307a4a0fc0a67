#include "jobs/serve/cron.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"

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

TEST(Schedule, OneThatCannotFitTheBudgetIsRefusedWithTheFigure) {
    EXPECT_EQ(problem("30 3 * * *"), "");
    EXPECT_EQ(problem("*/30 * * * *"), "");
    const std::string said = problem("*/10 * * * *");
    EXPECT_NE(said.find("172 requests per 2h, 90 allowed"), std::string::npos) << said;
    EXPECT_NE(said.find("every 20 minutes would fit"), std::string::npos) << said;
    EXPECT_EQ(Cron("*/10 * * * *").shortest_interval(), 10min);
    EXPECT_EQ(Cron("0 8,20 * * *").shortest_interval(), 12h);
}
