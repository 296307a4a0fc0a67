#include "jobs/push/plan_text.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <ostream>
#include <string_view>
#include <unordered_map>

#include "jobs/output/words.hpp"
#include "jobs/push/allowance.hpp"

namespace jobs {
namespace {

constexpr std::size_t kShownChanges = 10;  // of a plan on the console; push list shows all
constexpr etl::Duration kTypicalAnswer = std::chrono::milliseconds{300};

std::string seconds(etl::Duration time) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return whole < 120 ? fmt::format("{} s", whole) : fmt::format("{} min", (whole + 59) / 60);
}

std::string quoted_or_none(const std::string& text, bool russian) {
    return text.empty() ? words::say(russian, "(none)") : "\"" + text + "\"";
}

void print_changes(Context& context, const std::vector<PlanRow>& rows, std::int64_t plan) {
    std::ostream& out = context.out;
    const bool ru = context.russian;
    std::size_t changes = 0;
    for (const PlanRow& row : rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr || ++changes > kShownChanges) continue;
        fmt::print(out, "  {}\n", change->key);
        for (const Difference& difference : change->differences)
            fmt::print(out, "    {}: {} -> {}\n", difference.field,
                       difference.where.empty() ? words::say(ru, "(not exported)")
                                                : quoted_or_none(difference.old, ru),
                       quoted_or_none(difference.wanted, ru));
    }
    if (changes > kShownChanges)
        out << words::say(ru, "  and {} more: gcmirror push list {}", changes - kShownChanges, plan)
            << '\n';
}

// One line a reason, since whole groups of rows tend to share one.
void print_refusals(Context& context, const std::vector<PlanRow>& rows) {
    std::ostream& out = context.out;
    const bool ru = context.russian;
    std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
    std::unordered_map<std::string_view, std::size_t> places;  // reason -> its place
    for (const PlanRow& row : rows) {
        const auto* refusal = std::get_if<Refusal>(&row.outcome);
        if (refusal == nullptr) continue;
        const auto [at, is_new] = places.try_emplace(refusal->reason, reasons.size());
        if (is_new) reasons.push_back({refusal->reason, {}});
        reasons[at->second].second.push_back(
            refusal->key.empty() ? words::say(ru, "row {}", row.number)
                                 : words::say(ru, "row {} {}", row.number, refusal->key));
    }
    for (std::size_t i = 0; i < std::min(kShownChanges, reasons.size()); ++i) {
        const auto& [reason, who] = reasons[i];
        out << (who.size() > 1 ? words::say(ru, "  refused, {} and {} more: {}", who.front(),
                                            who.size() - 1, reason)
                               : words::say(ru, "  refused, {}: {}", who.front(), reason))
            << '\n';
    }
    if (reasons.size() > kShownChanges)
        out << words::say(ru, "  and for {} other reasons; --json shows each row",
                          reasons.size() - kShownChanges)
            << '\n';
}

void print_creations(Context& context, const PlanFigures& figures, std::int64_t created) {
    const etl::Config& config = context.config;
    const bool ru = context.russian;
    const etl::Config::WriteBack& rules = config.write_back;
    const etl::Day today = etl::Zone(config.getcourse.time_zone).today(etl::system_clock()->now());
    std::string line = words::say(ru, "  creates {} people and orders; {} were created since {}",
                                  figures.creations, created,
                                  etl::format_day(allowance_period(today, rules.allowance_day)));
    if (rules.monthly_allowance == 0)
        line += words::say(ru, " (the allowance is not known: [write_back] monthly_allowance)");
    else if (created + figures.creations > rules.monthly_allowance)
        line += words::say(ru, " of {}: the rest waits until {}", rules.monthly_allowance,
                           etl::format_day(next_allowance_period(today, rules.allowance_day)));
    else
        line += words::say(ru, " of {}", rules.monthly_allowance);
    context.out << line << '\n';
}

}  // namespace

void print_plan(Context& context, const PushSource& source, const PlanFigures& figures,
                std::int64_t plan, std::int64_t created, const MirrorState& state) {
    const bool ru = context.russian;
    const auto line = [&](std::string_view english, const auto&... values) {
        context.out << words::say(ru, english, values...) << '\n';
    };
    const etl::Config::WriteBack& rules = context.config.write_back;
    context.out << words::sentence(
                       words::say(false, "{}: {} rows; {} changes, {} are so already, {} refused",
                                  source.name, source.rows.size(), figures.changes, figures.already,
                                  figures.refused),
                       ru)
                << '\n';
    print_changes(context, source.rows, plan);
    print_refusals(context, source.rows);
    for (const std::string& warning : figures.warnings) line("  note: {}", warning);
    line("{}; what was edited at the school since then is not seen here", describe(state));
    if (plan == 0) return line("Nothing to send; no plan was made.");
    line(rules.counts ? "plan {}: {} requests, about {}, from the budget of exports"
                      : "plan {}: {} requests, about {}, beside the budget of exports",
         plan, figures.changes, seconds((rules.gap + kTypicalAnswer) * figures.changes));
    if (figures.creations > 0) print_creations(context, figures, created);
    if (figures.payments > 0)
        line("  completes {} orders; the service makes a payment for each", figures.payments);
    if (figures.approved)
        line(
            "Approved by itself: {} changes, at most {} ([write_back] auto_approve). Next: "
            "gcmirror push send {}",
            figures.changes, rules.auto_approve, plan);
    else
        line("Nothing was sent. Next: gcmirror push approve {} --by NAME, within {}", plan,
             etl::format_duration(rules.plan_expiry));
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
        fmt::print(context.out, "  {:<{}}  {} ({})\n", query.name, width,
                   context.russian && !query.what_ru.empty() ? query.what_ru : query.what,
                   words::shown("mode", name_of(query.mode), context.russian));
    fmt::print(context.out, "  {:<{}}  {}\n{}\n", "outbox", width,
               words::say(context.russian, "rows that wait in outbox.change"),
               words::say(context.russian, "gcmirror push plan NAME, or --csv FILE."));
}

}  // namespace jobs
