// Facts of the journal for the judgement, read by queries/health_*.sql.
#include <algorithm>

#include "etl/journal_pg.hpp"
#include "jobs/serve/health.hpp"
#include "jobs/serve/queries.hpp"
#include "schema/naming.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

using etl::pg::Connection;

std::vector<std::string> texts(const etl::pg::Result& found) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < found.rows(); ++i) out.push_back(found.text(i, 0));
    return out;
}

std::int64_t count(Connection& connection, std::string_view query) {
    return connection.query(serve_query(query)).number(0, 0);
}

std::optional<etl::Instant> instant(const etl::pg::Result& found, std::size_t row,
                                    std::size_t column) {
    return found.at(row, column) ? etl::parse_instant(found.text(row, column)) : std::nullopt;
}

std::vector<TableFacts> freshness(Connection& connection, const etl::Config& config) {
    const auto found = connection.query(serve_query("health_freshness"),
                                        {etl::pg::array_literal(config.sync.resources)});
    std::vector<TableFacts> tables;
    for (std::size_t i = 0; i < found.rows(); ++i)
        tables.push_back({found.text(i, 0), instant(found, i, 1)});
    return tables;
}

bool has_rows(Connection& connection, const schema::Table& table, const etl::pg::Param& from,
              const etl::pg::Param& to, const std::string& zone) {
    const std::string created = schema::quoted(table.created);
    return connection
        .query("SELECT EXISTS (SELECT FROM mirror." + schema::quoted(table.name) +
                   " WHERE missing_since IS NULL AND " + created +
                   " >= $1::date::timestamp AT TIME ZONE $3 AND " + created +
                   " < ($2::date + 1)::timestamp AT TIME ZONE $3)",
               {from, to, zone})
        .flag(0, 0);
}

std::vector<RefusedBody> refused_bodies(Connection& connection) {
    const auto found = connection.query(serve_query("health_refused_bodies"));
    std::vector<RefusedBody> bodies;
    for (std::size_t i = 0; i < found.rows(); ++i)
        bodies.push_back({found.text(i, 0), found.text(i, 1), found.number(i, 2)});
    return bodies;
}

// Exports by creation date without a row, where the mirror has rows of those days.
std::vector<std::string> empty_exports(Connection& connection, const std::string& zone) {
    std::vector<std::string> out;
    const auto found = connection.query(serve_query("health_empty_exports"));
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const schema::Table* table = schema::find_table(found.text(i, 0));
        if (table == nullptr || table->created.empty()) continue;
        if (has_rows(connection, *table, found.at(i, 1), found.at(i, 2), zone))
            out.push_back(found.text(i, 0) + " " + found.text(i, 1) + ".." + found.text(i, 2));
    }
    return out;
}

bool has_code(const std::string& table, const std::string& label) {
    for (const schema::Status& status : schema::statuses(table))
        for (const std::string& known : status.labels)
            if (schema::fold(known) == schema::fold(label)) return true;
    return false;
}

std::vector<std::string> new_statuses(Connection& connection, const std::string& run) {
    std::vector<std::string> out;
    const auto found = connection.query(serve_query("health_new_statuses"), {run});
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const std::string table = found.text(i, 0), label = found.text(i, 1);
        if (!has_code(table, label) &&
            !connection.query(serve_query("health_status_before"), {run, table, label}).flag(0, 0))
            out.push_back(table + ": " + label);
    }
    return out;
}

void read_runs(Connection& connection, Facts& facts) {
    const auto last = connection.query(serve_query("health_last_run"));
    if (!last.empty())
        facts.last_run = RunFacts{last.number(0, 0), last.text(0, 1), last.text(0, 2),
                                  last.number(0, 3), last.flag(0, 4)};
    const auto newest = connection.query(serve_query("health_newest_load"));
    if (!newest.at(0, 0)) return;
    const std::string run = newest.text(0, 0);
    facts.new_fields = texts(connection.query(serve_query("health_new_fields"), {run}));
    facts.new_statuses = new_statuses(connection, run);
}

void read_schedule(Connection& connection, const etl::Config& config, etl::Instant service_now,
                   Facts& facts) {
    const auto overdue =
        connection.query(serve_query("health_overdue"),
                         {etl::format_instant(service_now),
                          etl::format_interval(config.schedule_jitter + config.alert.late_after)});
    facts.overdue_since = instant(overdue, 0, 0);
    const auto expected = connection.query(
        "SELECT state, reason FROM journal.expected_run WHERE state NOT IN ('expected', 'started') "
        "ORDER BY due_at DESC LIMIT 1");
    if (!expected.empty()) {
        facts.last_expected = expected.text(0, 0);
        facts.last_expected_reason = expected.text(0, 1);
    }
    facts.missed = count(connection, "health_missed");
}

std::optional<AtLimit> at_limit(Connection& connection, const etl::Config::Budget& budget) {
    const auto found =
        connection.query(serve_query("health_at_limit"),
                         {std::to_string(budget.limit), etl::format_interval(budget.window)});
    const auto since = instant(found, 0, 0), until = instant(found, 0, 1);
    if (!since || !until || *until - *since < budget.window) return std::nullopt;
    return AtLimit{*since, *until, std::max<std::int64_t>(0, found.number(0, 2))};
}

std::vector<WaitingPlan> waiting_plans(Connection& connection) {
    const auto found = connection.query(serve_query("health_waiting_plans"));
    std::vector<WaitingPlan> plans;
    for (std::size_t i = 0; i < found.rows(); ++i)
        plans.push_back({found.number(i, 0), found.number(i, 1), found.text(i, 2)});
    return plans;
}

}  // namespace

Facts read_facts(Connection& connection, const etl::Config& config, etl::Instant service_now) {
    Facts facts;
    facts.now =
        etl::parse_instant(connection.value("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', "
                                            "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"))
            .value_or(service_now);
    facts.tables = freshness(connection, config);
    read_runs(connection, facts);
    read_schedule(connection, config, service_now, facts);
    facts.foreign_requests = etl::pg_journal(connection, etl::rules_of(config))->free_now().others;
    facts.at_limit = at_limit(connection, config.budget);
    facts.refused = refused_bodies(connection);
    facts.empty = empty_exports(connection, config.getcourse.time_zone);
    facts.waiting_plans = waiting_plans(connection);
    facts.unclear_changes = count(connection, "health_unclear_changes");
    return facts;
}

}  // namespace jobs
