#include "jobs/sync/sync_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace jobs {
namespace {

using etl::Duration;

constexpr int kUnknownBuild =
    3;  // first polls: 45 s by default; field-notes c: usual exports take 10 to 60 s
constexpr double kBandSigma = 1.3;  // nine nights of ten end within the band

double polls_by_growing_gap(const etl::Config::Pacing& pacing, Duration build) {
    Duration waited{0};
    int n = 0;
    while (waited < build && n < 1000) waited = etl::next_poll({}, 0.5, pacing, ++n, waited);
    return n;
}

bool believed(const etl::BuildModel* model) {
    return model != nullptr && model->known && !model->drifted;
}

const etl::BuildModel* model_of(const std::map<std::string, etl::BuildModel>& models,
                                const std::string& resource) {
    const auto found = models.find(resource);
    return found == models.end() ? nullptr : &found->second;
}

// Walks through the lines in time: each waits for the budget as may_send would make it wait, then
// for its file.
class Walk {
public:
    Walk(const etl::Config& config, const std::vector<Duration>& ages) : config_(config) {
        for (const Duration age : ages) leaves_.push_back(config.budget.window - age);
        std::sort(leaves_.begin(), leaves_.end());
    }
    // Sends one request now or as soon as the budget allows; returns how long it waited.
    Duration send() {
        const int ours = std::max(1, config_.budget.limit - config_.budget.reserve);
        leaves_.erase(
            std::remove_if(leaves_.begin(), leaves_.end(), [&](Duration at) { return at <= now_; }),
            leaves_.end());
        Duration waited{0};
        if (static_cast<int>(leaves_.size()) >= ours) {
            const Duration free_at = leaves_[leaves_.size() - static_cast<std::size_t>(ours)];
            waited = free_at - now_;
            now_ = free_at;
        }
        leaves_.push_back(now_ + config_.budget.window);
        return waited;
    }
    void wait(Duration d) { now_ += d; }
    [[nodiscard]] Duration now() const { return now_; }

private:
    const etl::Config& config_;
    std::vector<Duration> leaves_;  // when each request of the window leaves it, sorted
    Duration now_{0};
};

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

std::string about(Duration d) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(d).count();
    if (seconds < 90) return fmt::format("{} s", seconds);
    if (seconds < 90 * 60) return std::to_string((seconds + 30) / 60) + " min";
    return number(static_cast<double>(seconds) / 3600) + " h";
}

}  // namespace

Plan make_plan(const std::vector<PlannedQuery>& queries,
               const std::map<std::string, etl::BuildModel>& models, const etl::Config& config,
               const std::vector<Duration>& ages, const PlanNow& now) {
    Plan plan;
    int exports = static_cast<int>(std::ceil(now.group_exports)), others = 0;
    for (const PlannedQuery& planned : queries) (is_list(planned.query) ? others : exports) += 1;
    plan.free_now = now.decision ? now.decision->free
                                 : std::max(0, config.budget.limit - config.budget.reserve -
                                                   static_cast<int>(ages.size()));
    Duration longest{0};
    for (const auto& [resource, model] : models)
        if (believed(&model)) longest = std::max(longest, etl::quantile(model, 0.5));
    plan.q = etl::choose_poll_quantile(exports, others, plan.free_now, longest);
    Walk walk(config, ages);
    Duration delayed = now.decision ? now.decision->wait : Duration{0};
    walk.wait(delayed);
    double variance = 0;
    for (const PlannedQuery& planned : queries) {
        PlanLine line;
        line.planned = planned;
        const etl::BuildModel* model = model_of(models, planned.query.resource);
        double polls = 0;
        if (!is_list(planned.query)) {
            line.build = believed(model) ? etl::quantile(*model, 0.5)
                                         : config.pacing.first_poll * kUnknownBuild;
            polls = believed(model) ? etl::expected_polls(plan.q)
                    : model != nullptr && model->known
                        ? std::max(model->polls_seen, 1.0)
                        : polls_by_growing_gap(config.pacing, line.build);
            const double sigma = believed(model) ? model->sigma : 0.8;
            variance += std::pow(static_cast<double>(line.build.count()) * sigma, 2);
        }
        line.requests = 1 + polls;
        line.begins = walk.now();
        line.dropped = walk.now() > config.sync.deadline;
        if (!line.dropped) {
            for (int i = 0; i < static_cast<int>(std::ceil(line.requests)); ++i)
                delayed += walk.send();
            walk.wait(line.build);
            plan.requests += line.requests;
        } else {
            plan.fit = PlanFit::does_not_fit;
        }
        plan.lines.push_back(std::move(line));
    }
    plan.group_requests = now.group_exports * (1 + etl::expected_polls(plan.q));
    plan.requests += plan.group_requests;
    plan.expected = walk.now();
    const Duration band{static_cast<std::int64_t>(kBandSigma * std::sqrt(variance))};
    plan.earliest = std::max(Duration{0}, plan.expected - band);
    plan.latest = plan.expected + band;
    if (plan.fit == PlanFit::fits && delayed > Duration{0})
        plan.fit =
            plan.expected > config.sync.deadline ? PlanFit::does_not_fit : PlanFit::fits_with_delay;
    return plan;
}

