// Buckets that fit, ranges that are snapped, buckets that are cut, and what a range is compared
// with.
#include "jobs/report/periods.hpp"

#include <gtest/gtest.h>

using jobs::Range;

namespace {

Range range(const std::string& from, const std::string& to, const std::string& by = "day",
            const std::string& today = "") {
    Range range;
    if (!from.empty()) range.from = from;
    if (!to.empty()) range.to = to;
    range.by = by;
    range.today = today;
    return range;
}

std::string said(const std::optional<jobs::Earlier>& earlier) {
    return earlier ? earlier->from + " " + earlier->to + " " + earlier->shift : "none";
}

std::string said(const std::map<std::string, std::string>& cut) {
    std::string out;
    for (const auto& [bucket, days] : cut) out += bucket + " " + days + "; ";
    return out;
}

}  // namespace

TEST(Bucket, FitsTheLength) {
    EXPECT_EQ(jobs::fitting_bucket("2026-09-01", "2026-10-12"), "day");
    EXPECT_EQ(jobs::fitting_bucket("2026-09-01", "2026-10-13"), "week");
    EXPECT_EQ(jobs::fitting_bucket("2025-09-01", "2026-09-01"), "week");
    EXPECT_EQ(jobs::fitting_bucket("2025-08-30", "2026-09-01"), "month");
}

TEST(DefaultRange, BeginsWithAWholeBucketAndEndsToday) {
    const Range recent = jobs::recent("2026-11-26");  // a Thursday
    EXPECT_EQ(*recent.from, "2026-08-24");            // a Monday
    EXPECT_EQ(*recent.to, "2026-11-26");
    EXPECT_EQ(recent.by, "week");
    EXPECT_EQ(said(jobs::cut_buckets(recent, "week")), "2026-11-23 23–26.11; ");
}

TEST(CutBuckets, AreThoseThatTheRangeOrTodayEndsWithin) {
    EXPECT_EQ(said(jobs::cut_buckets(range("2026-08-27", "2026-10-31"), "month")),
              "2026-08-01 27–31.08; ");
    EXPECT_EQ(said(jobs::cut_buckets(range("2026-09-25", "2026-10-05"), "week")),
              "2026-09-21 25–27.09; 2026-10-05 05–05.10; ");
    EXPECT_EQ(said(jobs::cut_buckets(range("2026-09-30", "2026-10-03"), "week")),
              "2026-09-28 30.09–03.10; ");
    EXPECT_EQ(said(jobs::cut_buckets(range("2026-09-01", "2026-09-30"), "month")), "");
    EXPECT_EQ(said(jobs::cut_buckets(range("", "", "month", "2026-11-26"), "month")),
              "2026-11-01 01–26.11; ");
    EXPECT_EQ(said(jobs::cut_buckets(range("", "", "month", "2026-11-26"), "month", true)), "");
    EXPECT_EQ(
        said(jobs::cut_buckets(range("2026-11-01", "2026-12-31", "month", "2026-11-26"), "month")),
        "2026-11-01 01–26.11; ");
    EXPECT_EQ(said(jobs::cut_buckets(range("2026-09-25", "2026-10-05"), "day")), "");
}

TEST(Comparison, GoesBackByMonthsWhereTheRangeBeginsWithOne) {
    EXPECT_EQ(said(jobs::period_before(range("2026-09-01", "2026-09-30"))),
              "2026-08-01 2026-08-31 1 months");
    EXPECT_EQ(said(jobs::period_before(range("2026-01-01", "2026-03-31"))),
              "2025-10-01 2025-12-31 3 months");
    EXPECT_EQ(said(jobs::period_before(range("2026-11-01", "", "day", "2026-11-26"))),
              "2026-10-01 2026-10-26 1 months");
    EXPECT_EQ(said(jobs::period_before(range("2026-03-01", "2026-03-30"))),
              "2026-02-01 2026-02-28 1 months");
    EXPECT_EQ(said(jobs::period_before(range("2026-09-10", "2026-09-19"))),
              "2026-08-31 2026-09-09 10 days");
    EXPECT_EQ(said(jobs::period_before(range("", "2026-09-19", "day", "2026-11-26"))), "none");
    EXPECT_EQ(said(jobs::period_before(range("2026-12-01", "", "day", "2026-11-26"))), "none");
}

TEST(Comparison, KeepsDaysOfTheYearAndByWeekWeekdays) {
    EXPECT_EQ(said(jobs::last_year(range("2026-09-10", "2026-09-19"))),
              "2025-09-10 2025-09-19 1 year");
    EXPECT_EQ(said(jobs::last_year(range("2025-02-01", "2025-02-28"))),
              "2024-02-01 2024-02-29 1 year");
    EXPECT_EQ(said(jobs::last_year(range("2024-02-29", "2024-03-10"))),
              "2023-02-28 2023-03-10 1 year");
    EXPECT_EQ(said(jobs::last_year(range("2026-09-07", "2026-09-20", "week"))),
              "2025-09-08 2025-09-21 364 days");
}
