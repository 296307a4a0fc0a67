#include "jobs/sync/plan_inputs.hpp"

#include <algorithm>

#include "jobs/push/outbox.hpp"
#include "jobs/sync/sql.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

std::vector<Covered> covered(etl::pg::Connection& connection,
                             const std::function<etl::Day(etl::Instant)>& day_of) {
    const auto found = connection.query(sync_sql("covered"));
    std::vector<Covered> lines;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const auto to = etl::parse_day(found.text(i, 3));
        const auto as_of = etl::parse_instant(found.text(i, 4));
        if (to && as_of)
            lines.push_back({found.text(i, 0), found.text(i, 1), etl::parse_day(found.text(i, 2)),
                             *to, day_of(*as_of)});
    }
    return lines;
}

// Rows per day of each table as the mirror has them, over the days they span.
std::map<std::string, double> densities(etl::pg::Connection& connection) {
    std::map<std::string, double> out;
    for (const schema::Table* table : schema::tables()) {
        if (table->created.empty()) continue;
        const std::string created = schema::quoted(table->created);
        // Counting a large table takes a fifth of a second a million rows; the server's own
        // estimate is near enough for a mean.
        const auto found = connection.query(
            "SELECT (SELECT CASE WHEN c.reltuples > 100000 THEN c.reltuples::bigint ELSE (SELECT "
            "count(*) FROM mirror." +
            table->name + ") END FROM pg_class c WHERE c.oid = 'mirror." + table->name +
            "'::regclass), extract(day FROM max(" + created + ") - min(" + created +
            "))::bigint + 1 FROM mirror." + table->name);
        if (found.at(0, 1) && found.number(0, 0) > 0)
            out[table->name] =
                static_cast<double>(found.number(0, 0)) / static_cast<double>(found.number(0, 1));
    }
    return out;
}

}  // namespace

std::vector<PlannedQuery> planned_queries(etl::pg::Connection& connection,
                                          const etl::Config& config, const DayOf& day_of,
                                          etl::Day today, const QueryOptions& options) {
    const std::optional<etl::Day> oldest =
        first_row(connection, etl::Zone(config.getcourse.time_zone));
    std::vector<PlannedQuery> planned =
        export_queries(config.sync, {covered(connection, day_of), oldest}, today, options);
    if (!options.full && !options.from && !options.to)
        for (const OpenDays& open : open_days(connection, etl::Zone(config.getcourse.time_zone)))
            widen_for_read_back(planned, open.table, open.from, open.to, open.changes);
    return cut_windows(planned, densities(connection), oldest, config.sync.rows_per_export);
}

std::map<std::string, etl::BuildModel> models_of(etl::Journal& journal,
                                                 const std::vector<PlannedQuery>& queries) {
    std::map<std::string, etl::BuildModel> models;
    for (const PlannedQuery& planned : queries) {
        if (is_list(planned.query) || models.contains(planned.query.resource)) continue;
        const double days =
            planned.query.from && planned.query.to
                ? static_cast<double>((*planned.query.to - *planned.query.from).count() + 1)
                : 1;
        models[planned.query.resource] =
            etl::learn(journal.build_times(planned.query.resource, etl::kBuildTimesLearned), days);
    }
    return models;
}

Plan plan_of(etl::Journal& journal, const etl::Config& config,
             const std::vector<PlannedQuery>& queries, double group_exports) {
    const std::map<std::string, etl::BuildModel> models = models_of(journal, queries);
    const etl::BootTime boot = etl::boot_time();
    const etl::Moment now{journal.now(), boot.boot_id, boot.since_boot};
    return make_plan(queries, models, config,
                     etl::ages_in_window(journal.ledger(), now, etl::rules_of(config)),
                     {journal.free_now(), group_exports});
}

double usual_group_exports(etl::pg::Connection& connection) {
    return std::stod(connection.value(sync_sql("usual_group_exports")));
}

std::optional<etl::Day> first_row(etl::pg::Connection& connection, const etl::Zone& zone) {
    std::optional<etl::Day> first;
    for (const schema::Table* table : schema::tables()) {
        if (table->created.empty()) continue;
        const auto found = connection.query("SELECT (min(" + schema::quoted(table->created) +
                                                ") AT TIME ZONE $1)::date FROM mirror." +
                                                schema::quoted(table->name),
                                            {zone.name()});
        if (const auto day = etl::parse_day(found.text(0, 0)))
            first = std::min(first.value_or(*day), *day);
    }
    return first;
}

bool has_rows(etl::pg::Connection& connection, const etl::ExportQuery& query,
              const etl::Zone& zone) {
    const schema::Table* table = schema::find_table(query.resource);
    if (table == nullptr || table->created.empty() || query.filter != "created_at" || !query.to)
        return false;
    const std::string created = schema::quoted(table->created);
    return connection
        .query("SELECT EXISTS (SELECT FROM mirror." + schema::quoted(table->name) + " WHERE " +
                   created + " >= $1 AND " + created + " < $2)",
               {query.from ? etl::format_instant(zone.begin_of(*query.from)) : "-infinity",
                etl::format_instant(zone.begin_of(*query.to + std::chrono::days{1}))})
        .flag(0, 0);
}

}  // namespace jobs
