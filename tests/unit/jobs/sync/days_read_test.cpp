// Property: whatever was empty, failed or skipped, after a night whose questions were all answered
// no day was last read longer ago than the sweep's time, and changes are known without a hole.
#include "jobs/sync/days_read.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace jobs;
using std::chrono::days;
using namespace std::chrono_literals;

namespace {

const etl::Day kStart = etl::Day{2026y / 1 / 26};

// A school by days: rows have a day of creation and days on which they changed. The mirror loads
// what the questions bring by the loader's rule: an answer is whole, and so are its days, unless it
// brings no row of days in which the mirror knows rows.
class School {
public:
    School(std::uint32_t seed, int sweep_nights) : random_(seed) {
        sync_.resources = {"deals"};
        sync_.sweep = 24h * sweep_nights;
        first_ = kStart - days{pick(400)};
        for (etl::Day day = first_; day < kStart; day += days{1})
            if (pick(10) < 2) rows_.insert(day);
    }
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    // One night; each question fails with `failing` in 100. Whether all were answered.
    bool night(etl::Day today, int failing) {
        if (pick(10) < 2) rows_.insert(today - days{1});
        if (pick(50) == 0) rows_.insert(first_ - days{pick(300)});  // backdated
        const ReadSoFar read{covered_,
                             mirror_.empty() ? std::nullopt : std::optional(*mirror_.begin())};
        bool all = true;
        exports_ = 0;
        for (const PlannedQuery& planned : export_queries(sync_, read, today, {})) {
            if (is_list(planned.query)) continue;
            ++exports_;
            if (pick(100) < failing) {
                all = false;
                continue;
            }
            load(planned.query, today);
        }
        return all;
    }
    [[nodiscard]] int exports() const { return exports_; }

    void expect_fresh(etl::Day today) const {
        const etl::Day first = mirror_.empty() ? today - days{31} : *mirror_.begin();
        const DaysRead read("deals", covered_, first, today - days{1}, true);
        EXPECT_FALSE(read.unread()) << etl::format_day(read.unread()->from);
        for (const auto& [day, as_of] : read.newest()) EXPECT_LT(as_of, today + days{1});
        for (const auto& [day, as_of] : read.newest())
            ASSERT_LT((today - as_of).count(),
                      std::chrono::duration_cast<days>(sync_.sweep).count())
                << etl::format_day(day) << " on " << etl::format_day(today);
    }
    // Each day since the first reading lies in a window of changes that was asked after it ended.
    void expect_changes_without_a_hole(etl::Day since, etl::Day today) const {
        for (const char* filter : {"status_changed_at", "payed_at"})
            for (etl::Day day = since; day < today; day += days{1}) {
                bool read = false;
                for (const Covered& line : covered_)
                    read = read || (line.filter == filter && *line.from <= day && day <= line.to &&
                                    line.as_of > day);
                ASSERT_TRUE(read) << filter << " " << etl::format_day(day);
            }
    }

private:
    void load(const etl::ExportQuery& query, etl::Day today) {
        if (query.filter == "created_at") {
            const auto from = query.from ? rows_.lower_bound(*query.from) : rows_.begin();
            mirror_.insert(from, rows_.upper_bound(*query.to));
        }
        covered_.push_back({query.resource, query.filter, query.from, *query.to, today});
    }

    std::mt19937 random_;
    etl::Config::Sync sync_;
    etl::Day first_;
    std::set<etl::Day> rows_, mirror_;
    std::vector<Covered> covered_;
    int exports_ = 0;
};

}  // namespace

TEST(DaysReadProperty, AfterAnyPatternOfGapsAndFailuresEachDayIsReadWithinTheSweep) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        School school(seed, 5 + 5 * static_cast<int>(seed));
        etl::Day today = kStart;
        ASSERT_TRUE(school.night(today, 0));
        for (int night = 0; night < 60; ++night) {
            today += days{school.pick(20) == 0 ? 1 + school.pick(60) : 1};
            if (!school.night(today, school.pick(3) == 0 ? 40 : 0)) continue;
            school.expect_fresh(today);
            if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
        }
        ASSERT_TRUE(school.night(today + days{1}, 0));
        school.expect_changes_without_a_hole(kStart, today + days{1});
    }
}

TEST(DaysReadProperty, AQuietNightAsksEachTableForOneSliceAtMost) {
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        School school(seed, 30);
        for (int night = 0; night < 70; ++night) {
            ASSERT_TRUE(school.night(kStart + days{night}, 0));
            EXPECT_LE(school.exports(), 4 + (night == 0 ? 0 : 1)) << seed << " " << night;
        }
    }
}

TEST(SweepSlices, OtherDaysAreReadEachNightAndTheRoundTakesAlongWhatLeftTheLookBack) {
    std::vector<Covered> covered = {{"deals", "created_at", std::nullopt, kStart, kStart}};
    const etl::Day first = kStart - days{133};
    std::set<etl::Day> begins;
    for (int night = 1; night <= 30; ++night) {
        const etl::Day today = kStart + days{night};
        covered.push_back({"deals", "created_at", today - days{31}, today, today});
        const DaysRead read("deals", covered, first, today - days{32}, true);
        const auto slices = sweep_slices(read, 30, today);
        ASSERT_EQ(slices.size(), 1u) << night;
        begins.insert(slices[0].from);
        covered.push_back({"deals", "created_at",
                           slices[0].from == first ? std::nullopt : std::optional(slices[0].from),
                           slices[0].to, today});
    }
    EXPECT_GT(begins.size(), 25u);
    const DaysRead read("deals", covered, first, kStart - days{2}, true);
    for (const auto& [day, as_of] : read.newest()) EXPECT_GT(as_of, kStart) << etl::format_day(day);
}
