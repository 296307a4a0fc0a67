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
    Micros since_boot{0};
};
struct Spent {  // one request that counts
    Moment at;  // the later of sent and answered, since the service counts when it receives
};
struct SendDecision {
    bool allowed = false;
    Micros wait{0};  // until asking again makes sense; 0 when allowed
    int used = 0;    // requests in the window
    int free = 0;    // limit - reserve - used, not below 0
};
// A request's age is the smaller of what the two witnesses say; negative ages count as 0: a jump
// may delay, never overspend.
[[nodiscard]] Micros age_of(const Spent& spent, const Moment& now);
[[nodiscard]] SendDecision may_send(const std::vector<Spent>& ledger, const Moment& now, int limit,
                                    Micros window, int reserve);

// ---- build times ----
struct BuildTime {    // one finished export, newest last
    Micros lower{0};  // last poll that was not ready, since the start
    Micros upper{0};  // poll that was ready, since the start
    double days = 1;  // length of its window
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
[[nodiscard]] Micros quantile(const BuildModel& model, double q);  // build time at q
[[nodiscard]] Micros conditional_quantile(const BuildModel& model, double q,
                                          Micros waited);  // given it took longer than `waited`

// Time since the start of the export at which poll number `n` (from 1) is sent, given the last
// not-ready poll at `waited`.
[[nodiscard]] Micros next_poll(const BuildModel& model, double q, const Config::Pacing& pacing,
                               int n, Micros waited);
// Gap after the n-th Busy in a row, after the n-th OverLimit in a row: growing, capped.
[[nodiscard]] Micros busy_gap(const Config::Pacing& pacing, int n);
[[nodiscard]] Micros cool_down(const Config::Pacing& pacing, Micros window, int n);

// ---- cost ----
[[nodiscard]] double expected_polls(double q);  // 1/q
// The smallest q of [0.4, 0.95] with `exports` * (1 + 1/q) + `others` <= budget; 0.95 when none
// fits.
[[nodiscard]] double choose_q(int exports, int others, int budget);

}  // namespace etl
