#include "etl/pacing.hpp"

#include <algorithm>
#include <cmath>

namespace etl {
namespace {

constexpr double kNewestWeigh =
    0.94;  // weight of a run falls to this at each newer one: half after eleven
constexpr int kFewestObservations = 3;   // below this nothing is believed
constexpr double kSmallestSigma = 0.08;  // even a steady service is not a clock
constexpr double kUsualSigma = 0.35;     // what is believed of the spread before much was seen …
constexpr double kUsualWeight = 3;       // … and as how many observations that counts
constexpr int kIterations = 40;          // the estimate moves by less than a per cent long before
constexpr double kUnlikely = 0.001;  // two newest runs in a tail this thin: the service has changed
constexpr int kProbes = 4;           // after 903, in a window, of all processes together
constexpr int kBusyForLong = 12;     // 905 in a row: from here on asking every few minutes is waste
constexpr int kSmallestGapPart = 3;  // no gap between polls is shorter than this part of the first

double seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }
Duration micros(double s) { return Duration{static_cast<std::int64_t>(std::min(s, 1e9) * 1e6)}; }

// Standard normal distribution function and its inverse (by bisection: called once per poll).
double normal(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }
double inverse_normal(double p) {
    double low = -8, high = 8;
    for (int i = 0; i < 60; ++i) (normal((low + high) / 2) < p ? low : high) = (low + high) / 2;
    return (low + high) / 2;
}

double grown(Duration first, double growth, int n) {
    return seconds(first) * std::pow(std::max(growth, 1.0), std::min(n, 60));
}

}  // namespace

Duration age_of(const Spent& spent, const Moment& now) {
    const Duration wall = now.wall - spent.at.wall;
    const bool same_boot = !now.boot_id.empty() && now.boot_id == spent.at.boot_id;
    const Duration boot = same_boot ? now.since_boot - spent.at.since_boot : wall;
    return std::max(Duration{0}, std::min(wall, boot));
}

SendDecision may_send(const std::vector<Spent>& ledger, const Moment& now, int limit,
                      Duration window, int reserve) {
    std::vector<Duration> ages;
    for (const Spent& spent : ledger)
        if (const Duration age = age_of(spent, now); age <= window)
            ages.push_back(age);  // exactly a window old still counts
    SendDecision decision;
    const int ours = std::max(0, limit - reserve);
    decision.used = static_cast<int>(ages.size());
    decision.free = std::max(0, ours - decision.used);
    decision.allowed = decision.free > 0;
    if (decision.allowed) return decision;
    if (ours == 0) {
        decision.wait = window;
        return decision;
    }
    // As many of the oldest must leave the window as stand in the way of one more.
    std::sort(ages.begin(), ages.end(), std::greater<>());
    decision.wait = window - ages[static_cast<std::size_t>(decision.used - ours)] + Duration{1};
    return decision;
}

namespace {

// What the answers of a ledger say of everybody's requests.
struct Limits {
    bool over = false;           // the newest clear answer is a 903
    Duration first{0}, last{0};  // ages of the first in a row, and of the newest 903 or probe
    int tries = 0;               // in a row
    std::vector<Duration> probes;
    int others = 0;
    Duration others_age{0};
    int busy = 0;  // 905 in a row
    Duration busy_first{0}, busy_last{0};
};

int spent_between(const std::vector<Duration>& ages, std::size_t before, Duration oldest) {
    return static_cast<int>(std::count_if(ages.begin(),
                                          ages.begin() + static_cast<std::ptrdiff_t>(before),
                                          [&](Duration age) { return age <= oldest; }));
}

Limits limits_of(const std::vector<Spent>& ledger, const Moment& now, const BudgetRules& rules) {
    std::vector<Duration> ages;
    for (const Spent& spent : ledger) ages.push_back(age_of(spent, now));
    Limits limits;
    for (std::size_t i = 0; i < ledger.size(); ++i) {
        const Duration age = ages[i];
        const Spent::Said said = ledger[i].said;
        if (said == Spent::Said::busy) {
            if (limits.busy++ == 0) limits.busy_first = age;
            limits.busy_last = age;
        } else if (said != Spent::Said::nothing) {
            limits.busy = 0;
        }
        if (said == Spent::Said::over_limit) {
            if (limits.over) limits.probes.push_back(age);
            if (!limits.over || limits.first - age >= rules.window) {
                limits.first = limits.others_age = age;
                limits.tries = 0;
                limits.others =
                    std::max(0, rules.limit - spent_between(ages, i, age + rules.window));
            }
            limits.over = true;
            ++limits.tries;
            limits.last = age;
        } else if (said == Spent::Said::nothing) {
            if (!limits.over) continue;
            limits.probes.push_back(age);  // under way, or lost: as good as one more 903
            ++limits.tries;
            limits.last = age;
        } else {
            limits.over = false;
            limits.probes.clear();
        }
    }
    if (limits.last >= rules.window) limits.over = false;
    if (limits.others_age >= rules.window) limits.others = 0;
    return limits;
}

}  // namespace

