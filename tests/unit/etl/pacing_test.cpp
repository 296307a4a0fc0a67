#include "etl/pacing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <random>

using namespace etl;
using namespace std::chrono_literals;

namespace {

Moment at(Duration wall, Duration boot = Duration{0}, const std::string& id = "") {
    return {Instant{wall}, id, boot};
}

}  // namespace

TEST(Ledger, LeavesTheReserveAndSaysWhenMoreBecomesFree) {
    std::vector<Spent> ledger;
    for (int i = 0; i < 3; ++i) ledger.push_back({at(i * 1min)});
    EXPECT_TRUE(may_send(ledger, at(10min), 5, 2h, 1).allowed);
    const SendDecision full = may_send(ledger, at(10min), 4, 2h, 1);
    EXPECT_FALSE(full.allowed);
    EXPECT_EQ(full.used, 3);
    EXPECT_EQ(full.wait, 110min + 1us);
    EXPECT_TRUE(may_send(ledger, at(10min + full.wait), 4, 2h, 1).allowed);
}

TEST(Ledger, AClockThatJumpsForwardDoesNotForgetWhatTheBootClockRemembers) {
    const std::vector<Spent> ledger = {{at(0min, 100min, "boot")}};
    EXPECT_FALSE(may_send(ledger, at(10h, 101min, "boot"), 1, 2h, 0).allowed);
    EXPECT_FALSE(may_send(ledger, at(-10h, 101min, "boot"), 1, 2h, 0).allowed);
    EXPECT_TRUE(may_send(ledger, at(121min, 221min, "boot"), 1, 2h, 0).allowed);
}

// Random schedules of two processes that restart, over a wall clock that jumps both ways. The
// service counts by true time.
TEST(Ledger, NeverMoreThanTheLimitInAnyMovingWindowOver100000Schedules) {
    std::mt19937_64 random(20261125);
    const auto below = [&](std::int64_t n) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    for (int schedule = 0; schedule < 100000; ++schedule) {
        const int limit = 1 + static_cast<int>(below(6));
        const Duration window{1000 + below(1000)};
        std::vector<Spent> ledger;
        std::deque<Duration> seen;  // by the service, in true time
        Duration now{0}, jump{0};
        for (int step = 0; step < 30; ++step) {
            now += Duration{below(window.count() / limit + 2)};
            if (below(10) == 0) jump += Duration{below(6000) - 3000};
            const SendDecision decision =
                may_send(ledger, at(now + jump, now, "boot"), limit, window, 0);
            if (!decision.allowed) {
                ASSERT_GT(decision.wait.count(), 0);
                continue;
            }
            const Duration arrived = now + Duration{below(40)},
                           answered = arrived + Duration{below(40)};
            seen.push_back(arrived);
            const bool answer_lost = below(5) == 0;
            if (answer_lost)
                now = answered + Duration{80};  // the time limit of the request passes first
            ledger.push_back(
                {at((answer_lost ? now : answered) + jump, answer_lost ? now : answered, "boot")});
            now = std::max(now, answered);
            while (!seen.empty() && seen.front() < seen.back() - window) seen.pop_front();
            // The journal reads back two windows by the clock that does not jump.
            std::erase_if(
                ledger, [&](const Spent& spent) { return spent.at.since_boot < now - 2 * window; });
            ASSERT_LE(static_cast<int>(seen.size()), limit)
                << "schedule " << schedule << " step " << step;
        }
    }
}

namespace {

Spent spent(Duration wall, Spent::Said said) { return {at(wall), said}; }

}  // namespace

TEST(FreeNow, IsNothingWhileA903StandsAndNothingSucceededSince) {
    using Said = Spent::Said;
    const BudgetRules rules;
    std::vector<Spent> ledger = {spent(0min, Said::other), spent(1min, Said::over_limit)};
    const SendDecision soon = free_now(ledger, at(2min), rules, 0, false);
    EXPECT_FALSE(soon.allowed);
    EXPECT_EQ(soon.held, Held::cool_down);
    EXPECT_EQ(soon.wait, 14min);
    EXPECT_EQ(soon.free, 0);
    EXPECT_EQ(soon.others, 99);
    const SendDecision due = free_now(ledger, at(16min), rules, 0, false);
    EXPECT_TRUE(due.allowed);
    EXPECT_EQ(due.free, 0);
    ledger.push_back(spent(16min, Said::nothing));  // the probe is under way: nobody else's turn
    EXPECT_FALSE(free_now(ledger, at(16min), rules, 0, false).allowed);
    ledger.back().said = Said::other;
    const SendDecision after = free_now(ledger, at(17min), rules, 0, false);
    EXPECT_TRUE(after.allowed);
    EXPECT_EQ(after.free, 0);  // the others' 99 may still stand in the window
    EXPECT_EQ(ages_in_window(ledger, at(17min), rules).size(), 3u + 89u);
    EXPECT_EQ(free_now(ledger, at(122min), rules, 0, false).free, 89);
}

