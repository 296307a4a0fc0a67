#include "jobs/serve/dashboard_data.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <sstream>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/pacing.hpp"
#include "jobs/output/places.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/report/morning.hpp"
#include "jobs/report/report.hpp"
#include "jobs/report/report_page.hpp"
#include "jobs/report/rows_behind.hpp"
#include "jobs/report/workbook.hpp"
#include "jobs/serve/health.hpp"
#include "jobs/serve/queries.hpp"
#include "jobs/serve/trust.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {
namespace {

using etl::pg::Connection;
using Poco::JSON::Array;
using Poco::JSON::Object;

// Sorted, filtered and summed by the page; what has more is for CSV.
constexpr std::size_t kMostRows = 20000;

template <typename Document>
std::string text_of(const Document& document) {
    std::ostringstream out;
    document.stringify(out);
    return out.str();
}

std::string trust_json(const Facts& facts, const Judgement& judgement) {
    Array reasons, tables;
    for (const Judgement::Reason& reason : judgement.reasons) {
        Object item;
        item.set("code", reason.code);
        item.set("about", reason.about);
        item.set("level", std::string(name_of(reason.level)));
        item.set("en", reason.en);
        item.set("ru", reason.ru);
        reasons.add(item);
    }
    for (const TableFacts& table : facts.tables) {
        Object item;
        item.set("name", table.name);
        item.set("as_of", table.as_of ? Poco::Dynamic::Var(etl::format_instant(*table.as_of))
                                      : Poco::Dynamic::Var());
        tables.add(item);
    }
    Object trust;
    trust.set("level", std::string(name_of(judgement.level)));
    trust.set("reasons", reasons);
    trust.set("tables", tables);
    return text_of(trust);
}

// The gauge: what is used in the moving window and when the next request becomes free.
std::string budget_json(Connection& connection, const etl::Config& config) {
    const etl::Config::Budget& budget = config.budget;
    const auto journal = etl::pg_journal(connection, etl::rules_of(config));
    const etl::BootTime boot = etl::boot_time();
    const etl::Moment now{journal->now(), boot.boot_id, boot.since_boot};
    const std::vector<etl::Spent> ledger = journal->ledger();
    const etl::SendDecision decision = journal->free_now();
    std::optional<etl::Duration> oldest;
    for (const etl::Spent& spent : ledger)
        if (const etl::Duration age = etl::age_of(spent, now); age <= budget.window)
            oldest = std::max(oldest.value_or(age), age);
    Object gauge;
    gauge.set("limit", budget.limit);
    gauge.set("reserve", budget.reserve);
    gauge.set("used", decision.used);
    gauge.set("free", decision.free);
    gauge.set("window", etl::format_duration(budget.window));
    gauge.set("others", decision.others);
    if (!decision.allowed) oldest = budget.window - decision.wait;
    gauge.set("more_at",
              oldest ? Poco::Dynamic::Var(etl::format_instant(now.wall + (budget.window - *oldest)))
                     : Poco::Dynamic::Var());
    return text_of(gauge);
}

// What the first sync would cost, while nothing is mirrored; else null.
std::string first_json(Connection& connection, const etl::Config& config, Level level) {
    if (level != Level::unread) return "null";
    const auto journal = etl::pg_journal(connection, etl::rules_of(config));
    const etl::Zone zone(config.getcourse.time_zone);
    const std::vector<PlannedQuery> queries =
        planned_queries(connection, config, [&](etl::Instant t) { return zone.today(t); },
                        zone.today(journal->now()), {});
    const Plan plan = plan_of(*journal, config, queries);
    Object first;
    first.set("requests", plan.requests);
    first.set("seconds", std::chrono::duration_cast<std::chrono::seconds>(plan.expected).count());
    return text_of(first);
}

Object head_of(const Report& report) {
    Object head;
    head.set("name", report.name);
    head.set("en", report.question);
    head.set("ru", report.question_ru);
    head.set("group", report.group);
    head.set("search", report.definition + report.definition_ru);
    return head;
}

constexpr int kNightsShown = 61;

const char* flag(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string overview_json(Connection& connection, const etl::Config& config,
                          const DashboardState& state) {
    const Facts facts = read_facts(connection, config, state.now);
    const Judgement judgement = judge(facts, config);
    const auto fresh = std::chrono::duration_cast<std::chrono::seconds>(config.alert.fresh_within);
    return connection.value(
        filled_places(serve_query("overview"),
                      [](std::string_view) { return nights_query(kNightsShown); }),
        {etl::format_instant(facts.now), config.getcourse.time_zone, config.base_url(),
         config.schedule_sync, std::to_string(fresh.count()), flag(state.leading),
         flag(state.syncing), state.csrf, trust_json(facts, judgement),
         budget_json(connection, config), etl::format_interval(config.budget.window),
         first_json(connection, config, judgement.level)});
}

std::string runs_json(Connection& connection) { return connection.value(serve_query("runs")); }

std::string run_json(Connection& connection, std::int64_t id) {
    return connection.value(serve_query("run"), {std::to_string(id)});
}

std::string rejects_json(Connection& connection, std::int64_t run) {
    return connection.value(serve_query("rejects"), {std::to_string(run)});
}

std::string fields_json(Connection& connection) { return connection.value(serve_query("fields")); }

std::string push_json(Connection& connection, std::int64_t plan) {
    if (plan == 0) return connection.value(serve_query("push_plans"));
    return connection.value(serve_query("push_changes"), {std::to_string(plan)});
}

std::string session_json(const etl::Config& config, const std::string& csrf) {
    Object session;
    session.set("zone", config.getcourse.time_zone);
    session.set("school", config.base_url());
    session.set("csrf", csrf);
    return text_of(session);
}

std::string reports_json() {
    Array all;
    for (const Report& report : reports()) all.add(head_of(report));
    return text_of(all);
}

std::string morning_page_json(Connection& connection, const etl::Config& config,
                              const std::string& lang, etl::Instant now) {
    ReportOptions options;
    options.name = "morning";
    options.trust = asks_trust(config, now);
    Reading reading(connection, config, options);
    return morning_json(reading, read_morning(reading, lang == "ru"), lang == "ru");
}

namespace {

// The range that a page opens with.
void take_recent(Connection& connection, const Report& report, ReportOptions& options) {
    if (!report.has_range) return;
    const Range range = recent(connection.value("SELECT today FROM report.clock"));
    options.from = *range.from;
    if (!report.ahead) options.to = *range.to;
}

}  // namespace

std::string report_json(Connection& connection, const etl::Config& config, ReportOptions options,
                        bool recent_days) {
    const Report& report = find_report(options.name);
    check_options(report, options);
    if (recent_days) take_recent(connection, report, options);
    Reading reading(connection, config, options);
    const auto found = reading.report(report);
    Page page = page_of(reading, report, found, options.lang);
    page.as_of = options.as_of;
    return page_json(page, found, kMostRows);
}

std::string rows_json(Connection& connection, const etl::Config& config, ReportOptions options) {
    const Report& report = find_report(options.name);
    options.rows = true;
    check_options(report, options);
    Reading reading(connection, config, options);
    const RowsBehind found =
        rows_behind(reading, report, options, static_cast<std::int64_t>(kMostRows));
    return page_json(rows_page_of(reading, report, found, options), found.rows, kMostRows,
                     static_cast<std::size_t>(found.total));
}

std::string rows_file(Connection& connection, const etl::Config& config, ReportOptions options) {
    const Report& report = find_report(options.name);
    options.rows = true;
    check_options(report, options);
    Reading reading(connection, config, options);
    if (options.format == "xlsx") return rows_workbook(reading, report, options);
    const RowsBehind found = rows_behind(reading, report, options, kMostFileRows);
    require_file_rows(found.total, report);
    std::ostringstream csv;
    print_excel(csv, found.rows, options.lang == "ru");
    return csv.str();
}

std::string report_file(Connection& connection, const etl::Config& config, ReportOptions options,
                        bool recent_days, etl::Instant now) {
    const Report& report = find_report(options.name);
    options.trust = asks_trust(config, now);
    check_options(report, options);
    const bool russian = options.lang == "ru";
    if (recent_days) take_recent(connection, report, options);
    Reading reading(connection, config, options);
    if (options.format == "xlsx" && report.name == "morning")
        return morning_workbook(reading, russian);
    const auto found = reading.report(report);
    if (options.format == "xlsx")
        return report_workbook(page_of(reading, report, found, options.lang), found);
    std::ostringstream csv;
    print_excel(csv, found, russian);
    return csv.str();
}

}  // namespace jobs
