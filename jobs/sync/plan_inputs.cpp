#include "jobs/sync/plan_inputs.hpp"

#include <ostream>

#include "etl/database.hpp"
#include "etl/journal_pg.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/push/outbox.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

std::vector<Covered> covered(etl::pg::Connection& connection,
                             const std::function<etl::Day(etl::Instant)>& day_of) {
    const auto found = connection.query(
        "SELECT table_name, filter, from_day, to_day, as_of FROM journal.coverage "
        "WHERE complete ORDER BY id");
    std::vector<Covered> lines;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const auto from = etl::parse_day(found.text(i, 2)), to = etl::parse_day(found.text(i, 3));
        const auto as_of = etl::parse_instant(found.text(i, 4));
        if (from && to && as_of)
            lines.push_back({found.text(i, 0), found.text(i, 1), *from, *to, day_of(*as_of)});
    }
    return lines;
}

// Rows per day of each table as the mirror has them, over the days they span.
std::map<std::string, double> densities(etl::pg::Connection& connection) {
    std::map<std::string, double> out;
    for (const schema::Table* table : schema::tables()) {
        if (table->created.empty()) continue;
        const std::string created = schema::quoted(table->created);
        const auto found = connection.query("SELECT (SELECT count(*) FROM mirror." + table->name +
                                            "), extract(day FROM max(" + created + ") - min(" +
                                            created + "))::bigint + 1 FROM mirror." + table->name);
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
    std::vector<PlannedQuery> planned =
        export_queries(config.sync, covered(connection, day_of), today, options);
    if (!options.full && !options.from && !options.to)
        for (const OpenDays& open : open_days(connection, etl::Zone(config.getcourse.time_zone)))
            widen_for_read_back(planned, open.table, open.from, open.to, open.changes);
    return cut_windows(planned, densities(connection), config.sync.rows_per_export);
}

Plan plan_of(etl::pg::Connection&, etl::Journal& journal, const etl::Config& config,
             const std::vector<PlannedQuery>& queries) {
    std::map<std::string, etl::BuildModel> models;
    for (const PlannedQuery& planned : queries) {
        if (!planned.query.from || models.contains(planned.query.resource)) continue;
        const double days =
            planned.query.to
                ? static_cast<double>((*planned.query.to - *planned.query.from).count() + 1)
                : 1;
        models[planned.query.resource] =
            etl::learn(journal.build_times(planned.query.resource, etl::kBuildTimesLearned), days);
    }
    const etl::BootTime boot = etl::boot_time();
    const etl::Moment now{journal.now(), boot.boot_id, boot.since_boot};
    std::vector<etl::Micros> ages;
    for (const etl::Spent& spent : journal.ledger())
        if (const etl::Micros age = etl::age_of(spent, now); age <= config.budget.window)
            ages.push_back(age);
    return make_plan(queries, models, config, std::move(ages));
}

bool has_rows(etl::pg::Connection& connection, const etl::ExportQuery& query,
              const etl::Zone& zone) {
    const schema::Table* table = schema::find_table(query.resource);
    if (table == nullptr || table->created.empty() || !query.from || !query.to) return false;
    const std::string created = schema::quoted(table->created);
    return connection
        .query("SELECT EXISTS (SELECT FROM mirror." + schema::quoted(table->name) + " WHERE " +
                   created + " >= $1 AND " + created + " < $2)",
               {etl::format_instant(zone.begin_of(*query.from)),
                etl::format_instant(zone.begin_of(*query.to + std::chrono::days{1}))})
        .flag(0, 0);
}

int run_plan(Context& context, const QueryOptions& options) {
    etl::pg::Connection connection = etl::open_database(context.config, "plan");
    const etl::Config::Budget& budget = context.config.budget;
    const auto journal = etl::pg_journal(connection, {budget.limit, budget.window, budget.reserve});
    const etl::Zone zone(context.config.getcourse.time_zone);
    const auto day_of = [&](etl::Instant t) { return zone.today(t); };
    const std::vector<PlannedQuery> planned =
        planned_queries(connection, context.config, day_of, zone.today(journal->now()), options);
    const Plan plan = plan_of(connection, *journal, context.config, planned);
    if (context.json) {
        context.out << plan_json(plan) << '\n';
        return 0;
    }
    for (const PlanLine& line : plan.lines) {
        std::string cost = std::to_string(line.requests);
        cost.resize(cost.find('.') + 2);
        context.out << (line.dropped ? "  dropped  " : "  ")
                    << std::string(cost.size() < 5 ? 5 - cost.size() : 0, ' ') << cost << "  "
                    << etl::describe(line.planned.query) << "  (" << line.planned.why << ")\n";
    }
    context.out << plan_sentence(plan, context.config) << "\nNothing was sent.\n";
    return 0;
}

}  // namespace jobs