TEST(FreeNow, ProbesGrowButNeverPastTheFirst903AndTheWindow) {
    using Said = Spent::Said;
    const BudgetRules rules;
    std::vector<Spent> ledger = {spent(0min, Said::over_limit)};
    std::vector<std::int64_t> probes;
    for (Duration now{0}; now < 8h; now += 1min) {
        if (!free_now(ledger, at(now), rules, 0, false).allowed) continue;
        ledger.push_back(spent(now, Said::over_limit));
        probes.push_back(std::chrono::duration_cast<std::chrono::minutes>(now).count());
    }
    ASSERT_GE(probes.size(), 4u);
    EXPECT_EQ(std::vector<std::int64_t>(probes.begin(), probes.begin() + 4),
              (std::vector<std::int64_t>{15, 45, 105, 120}));
    for (std::size_t i = 4; i < probes.size(); ++i) EXPECT_GE(probes[i] - probes[i - 4], 120);
}

// Several processes, a service that others keep at its limit at random times, answers that get
// lost.
TEST(FreeNow, NoScheduleProbesMoreThanFourTimesInAWindowOrShowsWhatIsNotThere) {
    std::mt19937_64 random(20261126);
    const auto below = [&](std::int64_t n) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    for (int schedule = 0; schedule < 10000; ++schedule) {
        BudgetRules rules;
        rules.limit = 20;
        rules.reserve = 2;
        std::vector<Spent> ledger;
        std::vector<Duration> probes;
        Duration now{0};
        bool over = false, success = true;
        for (int step = 0; step < 60; ++step) {
            now += Duration{below(Duration(12min).count())};
            if (below(15) == 0) over = !over;
            const SendDecision decision = free_now(ledger, at(now), rules, 0, false);
            if (!success && !ledger.empty() &&
                Instant{now} - ledger.back().at.wall < rules.window) {
                ASSERT_EQ(decision.free, 0) << "schedule " << schedule << " step " << step;
            }
            if (!decision.allowed) {
                ASSERT_GT(decision.wait.count(), 0);
                ASSERT_LE(decision.wait, rules.window + 1us);
                continue;
            }
            if (!success) probes.push_back(now);
            if (probes.size() > 4) {
                ASSERT_GE(now - probes[probes.size() - 5], rules.window);
            }
            const bool lost = below(8) == 0;
            ledger.push_back(spent(now, lost   ? Spent::Said::nothing
                                        : over ? Spent::Said::over_limit
                                               : Spent::Said::other));
            if (!lost) success = !over;
            if (success) probes.clear();
        }
    }
}

TEST(FreeNow, AStartWaitsForTheAccountsLockWithGapsThatBeginAnew) {
    using Said = Spent::Said;
    const BudgetRules rules;
    std::vector<Spent> ledger = {spent(0min, Said::busy), spent(1min, Said::busy)};
    EXPECT_TRUE(free_now(ledger, at(2min), rules, 0, false).allowed);  // a poll
    const SendDecision start = free_now(ledger, at(2min), rules, 0, true);
    EXPECT_FALSE(start.allowed);
    EXPECT_EQ(start.held, Held::busy);
    EXPECT_EQ(start.busy_for, 2min);
    ledger.push_back(spent(2min, Said::other));
    ledger.push_back(spent(3min, Said::busy));
    EXPECT_EQ(free_now(ledger, at(3min), rules, 0, true).wait, rules.pacing.busy_gap);
}

TEST(Polls, OfAShortBuildKeepAFloorAndTheFirstIsNeverBeforeWhatWasLearned) {
    const std::vector<BuildTime> history(20, {0s, 1s, 1, 1});
    const Config::Pacing pacing;
    const BuildModel model = learn(history, 1);
    const Duration first = next_poll(model, 0.72, pacing, 1, 0us);
    EXPECT_GE(first, quantile(model, 0.72));
    EXPECT_GE(first, 5s);
    EXPECT_GE(next_poll(model, 0.72, pacing, 2, first), first + 5s);
}

