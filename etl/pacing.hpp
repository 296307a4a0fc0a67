// When to send and when to poll, as pure rules over the journal. No clock, no database, no network
// in here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etl/api.hpp"
#include "etl/clock.hpp"
#include "etl/config.hpp"

namespace etl {

// ---- the ledger ----
// A moment as two witnesses saw it: the database's clock, and the machine's time since boot (valid
// within one boot_id).
struct Moment {
    Instant wall;
    std::string boot_id;
    Duration since_boot{0};
};
struct Spent {  // one request that counts
    Moment at;  // the later of sent and answered, since the service counts when it receives
    enum class Said { nothing, over_limit, busy, other } said = Said::other;  // nothing: unclear
};
struct BudgetRules {
    int limit = 100;
    Duration window = std::chrono::hours{2};
    int reserve = 10;
    Config::Pacing pacing = {};
};
[[nodiscard]] BudgetRules rules_of(const Config& config);

enum class Held { nothing, own_requests, cool_down, busy };  // what a request waits for
struct SendDecision {
    bool allowed = false;
    Duration wait{0};  // until asking again makes sense; 0 when allowed
    int used = 0;      // requests in the window
    int free = 0;      // what can be counted on: 0 while a 903 stands and nothing succeeded since
    Held held = Held::nothing;
    int others = 0;         // what a 903 showed that others had spent, while it may still count
    Duration over_for{0};   // since the first 903 in a row; 0: none stands
    Duration busy_for{0};   // since the first 905 in a row; 0: none
    Duration busy_wait{0};  // until the next start makes sense
};
// A request's age is the smaller of what the two witnesses say; negative ages count as 0: a jump
// may delay, never overspend.
[[nodiscard]] Duration age_of(const Spent& spent, const Moment& now);
[[nodiscard]] SendDecision may_send(const std::vector<Spent>& ledger, const Moment& now, int limit,
                                    Duration window, int reserve);
// The one account of the budget: our own requests and what the service said of everybody's.
// `ledger` in the order of sending. After a 903 nothing leaves until its cool-down is over, then
// one probe at a time: with growing gaps, at most four in a window, and never later than the first
// 903 + window, when all that had been spent before it has left. A `start` also waits for the gap
// after the last 905, since the lock is the account's.
[[nodiscard]] SendDecision free_now(const std::vector<Spent>& ledger, const Moment& now,
                                    const BudgetRules& rules, int extra_reserve, bool start);
// Ages of all requests in the window: ours, and beyond the reserve those a 903 showed to be of
// others, as old as that 903.
[[nodiscard]] std::vector<Duration> ages_in_window(const std::vector<Spent>& ledger,
                                                   const Moment& now, const BudgetRules& rules);

// ---- build times ----
struct BuildTime {      // one finished export, newest last
    Duration lower{0};  // last poll that was not ready, since the start
    Duration upper{0};  // poll that was ready, since the start
    double days = 1;    // length of its window
    int polls = 1;
};
// What is believed of the build time of the next export. log-normal over interval-censored history,
// newest runs weigh more.
struct BuildModel {
    bool known = false;  // fewer than three observations: not
    double mu = 0;       // of ln(seconds)
    double sigma = 0.5;
    double polls_seen = 0;  // recent mean number of polls
    bool drifted =
        false;  // the two newest runs do not fit what the older ones say: the growing gap is used
};
constexpr int kBuildTimesLearned = 60;  // newest exports that say anything about the next
[[nodiscard]] BuildModel learn(const std::vector<BuildTime>& history, double days);
[[nodiscard]] Duration quantile(const BuildModel& model, double poll_quantile);  // build time at it
[[nodiscard]] Duration conditional_quantile(const BuildModel& model, double poll_quantile,
                                            Duration waited);  // given it took longer than `waited`

// Time since the start of the export at which poll number `n` (from 1) is sent, given the last
// not-ready poll at `waited`.
[[nodiscard]] Duration next_poll(const BuildModel& model, double poll_quantile,
                                 const Config::Pacing& pacing, int n, Duration waited);
// Gap after the n-th Busy in a row, after the n-th OverLimit in a row: growing, capped.
[[nodiscard]] Duration busy_gap(const Config::Pacing& pacing, int n);
[[nodiscard]] Duration cool_down(const Config::Pacing& pacing, Duration window, int n);

// ---- cost ----
[[nodiscard]] double expected_polls(double poll_quantile);  // 1/poll_quantile
// The smallest poll_quantile with `exports` * (1 + 1/poll_quantile) + `others` <= budget; 0.95 when
// none fits. It begins where an export costs 2.25 requests (2.4 with builds of minutes), or at 0.4
// where builds take so long (`build`, their median) that time binds before the budget.
[[nodiscard]] double choose_poll_quantile(int exports, int others, int budget, Duration build);

}  // namespace etl
