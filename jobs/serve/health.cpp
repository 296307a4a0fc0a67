#include "jobs/serve/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "jobs/output/words.hpp"
#include "jobs/serve/local_time.hpp"

namespace jobs {
namespace {

std::string hours(etl::Duration d) {
    const auto whole = std::chrono::duration_cast<std::chrono::hours>(d).count();
    return whole < 48 ? fmt::format("{} h", whole) : fmt::format("{} d", whole / 24);
}

// Collects the reasons of one judgement.
class Judge {
public:
    Judge(const Facts& facts, const etl::Config& config)
        : facts_(facts), config_(config), zone_(config.getcourse.time_zone) {}

    Judgement judgement() {
        if (unread()) {
            judgement_.level = Level::unread;
            return std::move(judgement_);
        }
        for (const TableFacts& table : facts_.tables) judge_table(table);
        judge_schedule();
        if (facts_.last_run) judge_run(*facts_.last_run);
        for (const RefusedBody& body : facts_.refused) judge_refused(body);
        judge_others();
        for (const std::string& field : facts_.new_fields)
            add_named("new_field", field, "new custom field, {}: {}");
        for (const std::string& status : facts_.new_statuses)
            add_named("new_status", status, "new status, {}: {}");
        for (const WaitingPlan& plan : facts_.waiting_plans)
            add("plan_waits", fmt::format("{}", plan.id), Level::event,
                "plan {} of segment {} waits for approval, {} changes", plan.id, plan.segment,
                plan.changes);
        for (const Judgement::Reason& reason : judgement_.reasons)
            if (reason.level != Level::event)
                judgement_.level = std::max(judgement_.level, reason.level);
        return std::move(judgement_);
    }

private:
    // `english`: a sentence of the dictionary.
    template <typename... Values>
    void add(const char* code, const std::string& about, Level level, std::string_view english,
             const Values&... values) {
        judgement_.reasons.push_back({code, about, level, words::say(false, english, values...),
                                      words::say(true, english, values...)});
    }

    // "deals: Мой цвет": a table of ours, a name of the school's.
    void add_named(const char* code, const std::string& about, std::string_view english) {
        const std::size_t cut = about.find(": ");
        add(code, about, Level::event, english, about.substr(0, cut),
            cut == std::string::npos ? "" : about.substr(cut + 2));
    }

    // Nothing was ever read, no run has ended, none is overdue: nobody need be alarmed.
    [[nodiscard]] bool unread() const {
        return !facts_.last_run && !facts_.overdue_since && facts_.missed == 0 &&
               facts_.last_expected != "failed" &&
               std::none_of(facts_.tables.begin(), facts_.tables.end(),
                            [](const TableFacts& table) { return table.as_of.has_value(); });
    }

    void judge_table(const TableFacts& table) {
        if (!table.as_of)
            return add("never", table.name, Level::red, "{} has never been read", table.name);
        const etl::Duration age = facts_.now - *table.as_of, wanted = config_.alert.fresh_within;
        if (age > wanted)
            add("stale", table.name, Level::red, "{} is {} old, wanted within {}", table.name,
                hours(age), hours(wanted));
    }

    void judge_schedule() {
        if (facts_.overdue_since)
            add("late", "", Level::red, "the run of {} has not begun",
                local_moment(*facts_.overdue_since, facts_.now, zone_));
        if (facts_.missed > 0)
            add("missed", "", Level::amber, "{} runs never came since the last good one",
                facts_.missed);
        // A run whose database went away could not write its own end; the schedule's row knows.
        const bool run_failed = facts_.last_run && failed(*facts_.last_run);
        if (facts_.last_expected == "failed" && !run_failed)
            add_failed("the last run of the schedule failed: {}", {facts_.last_expected_reason});
    }

    // As of when all tables are known; nullopt: one never was, or is older than wanted.
    [[nodiscard]] std::optional<etl::Instant> fresh_as_of() const {
        std::optional<etl::Instant> oldest;
        for (const TableFacts& table : facts_.tables) {
            if (!table.as_of || facts_.now - *table.as_of > config_.alert.fresh_within)
                return std::nullopt;
            oldest = std::min(oldest.value_or(*table.as_of), *table.as_of);
        }
        return oldest;
    }

    // The judgement speaks of the numbers: a run that failed over fresh ones spoils nothing yet.
    void add_failed(std::string english, std::vector<std::string> values) {
        const std::optional<etl::Instant> as_of = fresh_as_of();
        if (as_of) {
            english += "; the numbers are as of {}";
            values.push_back(local_moment(*as_of, facts_.now, zone_));
        }
        judgement_.reasons.push_back({"failed", "", as_of ? Level::amber : Level::red,
                                      words::say_with(false, english, values),
                                      words::say_with(true, english, values)});
    }

    void judge_refused(const RefusedBody& body) {
        add("refused", body.about, Level::amber,
            "the body of {} ({} rows) was refused and is not in the tables: {}", body.about,
            body.rows, body.reason);
    }

    static bool failed(const RunFacts& run) { return run.state == "failed" || run.state == "died"; }

    void judge_run(const RunFacts& run) {
        const std::string why = run.reason.empty() ? "" : ": {}";
        std::vector<std::string> values{std::to_string(run.id)};
        if (!run.reason.empty()) values.push_back(run.reason);
        const auto warn = [&](const char* code, const std::string& english) {
            judgement_.reasons.push_back({code, "", Level::amber,
                                          words::say_with(false, english + why, values),
                                          words::say_with(true, english + why, values)});
        };
        if (failed(run))
            add_failed("run {} " + run.state + why, values);
        else if (run.state == "partial" || run.state == "postponed" || run.state == "stopped")
            warn("partial", "run {} is " + run.state);
        else if (run.state == "amber")
            warn("amber", "run {} has something to look at");
        if (!run.balanced)
            add("unbalanced", "", Level::red, "a certificate of run {} does not balance",
                std::to_string(run.id));
    }

    void judge_others() {
        if (!facts_.empty.empty())
            add("empty", "", Level::amber, "no rows where the mirror has some: {}",
                words::first_few(facts_.empty));
        if (facts_.at_limit)
            judge_limit(*facts_.at_limit);
        else if (facts_.foreign_requests > 0)
            add("foreign_budget", "", Level::amber,
                "other tools of the account used about {} of {} requests", facts_.foreign_requests,
                config_.budget.limit);
        if (facts_.unclear_changes > 0)
            add("unclear_changes", "", Level::amber,
                "{} changes were sent over three days ago and no export has shown them",
                facts_.unclear_changes);
    }

    void judge_limit(const AtLimit& at) {
        const auto windows = (at.until - at.since) / config_.budget.window;
        const double hours = static_cast<double>((at.until - at.since).count()) / 3600e6;
        add("at_limit", "", Level::amber,
            "the account has been at its limit for {} windows of {}, from {} to {} ({} h): others "
            "use about {} of {} requests; find who polls its API",
            windows, etl::format_duration(config_.budget.window),
            local_moment(at.since, facts_.now, zone_), local_moment(at.until, facts_.now, zone_),
            fmt::format("{:.1f}", hours), at.others, config_.budget.limit);
    }

    const Facts& facts_;
    const etl::Config& config_;
    etl::Zone zone_;
    Judgement judgement_;
};

}  // namespace

Judgement judge(const Facts& facts, const etl::Config& config) {
    return Judge(facts, config).judgement();
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::green:
            return "green";
        case Level::amber:
            return "amber";
        case Level::red:
            return "red";
        case Level::unread:
            return "unread";
        case Level::event:
            break;
    }
    return "event";
}

}  // namespace jobs
