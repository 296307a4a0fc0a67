#include "jobs/push/plan_text.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <ostream>
#include <string_view>
#include <unordered_map>

#include "jobs/push/allowance.hpp"

namespace jobs {
namespace {

constexpr std::size_t kShownChanges = 10;  // of a plan on the console; push list shows all
constexpr etl::Duration kTypicalAnswer = std::chrono::milliseconds{300};

std::string seconds(etl::Duration time) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return whole < 120 ? fmt::format("{} s", whole) : fmt::format("{} min", (whole + 59) / 60);
}

std::string quoted_or_none(const std::string& text) {
    return text.empty() ? "(none)" : "\"" + text + "\"";
}

void print_changes(std::ostream& out, const std::vector<PlanRow>& rows, std::int64_t plan) {
    std::size_t changes = 0;
    for (const PlanRow& row : rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr || ++changes > kShownChanges) continue;
        fmt::print(out, "  {}\n", change->key);
        for (const Difference& difference : change->differences)
            fmt::print(out, "    {}: {} -> {}\n", difference.field,
                       difference.where.empty() ? "(not exported)" : quoted_or_none(difference.old),
                       quoted_or_none(difference.wanted));
    }
    if (changes > kShownChanges)
        fmt::print(out, "  and {} more: gcmirror push list {}\n", changes - kShownChanges, plan);
}

// One line a reason, since whole groups of rows tend to share one.
void print_refusals(std::ostream& out, const std::vector<PlanRow>& rows) {
    std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
    std::unordered_map<std::string_view, std::size_t> places;  // reason -> its place
    for (const PlanRow& row : rows) {
        const auto* refusal = std::get_if<Refusal>(&row.outcome);
        if (refusal == nullptr) continue;
        const auto [at, is_new] = places.try_emplace(refusal->reason, reasons.size());
        if (is_new) reasons.push_back({refusal->reason, {}});
        reasons[at->second].second.push_back(
            fmt::format("row {}{}{}", row.number, refusal->key.empty() ? "" : " ", refusal->key));
    }
    for (std::size_t i = 0; i < std::min(kShownChanges, reasons.size()); ++i) {
        const auto& [reason, who] = reasons[i];
        fmt::print(out, "  refused, {}{}: {}\n", who.front(),
                   who.size() > 1 ? fmt::format(" and {} more", who.size() - 1) : "", reason);
    }
    if (reasons.size() > kShownChanges)
        fmt::print(out, "  and for {} other reasons; --json shows each row\n",
                   reasons.size() - kShownChanges);
}

void print_creations(std::ostream& out, const etl::Config& config, const PlanFigures& figures,
                     std::int64_t created) {
    const etl::Config::WriteBack& rules = config.write_back;
    const etl::Day today = etl::Zone(config.getcourse.time_zone).today(etl::system_clock()->now());
    fmt::print(out, "  creates {} people and orders; {} were created since {}", figures.creations,
               created, etl::format_day(allowance_period(today, rules.allowance_day)));
    if (rules.monthly_allowance == 0)
        out << " (the allowance is not known: [write_back] monthly_allowance)\n";
    else if (created + figures.creations > rules.monthly_allowance)
        fmt::print(out, " of {}: the rest waits until {}\n", rules.monthly_allowance,
                   etl::format_day(next_allowance_period(today, rules.allowance_day)));
    else
        fmt::print(out, " of {}\n", rules.monthly_allowance);
}

}  // namespace

void print_plan(Context& context, const PushSource& source, const PlanFigures& figures,
                std::int64_t plan, std::int64_t created, const MirrorState& state) {
    std::ostream& out = context.out;
    const etl::Config::WriteBack& rules = context.config.write_back;
    fmt::print(out, "{}: {} rows; {} changes, {} are so already, {} refused\n", source.name,
               source.rows.size(), figures.changes, figures.already, figures.refused);
    print_changes(out, source.rows, plan);
    print_refusals(out, source.rows);
    for (const std::string& warning : figures.warnings) fmt::print(out, "  note: {}\n", warning);
    fmt::print(out, "{}; what was edited at the school since then is not seen here\n",
               describe(state));
    if (plan == 0) {
        out << "Nothing to send; no plan was made.\n";
        return;
    }
    fmt::print(out, "plan {}: {} requests, about {}, {}\n", plan, figures.changes,
               seconds((rules.gap + kTypicalAnswer) * figures.changes),
               rules.counts ? "from the budget of exports" : "beside the budget of exports");
    if (figures.creations > 0) print_creations(out, context.config, figures, created);
    if (figures.payments > 0)
        fmt::print(out, "  completes {} orders; the service makes a payment for each\n",
                   figures.payments);
    if (figures.approved)
        fmt::print(out,
                   "Approved by itself: {} changes, at most {} ([write_back] auto_approve). Next: "
                   "gcmirror push send {}\n",
                   figures.changes, rules.auto_approve, plan);
    else
        fmt::print(out, "Nothing was sent. Next: gcmirror push approve {} --by NAME, within {}\n",
                   plan, etl::format_duration(rules.plan_expiry));
}

void print_plan_json(Context& context, const PushSource& source, const PlanFigures& figures,
                     std::int64_t plan, const MirrorState& state) {
    Poco::JSON::Object root(Poco::JSON_PRESERVE_KEY_ORDER);
    root.set("plan", plan);
    root.set("name", source.name);
    if (state.as_of) root.set("mirror_as_of", *state.as_of);
    root.set("rows", source.rows.size());
    root.set("changes", figures.changes);
    root.set("already_so", figures.already);
    root.set("refused", figures.refused);
    root.set("creations", figures.creations);
    root.set("payments", figures.payments);
    Poco::JSON::Parser parser;
    root.set("refusals", parser.parse(refusals_json(source.rows)));
    root.stringify(context.out);
    context.out << '\n';
}

void print_push_queries(Context& context) {
    const std::vector<PushQuery> queries = push_queries(context.config);
    std::size_t width = std::string_view("outbox").size();
    for (const PushQuery& query : queries) width = std::max(width, query.name.size());
    for (const PushQuery& query : queries)
        fmt::print(context.out, "  {:<{}}  {} ({})\n", query.name, width, query.what,
                   name_of(query.mode));
    fmt::print(context.out,
               "  {:<{}}  rows that wait in outbox.change\n"
               "gcmirror push plan NAME, or --csv FILE.\n",
               "outbox", width);
}

}  // namespace jobs