std::vector<PlannedQuery> halves(const PlannedQuery& planned, std::optional<etl::Day> first_row) {
    const std::optional<etl::Day> from = planned.query.from ? planned.query.from : first_row;
    if (!from || !planned.query.to || *from >= *planned.query.to) return {};
    const auto days = (*planned.query.to - *from).count() + 1;
    PlannedQuery first = planned, second = planned;
    first.query.to = *from + std::chrono::days{days / 2 - 1};
    second.query.from = *first.query.to + std::chrono::days{1};
    first.half = PlannedQuery::Half::first;
    second.half = PlannedQuery::Half::second;
    first.why = second.why =
        "half of a window that brought no file: " + etl::describe(planned.query);
    return {first, second};
}

std::vector<PlannedQuery> cut_windows(const std::vector<PlannedQuery>& queries,
                                      const std::map<std::string, double>& rows_per_day,
                                      std::optional<etl::Day> first_row, int most) {
    std::vector<PlannedQuery> out;
    for (const PlannedQuery& planned : queries) {
        const auto density = rows_per_day.find(planned.query.resource);
        const std::optional<etl::Day> from = planned.query.from ? planned.query.from : first_row;
        if (!from || !planned.query.to || *from > *planned.query.to ||
            planned.query.filter != "created_at" || density == rows_per_day.end()) {
            out.push_back(planned);
            continue;
        }
        const auto days = (*planned.query.to - *from).count() + 1;
        const double rows = density->second * static_cast<double>(days);
        const auto parts =
            std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(rows / most)), 1, days);
        for (std::int64_t part = 0; part < parts; ++part) {
            PlannedQuery piece = planned;
            if (part > 0) piece.query.from = *from + std::chrono::days{days * part / parts};
            piece.query.to = *from + std::chrono::days{days * (part + 1) / parts - 1};
            if (parts > 1) piece.why += fmt::format(", part {} of {}", part + 1, parts);
            out.push_back(std::move(piece));
        }
    }
    return out;
}

std::string plan_json(const Plan& plan) {
    std::string out =
        "{\"requests\":" + number(plan.requests) + ",\"q\":" + number(plan.q * 100) +
        ",\"expected_seconds\":" + number(static_cast<double>(plan.expected.count()) / 1e6) +
        ",\"queries\":[";
    for (std::size_t i = 0; i < plan.lines.size(); ++i)
        out += (i > 0 ? ",{" : "{") + std::string("\"what\":\"") +
               etl::describe(plan.lines[i].planned.query) + "\",\"why\":\"" +
               plan.lines[i].planned.why + "\",\"requests\":" + number(plan.lines[i].requests) +
               ",\"dropped\":" + (plan.lines[i].dropped ? "true" : "false") + "}";
    return out + "]}";
}

std::string plan_sentence(const Plan& plan, const etl::Config& config) {
    const std::string cost =
        fmt::format("{} requests expected, {} free now", number(plan.requests), plan.free_now);
    const std::string end = "done in about " + about(plan.expected) + " (" + about(plan.earliest) +
                            " to " + about(plan.latest) + ")";
    switch (plan.fit) {
        case PlanFit::fits:
            return "fits: " + cost + "; " + end;
        case PlanFit::fits_with_delay:
            return "fits with delay: " + cost + ", the rest as the window of " +
                   etl::format_duration(config.budget.window) + " moves on; " + end;
        case PlanFit::does_not_fit:
            break;
    }
    std::string dropped;
    for (const PlanLine& line : plan.lines)
        if (line.dropped)
            dropped += (dropped.empty() ? "" : ", ") + etl::describe(line.planned.query);
    return "does not fit into " + etl::format_duration(config.sync.deadline) + ": " + cost +
           (dropped.empty() ? "" : "; these would be dropped: " + dropped);
}

double schedule_load(Duration interval, double requests, Duration window) {
    if (interval >= window) return requests;
    return requests * static_cast<double>(window.count()) / static_cast<double>(interval.count());
}

}  // namespace jobs
