#include "etl/clock.hpp"

#include <gtest/gtest.h>

using namespace etl;
using namespace std::chrono_literals;

TEST(Clock, ReadsOnlyIsoDaysThatExist) {
    EXPECT_EQ(format_day(parse_day("2024-02-29").value()), "2024-02-29");
    for (const char* wrong : {"2023-02-29", "31.02.2026", "03/01/2026", "2026-13-01", "2026-1-01",
                              "2026-00-10", "0000-00-00", "", "-026-01-01"})
        EXPECT_FALSE(parse_day(wrong)) << wrong;
}

TEST(Clock, InstantsGoToTextAndBackToTheMicrosecond) {
    const Instant t = *parse_instant("2026-02-01T07:05:12.000345Z");
    EXPECT_EQ(format_instant(t), "2026-02-01T07:05:12.000345Z");
    EXPECT_EQ(parse_instant("2026-02-01 07:05:12.5Z").value() -
                  parse_instant("2026-02-01T07:05:12Z").value(),
              500ms);
    EXPECT_EQ(format_instant(Instant{-1us}), "1969-12-31T23:59:59.999999Z");
    EXPECT_FALSE(parse_instant("2026-02-01 07:05:12"));
    EXPECT_FALSE(parse_instant("2026-02-01T25:05:12Z"));
}

TEST(Clock, DurationsAreReadWithTheirUnitAndShownShortest) {
    EXPECT_EQ(parse_duration("15s"), 15s);
    EXPECT_EQ(parse_duration("31d"), 31 * 24h);
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(format_duration(2h), "2h");
    EXPECT_EQ(format_duration(90s), "90s");
    for (const char* wrong : {"", "15", "s", "-5s", "5 s", "5y"})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Clock, ASleepEndsWhenStopIsRequested) {
    const auto clock = system_clock();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(clock->sleep_until(clock->now() + 1h, stop.get_token()));
    EXPECT_TRUE(clock->sleep_until(clock->now() - 1s, {}));
}

TEST(Intervals, NoFieldIsLargerThanPostgres14Takes) {
    EXPECT_EQ(format_interval(std::chrono::hours{2}), "7200.000000 seconds");
    EXPECT_EQ(format_interval(Duration{1500001}), "1.500001 seconds");
    EXPECT_EQ(format_interval(Duration{-1500001}), "-1.500001 seconds");
    EXPECT_EQ(format_interval(std::chrono::hours{24 * 366}), "31622400.000000 seconds");
}
