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
constexpr Micros kSmallestGap = std::chrono::milliseconds{20};

double seconds(Micros d) { return static_cast<double>(d.count()) / 1e6; }
Micros micros(double s) { return Micros{static_cast<std::int64_t>(std::min(s, 1e9) * 1e6)}; }

// Standard normal distribution function and its inverse (by bisection: called once per poll).
double normal(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }
double inverse_normal(double p) {
    double low = -8, high = 8;
    for (int i = 0; i < 60; ++i) (normal((low + high) / 2) < p ? low : high) = (low + high) / 2;
    return (low + high) / 2;
}

double grown(Micros first, double growth, int n) {
    return seconds(first) * std::pow(std::max(growth, 1.0), std::min(n, 60));
}

}  // namespace

Micros age_of(const Spent& spent, const Moment& now) {
    const Micros wall = now.wall - spent.at.wall;
    const bool same_boot = !now.boot_id.empty() && now.boot_id == spent.at.boot_id;
    const Micros boot = same_boot ? now.since_boot - spent.at.since_boot : wall;
    return std::max(Micros{0}, std::min(wall, boot));
}

SendDecision may_send(const std::vector<Spent>& ledger, const Moment& now, int limit, Micros window,
                      int reserve) {
    std::vector<Micros> ages;
    for (const Spent& spent : ledger)
        if (const Micros age = age_of(spent, now); age <= window)
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
    decision.wait = window - ages[static_cast<std::size_t>(decision.used - ours)] + Micros{1};
    return decision;
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
        return run.lower <= Micros{0} ? -INFINITY : std::log(seconds(run.lower));
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

Micros quantile(const BuildModel& model, double q) {
    return micros(std::exp(model.mu + model.sigma * inverse_normal(q)));
}

Micros conditional_quantile(const BuildModel& model, double q, Micros waited) {
    const double passed =
        waited <= Micros{0} ? 0 : normal((std::log(seconds(waited)) - model.mu) / model.sigma);
    return quantile(model, std::min(passed + q * (1 - passed), 1 - 1e-9));
}

Micros next_poll(const BuildModel& model, double q, const Config::Pacing& pacing, int n,
                 Micros waited) {
    const Micros gap =
        std::min(micros(grown(pacing.first_poll, pacing.growth, n - 1)), pacing.longest_gap);
    const Micros growing = waited + std::max(gap, kSmallestGap);
    if (!model.known || model.drifted) return growing;
    const Micros learned = conditional_quantile(model, q, waited);
    // Far beyond what was ever seen the tail says nothing: the growing gap goes on from there.
    if (waited > quantile(model, 0.9999)) return growing;
    return std::max(learned, waited + kSmallestGap);
}

Micros busy_gap(const Config::Pacing& pacing, int n) {
    return std::min(micros(grown(pacing.busy_gap, pacing.growth, n - 1)),
                    std::max(pacing.busy_gap, pacing.longest_gap));
}

Micros cool_down(const Config::Pacing& pacing, Micros window, int n) {
    return std::min(micros(grown(pacing.cool_down, 2.0, n - 1)),
                    std::max(pacing.cool_down, window));
}

double expected_polls(double q) { return 1 / q; }

double choose_q(int exports, int others, int budget) {
    constexpr double kSmallest = 0.4, kLargest = 0.95, kStep = 0.01;
    for (double q = kSmallest; q < kLargest; q += kStep)
        if (exports * (1 + expected_polls(q)) + others <= budget) return q;
    return kLargest;
}

}  // namespace etl
