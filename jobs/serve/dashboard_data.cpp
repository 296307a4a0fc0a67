#include "jobs/serve/dashboard_data.hpp"

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/pacing.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/report/report.hpp"
#include "jobs/report/report_catalog.hpp"
#include "jobs/serve/health.hpp"

namespace jobs {
namespace {

std::string trust_json(const Facts& facts, const Judgement& judgement) {
    std::string out = "{\"level\":" + json_string(name_of(judgement.level)) + ",\"reasons\":[";
    for (std::size_t i = 0; i < judgement.reasons.size(); ++i) {
        const auto& reason = judgement.reasons[i];
        out += (i > 0 ? ",{" : "{") + std::string("\"code\":") + json_string(reason.code) +
               ",\"about\":" + json_string(reason.about) +
               ",\"level\":" + json_string(name_of(reason.level)) +
               ",\"en\":" + json_string(reason.en) + ",\"ru\":" + json_string(reason.ru) + "}";
    }
    out += "],\"tables\":[";
    for (std::size_t i = 0; i < facts.tables.size(); ++i)
        out += (i > 0 ? ",{" : "{") + std::string("\"name\":") + json_string(facts.tables[i].name) +
               ",\"as_of\":" +
               (facts.tables[i].as_of ? json_string(etl::format_instant(*facts.tables[i].as_of))
                                      : "null") +
               "}";
    return out + "]}";
}

// The gauge: what is used in the moving window, by what, and when the next request becomes free.
std::string budget_json(etl::pg::Connection& connection, const etl::Config& config) {
    const etl::Config::Budget& budget = config.budget;
    const auto journal = etl::pg_journal(connection, {budget.limit, budget.window, budget.reserve});
    const etl::BootTime boot = etl::boot_time();
    const etl::Moment now{journal->now(), boot.boot_id, boot.since_boot};
    const std::vector<etl::Spent> ledger = journal->ledger();
    const etl::SendDecision decision =
        etl::may_send(ledger, now, budget.limit, budget.window, budget.reserve);
    std::optional<etl::Micros> oldest;
    for (const etl::Spent& spent : ledger)
        if (const etl::Micros age = etl::age_of(spent, now); age <= budget.window)
            oldest = std::max(oldest.value_or(age), age);
    const std::string by = connection.value(
        "SELECT coalesce(json_agg(json_build_object('kind', kind, 'answer', answer, 'count', n) "
        "ORDER BY n DESC), '[]')::text FROM (SELECT kind, answer, count(*) AS n FROM "
        "journal.request "
        "WHERE counts AND sent_at > clock_timestamp() - $1::interval GROUP BY 1, 2) x",
        {etl::format_interval(budget.window)});
    return "{\"limit\":" + std::to_string(budget.limit) +
           ",\"reserve\":" + std::to_string(budget.reserve) +
           ",\"used\":" + std::to_string(decision.used) +
           ",\"free\":" + std::to_string(decision.free) +
           ",\"window\":" + json_string(etl::format_duration(budget.window)) + ",\"more_at\":" +
           (oldest ? json_string(etl::format_instant(now.wall + (budget.window - *oldest)))
                   : "null") +
           ",\"by\":" + by + "}";
}

}  // namespace

std::string overview_json(etl::pg::Connection& connection, const etl::Config& config,
                          const DashboardState& state) {
    const Facts facts = read_facts(connection, config, state.now);
    const std::string rest = connection.value(
        "SELECT json_build_object("
        "'run', (SELECT row_to_json(r) FROM (SELECT id, job, state, started_at, finished_at, "
        "doing, reason, exit_code, loaded_at, (plan ->> 'expected_seconds')::numeric AS "
        "expected_seconds, "
        "  (SELECT count(*) FROM journal.request q WHERE q.run_id = run.id) AS requests FROM "
        "journal.run WHERE job = 'sync' ORDER BY id DESC LIMIT 1) r), "
        "'line', (SELECT json_agg(e ORDER BY e.id) FROM (SELECT id, resource, filter, from_day, "
        "to_day, state, intended_at, started_at, received_at, loaded_at, polls, rows, reason FROM "
        "journal.export "
        "  WHERE run_id = (SELECT max(id) FROM journal.run WHERE job = 'sync') ORDER BY id LIMIT "
        "200) e), "
        "'certificate', (SELECT row_to_json(c) FROM (SELECT run_id, bool_and(balanced) AS "
        "balanced, sum(rows) AS rows, sum(inserted) AS inserted, sum(changed) AS changed, "
        "sum(unchanged) AS unchanged, "
        "  sum(set_aside) AS set_aside, sum(rejects) AS rejects, max(made_at) AS made_at FROM "
        "journal.certificate GROUP BY run_id ORDER BY run_id DESC LIMIT 1) c), "
        "'expected', (SELECT json_agg(x ORDER BY x.due_at DESC) FROM (SELECT due_at, state, "
        "run_id, reason, began_at, ended_at FROM journal.expected_run ORDER BY due_at DESC LIMIT "
        "10) x), "
        "'alerts', (SELECT json_agg(a ORDER BY a.id DESC) FROM (SELECT id, code, about, text_en, "
        "text_ru, level, raised_at, recovered_at FROM journal.alert ORDER BY id DESC LIMIT 20) a), "
        "'push', (SELECT row_to_json(p) FROM (SELECT count(*) FILTER (WHERE state = 'planned') AS "
        "to_send, count(*) FILTER (WHERE state IN ('sending', 'written', 'unclear') AND settled_at "
        "IS NULL) AS to_read_back, "
        "  count(*) FILTER (WHERE state = 'confirmed') AS confirmed, count(*) FILTER (WHERE state "
        "IN ('contradicted', 'refused') OR (state = 'unclear' AND settled_at IS NOT NULL)) AS "
        "not_confirmed FROM outbox.change WHERE plan_id IS NOT NULL) p)"
        ")::text");
    return "{\"now\":" + json_string(etl::format_instant(facts.now)) +
           ",\"zone\":" + json_string(config.getcourse.time_zone) +
           ",\"school\":" + json_string(config.base_url()) +
           ",\"schedule\":" + json_string(config.schedule_sync) +
           ",\"fresh_seconds\":" + std::to_string(config.alert.fresh_within.count() / 1000000) +
           ",\"leading\":" + (state.leading ? "true" : "false") +
           ",\"syncing\":" + (state.syncing ? "true" : "false") +
           ",\"csrf\":" + json_string(state.csrf) +
           ",\"trust\":" + trust_json(facts, judge(facts, config)) +
           ",\"budget\":" + budget_json(connection, config) + ",\"data\":" + rest + "}";
}

std::string runs_json(etl::pg::Connection& connection) {
    return connection.value(
        "SELECT coalesce(json_agg(r ORDER BY r.id DESC), '[]')::text FROM (SELECT r.id, r.job, "
        "r.state, r.started_at, r.finished_at, r.reason, r.exit_code, "
        "(SELECT count(*) FROM journal.request q WHERE q.run_id = r.id) AS requests, c.rows, "
        "c.inserted, c.changed, c.rejects FROM journal.run r "
        "LEFT JOIN LATERAL (SELECT sum(rows) AS rows, sum(inserted) AS inserted, sum(changed) AS "
        "changed, sum(rejects) AS rejects FROM journal.certificate c WHERE c.run_id = r.id) c ON "
        "true ORDER BY r.id DESC LIMIT 100) r");
}

std::string run_json(etl::pg::Connection& connection, std::int64_t id) {
    return connection.value(
        "SELECT coalesce((SELECT json_build_object("
        "'run', (SELECT row_to_json(r) FROM (SELECT id, job, state, started_at, finished_at, "
        "reason, exit_code, doing, loaded_at, plan FROM journal.run WHERE id = $1) r), "
        "'exports', (SELECT json_agg(e ORDER BY e.id) FROM (SELECT id, resource, filter, from_day, "
        "to_day, state, intended_at, started_at, received_at, loaded_at, polls, rows, reason FROM "
        "journal.export WHERE run_id = $1) e), "
        "'requests', (SELECT json_agg(q ORDER BY q.id) FROM (SELECT id, export_id, kind, what, "
        "why, sent_at, answered_at, answer, http_status, code, message, bytes, rows, counts FROM "
        "journal.request WHERE run_id = $1 ORDER BY id LIMIT 2000) q), "
        "'certificates', (SELECT json_agg(c ORDER BY c.id) FROM (SELECT id, table_name, rows, "
        "inserted, changed, unchanged, duplicate, set_aside, older, rejects, balanced FROM "
        "journal.certificate WHERE run_id = $1) c)) "
        "WHERE EXISTS (SELECT FROM journal.run WHERE id = $1))::text, 'null')",
        {std::to_string(id)});
}

std::string rejects_json(etl::pg::Connection& connection, std::int64_t run) {
    return connection.value(
        "SELECT coalesce(json_agg(r ORDER BY r.id DESC), '[]')::text FROM (SELECT id, run_id, "
        "export_id, table_name, row_no, row_key, heading, raw, reason, set_aside FROM "
        "journal.reject "
        "WHERE $1::bigint = 0 OR run_id = $1::bigint ORDER BY id DESC LIMIT 500) r",
        {std::to_string(run)});
}

std::string fields_json(etl::pg::Connection& connection) {
    return connection.value(
        "SELECT json_build_object("
        "'fields', (SELECT json_agg(f ORDER BY f.table_name, f.position) FROM (SELECT table_name, "
        "title, name, type, field_id, first_seen, policy, position FROM mirror.custom_fields) f), "
        "'layouts', (SELECT json_agg(l ORDER BY l.id DESC) FROM (SELECT id, run_id, resource, "
        "received_at, added, gone FROM ("
        "  SELECT e.id, e.run_id, e.resource, e.received_at, ARRAY(SELECT unnest(e.headings) "
        "EXCEPT SELECT unnest(e.before)) AS added, ARRAY(SELECT unnest(e.before) EXCEPT SELECT "
        "unnest(e.headings)) AS gone FROM ("
        "    SELECT id, run_id, resource, received_at, headings, lag(headings) OVER (PARTITION BY "
        "resource ORDER BY id) AS before FROM journal.export WHERE headings <> '{}' AND state IN "
        "('received', 'loaded')) e "
        "  WHERE e.before IS NOT NULL AND e.before <> e.headings) c ORDER BY id DESC LIMIT 50) "
        "l))::text");
}

std::string push_json(etl::pg::Connection& connection, std::int64_t plan) {
    if (plan == 0)
        return connection.value(
            "SELECT coalesce(json_agg(p ORDER BY p.id DESC), '[]')::text FROM (SELECT p.id, "
            "p.name, CASE WHEN p.state IN ('planned', 'approved') AND p.expires_at < "
            "clock_timestamp() THEN 'expired' ELSE p.state END AS state, "
            "p.made_at, p.made_by, p.expires_at, p.requests, p.creations, p.payments, "
            "p.already_so, p.refused, (SELECT string_agg(a.approved_by, ', ') FROM outbox.approval "
            "a WHERE a.plan_id = p.id) AS approved_by, "
            "count(*) FILTER (WHERE c.state = 'planned') AS to_send, count(*) FILTER (WHERE "
            "c.state IN ('sending', 'written', 'unclear') AND c.settled_at IS NULL) AS "
            "to_read_back, "
            "count(*) FILTER (WHERE c.state = 'confirmed') AS confirmed, count(*) FILTER (WHERE "
            "c.settled_at IS NOT NULL AND c.state NOT IN ('confirmed', 'cancelled')) AS "
            "not_confirmed "
            "FROM outbox.plan p LEFT JOIN outbox.change c ON c.plan_id = p.id GROUP BY p.id ORDER "
            "BY p.id DESC LIMIT 100) p");
    return connection.value(
        "SELECT coalesce(json_agg(c ORDER BY c.state = 'confirmed', c.id), '[]')::text FROM "
        "(SELECT c.id, c.object, c.key, c.state, c.differences, r.verdict, r.message, r.shown FROM "
        "outbox.change c JOIN outbox.result r ON r.change_id = c.id "
        "WHERE c.plan_id = $1 ORDER BY c.settled_at IS NOT NULL AND c.state = 'confirmed', c.id "
        "LIMIT 1000) c",
        {std::to_string(plan)});
}

std::string reports_json() {
    std::string out = "[";
    for (const Report& report : reports())
        out += (out.size() > 1 ? ",{" : "{") + std::string("\"name\":") + json_string(report.name) +
               ",\"en\":" + json_string(report.question) +
               ",\"ru\":" + json_string(report.question_ru) + "}";
    return out + "]";
}

std::string report_json(etl::pg::Connection& connection, const etl::Config& config,
                        const std::string& name, const std::string& from, const std::string& to,
                        const std::string& by) {
    const Report& report = find_report(name);
    for (const std::string& day : {from, to})
        if (!day.empty() && !etl::parse_day(day))
            throw etl::Error(etl::Kind::usage, "\"" + day + "\" is no day, expected YYYY-MM-DD");
    if (!by.empty() && by != "day" && by != "week" && by != "month")
        throw etl::Error(etl::Kind::usage, "by is \"" + by + "\", expected day, week or month");
    limit_reading(connection, config.database.statement_timeout);
    Range range;
    if (!from.empty()) range.from = from;
    if (!to.empty()) range.to = to;
    if (!by.empty()) range.by = by;
    const Bound bound = bind_range(report.sql, range);
    const auto found = connection.query(bound.sql, bound.parameters);
    std::string out = "{\"name\":" + json_string(report.name) +
                      ",\"en\":" + json_string(report.question) +
                      ",\"ru\":" + json_string(report.question_ru) +
                      ",\"definition\":" + json_string(report.definition) +
                      ",\"chart\":{\"type\":" + json_string(report.chart.type) +
                      ",\"x\":" + json_string(report.chart.x) +
                      ",\"series\":" + json_string(report.chart.series) + ",\"measures\":[";
    for (std::size_t i = 0; i < report.chart.measures.size(); ++i)
        out += (i > 0 ? "," : "") + json_string(report.chart.measures[i]);
    out += "]},\"state\":" +
           json_string(connection.value(
               "SELECT to_char(as_of AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI') FROM report.clock")) +
           ",\"columns\":[";
    for (std::size_t c = 0; c < found.columns().size(); ++c)
        out += (c > 0 ? "," : "") + json_string(found.columns()[c]);
    out += "],\"total\":" + std::to_string(found.rows()) + ",\"rows\":[";
    constexpr std::size_t kMost = 2000;  // a page is for eyes; the CSV of gcmirror report has all
    for (std::size_t r = 0; r < std::min(found.rows(), kMost); ++r) {
        out += r > 0 ? ",[" : "[";
        for (std::size_t c = 0; c < found.columns().size(); ++c)
            out += (c > 0 ? "," : "") + (found.at(r, c) ? json_string(*found.at(r, c)) : "null");
        out += "]";
    }
    return out + "]}";
}

}  // namespace jobs