BudgetRules rules_of(const Config& config) {
    return {config.budget.limit, config.budget.window, config.budget.reserve, config.pacing};
}

SendDecision free_now(const std::vector<Spent>& ledger, const Moment& now, const BudgetRules& rules,
                      int extra_reserve, bool start) {
    SendDecision decision =
        may_send(ledger, now, rules.limit, rules.window, rules.reserve + extra_reserve);
    if (!decision.allowed) decision.held = Held::own_requests;
    const Limits limits = limits_of(ledger, now, rules);
    decision.others = limits.others;
    const int beyond = std::max(0, limits.others - rules.reserve);
    decision.free = std::max(0, decision.free - beyond);
    const auto wait_for = [&](Duration wait, Held held) {
        if (wait <= Duration{0}) return;
        decision.allowed = false;
        if (wait > decision.wait) decision.held = held;
        decision.wait = std::max(decision.wait, wait);
    };
    if (limits.over) {
        decision.free = 0;
        decision.over_for = std::max(limits.first, Duration{1});
        Duration wait = std::min(cool_down(rules.pacing, rules.window, limits.tries) - limits.last,
                                 rules.window - limits.first);
        if (limits.probes.size() >= kProbes)
            wait = std::max(wait, rules.window - limits.probes[limits.probes.size() - kProbes]);
        wait_for(wait, Held::cool_down);
    }
    if (limits.busy > 0) {
        decision.busy_for = std::max(limits.busy_first, Duration{1});
        const Duration gap = limits.busy < kBusyForLong
                                 ? busy_gap(rules.pacing, limits.busy)
                                 : std::max(rules.pacing.cool_down, rules.pacing.longest_gap);
        decision.busy_wait = std::max(Duration{0}, gap - limits.busy_last);
        if (start) wait_for(decision.busy_wait, Held::busy);
    }
    return decision;
}

std::vector<Duration> ages_in_window(const std::vector<Spent>& ledger, const Moment& now,
                                     const BudgetRules& rules) {
    std::vector<Duration> ages;
    for (const Spent& spent : ledger)
        if (const Duration age = age_of(spent, now); age <= rules.window) ages.push_back(age);
    const Limits limits = limits_of(ledger, now, rules);
    ages.insert(ages.end(), static_cast<std::size_t>(std::max(0, limits.others - rules.reserve)),
                limits.others_age);
    return ages;
}

namespace {

double density(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0)); }

// Mean and variance of a normal value known to lie between `low` and `high`; `low` may be minus
// infinity.
struct Moments {
    double mean, variance;
};
Moments between(double low, double high, double mu, double sigma) {
    const double alpha = (low - mu) / sigma, beta = (high - mu) / sigma;
    const double mass = normal(beta) - normal(alpha);
    if (mass < 1e-10)
        return {std::isfinite(low) && mu < low ? low : high,
                0};  // far from where it was expected: the nearer end
    const double a = std::isfinite(alpha) ? density(alpha) : 0, b = density(beta);
    const double shift = (a - b) / mass;
    const double spread =
        1 + ((std::isfinite(alpha) ? alpha * a : 0) - beta * b) / mass - shift * shift;
    return {mu + sigma * shift, sigma * sigma * std::max(spread, 0.0)};
}

