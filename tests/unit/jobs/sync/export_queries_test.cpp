#include "jobs/sync/export_queries.hpp"

#include <gtest/gtest.h>

using namespace jobs;
using std::chrono::days;
using namespace std::chrono_literals;

namespace {

const etl::Day kToday = etl::Day{2026y / 11 / 25};
const etl::Day kFirst = etl::Day{2026y / 1 / 1};

etl::Config::Sync sync_of_one_table(const std::string& table) {
    etl::Config::Sync sync;
    sync.resources = {table};
    return sync;
}

std::vector<std::string> windows(const std::vector<PlannedQuery>& queries) {
    std::vector<std::string> out;
    for (const PlannedQuery& planned : queries)
        if (!is_list(planned.query))
            out.push_back(
                planned.query.resource + " " + planned.query.filter + " " +
                (planned.query.from ? std::to_string((*planned.query.from - kToday).count()) : "") +
                ".." + std::to_string((*planned.query.to - kToday).count()));
    return out;
}

// Everything read without a lower bound on the day before today.
Covered read_yesterday(const std::string& table) {
    return {table, "created_at", std::nullopt, kToday - days{1}, kToday - days{1}};
}

}  // namespace

TEST(ExportQueries, TheFirstSyncAsksWithoutALowerBound) {
    EXPECT_EQ(windows(export_queries(sync_of_one_table("payments"), {}, kToday, {})),
              std::vector<std::string>{"payments created_at ..0"});
}

TEST(ExportQueries, ALaterSyncReadsTheLookBackLateChangesAndASlice) {
    const auto planned = windows(export_queries(
        sync_of_one_table("payments"), {{read_yesterday("payments")}, kFirst}, kToday, {}));
    ASSERT_EQ(planned.size(), 3u);
    EXPECT_EQ(planned[0], "payments created_at -31..0");
    EXPECT_EQ(planned[1], "payments status_changed_at -2..0");
    EXPECT_EQ(planned[2],
              "payments created_at ..-319");  // 297 older days in 30 nights: ten a night
}

TEST(ExportQueries, AWindowNamedByAPersonIsTheOnlyOne) {
    QueryOptions options;
    options.from = kToday - days{3};
    options.to = kToday;
    EXPECT_EQ(windows(export_queries(sync_of_one_table("users"), {}, kToday, options)),
              std::vector<std::string>{"users created_at -3..0"});
}

TEST(ExportQueries, AfterAPauseUnreadDaysAreAskedBesideLookBackChangesAndSweep) {
    const etl::Day last = kToday - days{40};
    const ReadSoFar read{{{"deals", "created_at", std::nullopt, last, last},
                          {"deals", "status_changed_at", last - days{2}, last, last},
                          {"deals", "payed_at", last - days{2}, last, last}},
                         kToday - days{60}};
    EXPECT_EQ(windows(export_queries(sync_of_one_table("deals"), read, kToday, {})),
              (std::vector<std::string>{"deals created_at -40..0", "deals status_changed_at -41..0",
                                        "deals payed_at -41..0", "deals created_at ..-41"}));
}

TEST(ExportQueries, ADayMissedBetweenTwoWindowsIsAskedAgainByItself) {
    const ReadSoFar read{
        {{"users", "created_at", std::nullopt, kToday - days{200}, kToday - days{1}},
         {"users", "created_at", kToday - days{198}, kToday, kToday - days{1}}},
        kToday - days{300}};
    EXPECT_EQ(windows(export_queries(sync_of_one_table("users"), read, kToday, {})),
              (std::vector<std::string>{"users created_at -31..0", "users created_at -199..-199",
                                        "users created_at ..-292"}));
}

TEST(ExportQueries, ADayThatWasReadWhileItWentOnIsNotReadToItsEnd) {
    const etl::Day last = kToday - days{33};
    const ReadSoFar read{{{"users", "created_at", std::nullopt, last, last},
                          {"users", "created_at", last + days{1}, kToday, kToday - days{1}}},
                         kToday - days{40}};
    const auto planned = windows(export_queries(sync_of_one_table("users"), read, kToday, {}));
    EXPECT_EQ(planned[1], "users created_at -33..-33");
}

TEST(ExportQueries, ABeginThatAPersonSetIsProvenOnce) {
    etl::Config::Sync sync = sync_of_one_table("users");
    sync.begin = kToday - days{100};
    EXPECT_EQ(windows(export_queries(sync, {}, kToday, {})),
              (std::vector<std::string>{"users created_at -100..0", "users created_at ..-101"}));
    ReadSoFar read{{{"users", "created_at", sync.begin, kToday - days{1}, kToday - days{1}}}, {}};
    const auto unproven = windows(export_queries(sync, read, kToday, {}));
    EXPECT_EQ(unproven.back(), "users created_at ..-101");
    read.covered.push_back(
        {"users", "created_at", std::nullopt, *sync.begin - days{1}, kToday - days{1}});
    const auto proven = windows(export_queries(sync, read, kToday, {}));
    EXPECT_EQ(std::count(proven.begin(), proven.end(), "users created_at ..-101"), 0);
}

TEST(ExportQueries, AMirrorOfBeforeIsAskedForWhatLiesBeforeItsBegin) {
    const ReadSoFar read{{{"users", "created_at", kFirst, kToday - days{1}, kToday - days{1}}},
                         kFirst};
    const auto planned = windows(export_queries(sync_of_one_table("users"), read, kToday, {}));
    EXPECT_NE(std::find(planned.begin(), planned.end(), "users created_at ..-328"), planned.end());
}

TEST(ExportQueries, ATableThatIsAlwaysEmptyIsNotAskedFromTheBeginningEachNight) {
    const ReadSoFar read{{read_yesterday("payments")}, std::nullopt};
    EXPECT_EQ(windows(export_queries(sync_of_one_table("payments"), read, kToday, {})),
              (std::vector<std::string>{"payments created_at -31..0",
                                        "payments status_changed_at -2..0"}));
}

TEST(ExportQueries, WhatWasSentIsReadBackByTheSweepThatIsAskedAnyway) {
    auto planned = export_queries(sync_of_one_table("payments"),
                                  {{read_yesterday("payments")}, kFirst}, kToday, {});
    const std::size_t before = planned.size();
    widen_for_read_back(planned, "payments", kToday - days{100}, kToday - days{90}, 3);
    EXPECT_EQ(planned.size(), before);
    EXPECT_EQ(windows(planned).back(), "payments created_at ..-90");
}
