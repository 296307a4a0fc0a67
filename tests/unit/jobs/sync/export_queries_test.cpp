#include "jobs/sync/export_queries.hpp"

#include <gtest/gtest.h>

using namespace jobs;
using std::chrono::days;
using std::chrono::sys_days;
using namespace std::chrono_literals;

namespace {

const etl::Day kToday = sys_days{2026y / 11 / 25};

etl::Config::Sync sync_of_one_table(const std::string& table) {
    etl::Config::Sync sync;
    sync.resources = {table};
    sync.begin = sys_days{2026y / 1 / 1};
    return sync;
}

std::vector<std::string> windows(const std::vector<PlannedQuery>& queries) {
    std::vector<std::string> out;
    for (const PlannedQuery& planned : queries)
        if (planned.query.from)
            out.push_back(planned.query.resource + " " + planned.query.filter + " " +
                          std::to_string((*planned.query.from - kToday).count()) + ".." +
                          std::to_string((*planned.query.to - kToday).count()));
    return out;
}

}  // namespace

TEST(Asks, FirstSyncReadsEveryDayInOneWindow) {
    const auto sync = sync_of_one_table("payments");
    const auto planned = export_queries(sync, {}, kToday, {});
    ASSERT_EQ(planned.size(), 1u);
    EXPECT_EQ(*planned[0].query.from, sync.begin);
    EXPECT_EQ(*planned[0].query.to, kToday);
}

TEST(Asks, LaterSyncReadsTheLookBackLateChangesAndASlice) {
    const auto sync = sync_of_one_table("payments");
    const std::vector<Covered> covered = {
        {"payments", "created_at", sync.begin, kToday - days{1}, kToday - days{1}}};
    const auto planned = windows(export_queries(sync, covered, kToday, {}));
    ASSERT_EQ(planned.size(), 3u);
    EXPECT_EQ(planned[0], "payments created_at -31..0");
    EXPECT_EQ(planned[1], "payments status_changed_at -2..0");
    EXPECT_EQ(planned[2],
              "payments created_at -328..-319");  // 297 older days in 30 nights: ten a night
}

TEST(Asks, TheSweepReadsEveryOldDayWithinItsTime) {
    const auto sync = sync_of_one_table("users");
    std::vector<Covered> covered = {{"users", "created_at", sync.begin, kToday, kToday}};
    for (int night = 1; night <= 31; ++night) {
        const etl::Day today = kToday + days{night};
        for (const PlannedQuery& planned : export_queries(sync, covered, today, {}))
            if (planned.query.from)
                covered.push_back(
                    {"users", "created_at", *planned.query.from, *planned.query.to, today});
    }
    for (etl::Day day = sync.begin; day <= kToday; day += days{1}) {
        etl::Day newest = kToday;
        for (const Covered& line : covered)
            if (line.from <= day && day <= line.to) newest = std::max(newest, line.as_of);
        EXPECT_GT(newest, kToday) << etl::format_day(day);
    }
}

TEST(Asks, AWindowNamedByAPersonIsTheOnlyOne) {
    QueryOptions options;
    options.from = kToday - days{3};
    options.to = kToday;
    EXPECT_EQ(windows(export_queries(sync_of_one_table("users"), {}, kToday, options)),
              std::vector<std::string>{"users created_at -3..0"});
}

TEST(Asks, ADayMissedBetweenTwoWindowsIsAskedAgain) {
    const auto sync = sync_of_one_table("users");
    const std::vector<Covered> covered = {
        {"users", "created_at", sync.begin, kToday - days{200}, kToday - days{1}},
        {"users", "created_at", kToday - days{198}, kToday, kToday - days{1}}};
    EXPECT_EQ(windows(export_queries(sync, covered, kToday, {})),
              std::vector<std::string>{"users created_at -199..0"});
}
