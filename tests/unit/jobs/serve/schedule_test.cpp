// Which runs a schedule makes due, over restarts, outages and summer time.
#include "jobs/serve/schedule.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace std::chrono_literals;
using jobs::Cron;
using jobs::due_runs;

namespace {

etl::Instant at(const char* text) { return *etl::parse_instant(std::string(text) + ":00.000000Z"); }

}  // namespace

TEST(DueRuns, OneNightIsDueOnceItsMomentHasCome) {
    const Cron cron("30 3 * * *");
    const etl::Zone zone("Europe/Moscow");
    EXPECT_FALSE(due_runs(cron, zone, at("2026-11-24T12:00"), at("2026-11-25T00:29"), 12h).run);
    const jobs::DueRuns due =
        due_runs(cron, zone, at("2026-11-24T12:00"), at("2026-11-25T00:30"), 12h);
    EXPECT_EQ(due.run, at("2026-11-25T00:30"));
    EXPECT_TRUE(due.missed.empty());
    EXPECT_FALSE(due_runs(cron, zone, at("2026-11-25T00:30"), at("2026-11-25T09:00"), 12h).run)
        << "not twice";
}

TEST(DueRuns, ThreeNightsOfOutageAreOneRunAndTwoMissed) {
    const jobs::DueRuns due = due_runs(Cron("30 3 * * *"), etl::Zone("Europe/Moscow"),
                                       at("2026-11-22T00:30"), at("2026-11-25T05:00"), 12h);
    EXPECT_EQ(due.run, at("2026-11-25T00:30"));
    EXPECT_EQ(due.missed,
              (std::vector<etl::Instant>{at("2026-11-23T00:30"), at("2026-11-24T00:30")}));
}

TEST(DueRuns, WhatIsOlderThanTheCatchUpIsMissed) {
    const jobs::DueRuns due = due_runs(Cron("30 3 * * *"), etl::Zone("Europe/Moscow"),
                                       at("2026-11-24T12:00"), at("2026-11-25T12:31"), 12h);
    EXPECT_FALSE(due.run);
    EXPECT_EQ(due.missed.size(), 1u);
}

TEST(DueRuns, AYearOfSilenceIsLookedBackOverForAMonthOnly) {
    const jobs::DueRuns due = due_runs(Cron("* * * * *"), etl::Zone("Europe/Moscow"),
                                       at("2025-11-24T12:00"), at("2026-11-25T12:31"), 12h);
    EXPECT_LE(due.missed.size(), 31u * 24 * 60);
}

TEST(DueRuns, SummerTimeLosesNoNightAndRepeatsNone) {
    const Cron cron("30 2 * * *");  // in Berlin skipped on 29 March 2026, twice on 25 October 2026
    const etl::Zone zone("Europe/Berlin");
    etl::Instant after = at("2026-01-01T00:00");
    std::set<etl::Day> days;
    int runs = 0;
    for (etl::Instant now = after; now < at("2027-01-01T00:00"); now += 30min) {
        const jobs::DueRuns due = due_runs(cron, zone, after, now, 12h);
        EXPECT_TRUE(due.missed.empty());
        if (!due.run) continue;
        ++runs;
        days.insert(zone.today(*due.run));
        after = *due.run;
    }
    EXPECT_EQ(runs, 365);
    EXPECT_EQ(days.size(), 365u);
}

TEST(Jitter, IsBelowItsLimitTheSameForANightAndDifferentForOthers) {
    std::set<etl::Duration> seen;
    for (int school = 0; school < 50; ++school) {
        const etl::Duration jitter =
            jobs::jitter_of("school" + std::to_string(school), at("2026-11-25T00:30"), 2min);
        EXPECT_GE(jitter, 0us);
        EXPECT_LT(jitter, 2min);
        EXPECT_EQ(jitter,
                  jobs::jitter_of("school" + std::to_string(school), at("2026-11-25T00:30"), 2min));
        seen.insert(jitter);
    }
    EXPECT_GT(seen.size(), 45u);
    EXPECT_EQ(jobs::jitter_of("school", at("2026-11-25T00:30"), 0s), 0us);
}