// The file was ready somewhere between two polls: the likeliest log-normal over such intervals, by
// expectation and maximisation.
BuildModel fit(const std::vector<const BuildTime*>& runs) {
    BuildModel model;
    if (static_cast<int>(runs.size()) < kFewestObservations) return model;
    const auto low = [](const BuildTime& run) {
        return run.lower <= Duration{0} ? -INFINITY : std::log(seconds(run.lower));
    };
    const auto high = [](const BuildTime& run) {
        return std::log(std::max(seconds(run.upper), 1e-3));
    };
    double weight = 1, weights = 0, polls = 0;
    for (auto run = runs.rbegin(); run != runs.rend(); ++run, weight *= kNewestWeigh) {
        weights += weight;
        model.mu += weight * (std::isfinite(low(**run)) ? (low(**run) + high(**run)) / 2
                                                        : high(**run) - kUsualSigma);
        polls += weight * (*run)->polls;
    }
    model.known = true;
    model.mu /= weights;
    model.sigma = kUsualSigma;
    model.polls_seen = polls / weights;
    for (int i = 0; i < kIterations; ++i) {
        double mean = 0, square = 0;
        weight = 1;
        for (auto run = runs.rbegin(); run != runs.rend(); ++run, weight *= kNewestWeigh) {
            const Moments moments = between(low(**run), high(**run), model.mu, model.sigma);
            mean += weight * moments.mean;
            square += weight * (moments.variance + moments.mean * moments.mean);
        }
        model.mu = mean / weights;
        const double variance = std::max(0.0, square / weights - model.mu * model.mu);
        model.sigma =
            std::max(kSmallestSigma,
                     std::sqrt((weights * variance + kUsualWeight * kUsualSigma * kUsualSigma) /
                               (weights + kUsualWeight)));
    }
    return model;
}

bool unlikely(const BuildModel& model, const BuildTime& run) {
    return run.upper < quantile(model, kUnlikely) || run.lower > quantile(model, 1 - kUnlikely);
}

}  // namespace

BuildModel learn(const std::vector<BuildTime>& history, double days) {
    std::vector<const BuildTime*>
        alike;  // windows of about this length; all of them when too few are
    for (const BuildTime& run : history)
        if (run.days <= days * 3 && run.days * 3 >= days) alike.push_back(&run);
    if (static_cast<int>(alike.size()) < kFewestObservations) {
        alike.clear();
        for (const BuildTime& run : history) alike.push_back(&run);
    }
    BuildModel model = fit(alike);
    if (alike.size() < kFewestObservations + 2u) return model;
    const BuildModel before = fit({alike.begin(), alike.end() - 2});
    model.drifted =
        unlikely(before, *alike[alike.size() - 1]) && unlikely(before, *alike[alike.size() - 2]);
    return model;
}

Duration quantile(const BuildModel& model, double poll_quantile) {
    return micros(std::exp(model.mu + model.sigma * inverse_normal(poll_quantile)));
}

Duration conditional_quantile(const BuildModel& model, double poll_quantile, Duration waited) {
    const double passed =
        waited <= Duration{0} ? 0 : normal((std::log(seconds(waited)) - model.mu) / model.sigma);
    return quantile(model, std::min(passed + poll_quantile * (1 - passed), 1 - 1e-9));
}

Duration next_poll(const BuildModel& model, double poll_quantile, const Config::Pacing& pacing,
                   int n, Duration waited) {
    const Duration gap =
        std::min(micros(grown(pacing.first_poll, pacing.growth, n - 1)), pacing.longest_gap);
    const Duration smallest = pacing.first_poll / kSmallestGapPart;
    const Duration growing = waited + std::max(gap, smallest);
    if (!model.known || model.drifted) return growing;
    const Duration learned = conditional_quantile(model, poll_quantile, waited);
    // Far beyond what was ever seen the tail says nothing: the growing gap goes on from there.
    if (waited > quantile(model, 0.9999)) return growing;
    return std::max(learned, waited + smallest);
}

Duration busy_gap(const Config::Pacing& pacing, int n) {
    return std::min(micros(grown(pacing.busy_gap, pacing.growth, n - 1)),
                    std::max(pacing.busy_gap, pacing.longest_gap));
}

Duration cool_down(const Config::Pacing& pacing, Duration window, int n) {
    return std::min(micros(grown(pacing.cool_down, 2.0, n - 1)),
                    std::max(pacing.cool_down, window));
}

double expected_polls(double poll_quantile) { return 1 / poll_quantile; }

double choose_poll_quantile(int exports, int others, int budget, Duration build) {
    constexpr double kThriftiest = 0.88, kThrifty = 0.72, kSoon = 0.4, kLargest = 0.95,
                     kStep = 0.01;
    constexpr std::chrono::minutes kShortBuild{2}, kLongBuild{5};
    double poll_quantile = build > kLongBuild    ? kSoon
                           : build > kShortBuild ? kThrifty
                                                 : kThriftiest;
    for (; poll_quantile < kLargest; poll_quantile += kStep)
        if (exports * (1 + expected_polls(poll_quantile)) + others <= budget) return poll_quantile;
    return kLargest;
}

}  // namespace etl
