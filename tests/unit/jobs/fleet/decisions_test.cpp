#include "jobs/fleet/decisions.hpp"

#include <gtest/gtest.h>

#include <set>

namespace jobs::fleet {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

School school(const std::string& name, const std::string& content = "1") {
    School made;
    made.name = name;
    made.content = content;
    return made;
}

TEST(FleetDecisions, ASchoolIsStartedOnceAndAgainWhenItsFileChanges) {
    const School now_known = school("a"), changed = school("a", "2");
    Process process;
    const Steady now{hours{5}};
    EXPECT_EQ(next_step(&now_known, process, now), Step::start);
    process.running = true, process.content = "1";
    EXPECT_EQ(next_step(&now_known, process, now), Step::none);
    EXPECT_EQ(next_step(&changed, process, now), Step::stop);
    process.stopping = true;
    EXPECT_EQ(next_step(&changed, process, now), Step::none);
    ended(process, "a", now);
    EXPECT_EQ(next_step(&changed, process, now), Step::start);
}

TEST(FleetDecisions, ASchoolWhoseFileHasGoneIsStoppedAndNotStartedAgain) {
    Process process;
    process.running = true;
    EXPECT_EQ(next_step(nullptr, process, Steady{}), Step::stop);
    process.running = false;
    EXPECT_EQ(next_step(nullptr, process, Steady{}), Step::none);
}

TEST(FleetDecisions, AFileThatTurnsWrongLeavesTheProcessThatRuns) {
    School wrong = school("a", "broken");
    wrong.error = "line 1";
    Process process;
    process.running = true, process.content = "1";
    EXPECT_EQ(next_step(&wrong, process, Steady{}), Step::none);
    process.running = false;
    EXPECT_EQ(next_step(&wrong, process, Steady{hours{1}}), Step::none);
}

TEST(FleetDecisions, WaitsGrowToFiveMinutesAndDifferBetweenSchools) {
    milliseconds before{0};
    for (int failures = 1; failures <= 9; ++failures) {
        const auto wait = restart_wait("a", failures);
        EXPECT_GT(wait, before) << failures;
        before = wait;
    }
    for (const int failures : {10, 50, 1000}) {
        EXPECT_GE(restart_wait("a", failures), minutes{5});
        EXPECT_LE(restart_wait("a", failures), minutes{5} + seconds{75});
    }
    std::set<milliseconds> waits;
    for (int i = 0; i < 50; ++i) waits.insert(restart_wait("school" + std::to_string(i), 9));
    EXPECT_GT(waits.size(), 45U);
}

TEST(FleetDecisions, WhoRanForLongBeginsItsWaitsAnewAndAMendedFileWaitsForNothing) {
    const School same = school("a"), mended = school("a", "2");
    Process process;
    process.content = "1";
    Steady now{hours{1}};
    for (int i = 0; i < 8; ++i) {
        process.running = true, process.started = now;
        now += seconds{1};
        ended(process, "a", now);
    }
    EXPECT_EQ(process.failures, 8);
    EXPECT_EQ(next_step(&same, process, now + seconds{100}), Step::none);
    EXPECT_EQ(next_step(&same, process, now + seconds{200}), Step::start);
    EXPECT_EQ(next_step(&mended, process, now), Step::start);
    process.running = true, process.started = now;
    ended(process, "a", now + minutes{11});
    EXPECT_EQ(process.failures, 1);
}

TEST(FleetDecisions, NightsSpreadOverTheWindowAndAFurtherSchoolMovesNoOther) {
    std::set<std::string> nights;
    for (int i = 0; i < 50; ++i) {
        const School one = school("school" + std::to_string(i));
        const std::string night = staggered_schedule(one, hours{2});
        EXPECT_EQ(night, staggered_schedule(one, hours{2}));
        int minute = 0, hour = 0;
        ASSERT_EQ(std::sscanf(night.c_str(), "%d %d * * *", &minute, &hour), 2) << night;
        EXPECT_GE(hour * 60 + minute, 3 * 60 + 30);
        EXPECT_LT(hour * 60 + minute, 5 * 60 + 30);
        nights.insert(night);
    }
    EXPECT_GT(nights.size(), 30U);
    EXPECT_EQ(staggered_schedule(school("a"), hours{0}), "30 3 * * *");
}

TEST(FleetDecisions, AScheduleThatASchoolSetForItselfIsNeverMoved) {
    School own = school("a");
    own.config.schedule_sync_given = true;
    EXPECT_EQ(staggered_schedule(own, hours{2}), "30 3 * * *");
    EXPECT_FALSE(environment_of(own, {}, {"/s", 2, hours{2}}).contains("GCMIRROR_SCHEDULE_SYNC"));
}

TEST(FleetDecisions, AProcessGetsNoKeyAndNoSettingOfAnother) {
    const Environment ours = {{"PATH", "/bin"},
                              {"GETCOURSE_KEY", "secret"},
                              {"GETCOURSE_WRITE_KEY", "secret"},
                              {"GCMIRROR_CONFIG", "/other"},
                              {"GCMIRROR_DATABASE_URL", "postgresql://other"},
                              {"NOTIFY_SOCKET", "/run/systemd/notify"},
                              {"WATCHDOG_USEC", "1"}};
    const Environment own = environment_of(school("a"), ours, {"/slots", 3, hours{2}});
    EXPECT_EQ(own.size(), 4U);
    EXPECT_EQ(own.at("PATH"), "/bin");
    EXPECT_EQ(own.at("GCMIRROR_FLEET_SLOTS"), "/slots");
    EXPECT_EQ(own.at("GCMIRROR_FLEET_LOADS_AT_ONCE"), "3");
    EXPECT_EQ(own.at("GCMIRROR_SCHEDULE_SYNC"), staggered_schedule(school("a"), hours{2}));
}

}  // namespace
}  // namespace jobs::fleet