TEST(Cost, WhereNothingBindsAnExportCostsAtMostTwoAndAHalfRequests) {
    EXPECT_LE(1 + expected_polls(choose_poll_quantile(8, 2, 90, 1min)), 2.5);
}

TEST(Polls, WithoutHistoryTheGapGrowsUpToTheLongest) {
    Config::Pacing pacing;
    Duration waited{0}, before{0};
    for (int n = 1; n < 20; ++n) {
        const Duration next = next_poll({}, 0.8, pacing, n, waited);
        EXPECT_GE(next - waited, before);
        EXPECT_LE(next - waited, pacing.longest_gap);
        before = next - waited;
        waited = next;
    }
    EXPECT_EQ(before, pacing.longest_gap);
}

TEST(Polls, LearnedPollsNeedOneOverQWhateverTheMedian) {
    std::mt19937_64 random(7);
    for (const double median : {60.0, 600.0}) {
        const double q = 0.83;
        std::lognormal_distribution<double> build(std::log(median), 0.3);
        std::vector<BuildTime> history;
        double polls = 0;
        int exports = 0;
        for (int i = 0; i < 400; ++i) {
            const Duration ready{static_cast<std::int64_t>(build(random) * 1e6)};
            const BuildModel model = learn(history, 1);
            BuildTime one;
            one.polls = 0;
            while (one.upper < ready) {
                one.lower = one.upper;
                one.upper = next_poll(model, q, {}, ++one.polls, one.upper);
            }
            history.push_back(one);
            if (history.size() > 50) history.erase(history.begin());
            if (i >= 100) polls += one.polls, ++exports;
        }
        EXPECT_NEAR(polls / exports, expected_polls(q), 0.25) << median;
    }
}

TEST(Polls, QuantilesAreThoseOfTheDistribution) {
    BuildModel model;
    model.known = true;
    model.mu = std::log(100);
    model.sigma = 0.3;
    EXPECT_NEAR(static_cast<double>(quantile(model, 0.5).count()), 100e6, 1e3);
    EXPECT_EQ(conditional_quantile(model, 0.5, 0us), quantile(model, 0.5));
    EXPECT_GT(conditional_quantile(model, 0.5, 100s), 100s);
    EXPECT_NEAR(static_cast<double>(conditional_quantile(model, 0.5, 100s).count()),
                static_cast<double>(quantile(model, 0.75).count()), 1e5);
}

TEST(Polls, AModelThatNoLongerFitsGivesWayToTheGrowingGap) {
    std::vector<BuildTime> history(10, {10s, 12s, 1, 2});
    EXPECT_FALSE(learn(history, 1).drifted);
    history.push_back({100s, 120s, 1, 6});
    EXPECT_FALSE(learn(history, 1).drifted);  // one slow night is no drift
    history.push_back({100s, 120s, 1, 6});
    const BuildModel model = learn(history, 1);
    EXPECT_TRUE(model.drifted);
    Config::Pacing pacing;
    EXPECT_EQ(next_poll(model, 0.8, pacing, 1, 0us), pacing.first_poll);
    history.insert(history.end(), 3, {100s, 120s, 1, 6});
    EXPECT_FALSE(learn(history, 1).drifted);  // the new pace has been learned
}

TEST(Cost, TheSmallestQuantileThatFitsTheBudgetIsChosen) {
    EXPECT_DOUBLE_EQ(choose_poll_quantile(5, 2, 90, 10min), 0.4);
    const double q = choose_poll_quantile(40, 2, 90, 10min);
    EXPECT_LE(40 * (1 + expected_polls(q)) + 2, 90);
    EXPECT_GT(40 * (1 + expected_polls(q - 0.011)) + 2, 90);
    EXPECT_DOUBLE_EQ(choose_poll_quantile(80, 2, 90, 10min), 0.95);
}

TEST(Gaps, GrowAndAreCapped) {
    Config::Pacing pacing;
    EXPECT_EQ(busy_gap(pacing, 1), pacing.busy_gap);
    EXPECT_GT(busy_gap(pacing, 2), busy_gap(pacing, 1));
    EXPECT_EQ(busy_gap(pacing, 50), pacing.longest_gap);
    EXPECT_EQ(cool_down(pacing, 2h, 1), pacing.cool_down);
    EXPECT_EQ(cool_down(pacing, 2h, 9), 2h);
}
