#include "jobs/sync/rebuild.hpp"

#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/loader.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/sync/wide_views.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

void lock_school(etl::pg::Connection& connection) {
    if (!etl::pg::try_lock(connection, "gcmirror sync"))
        throw Error(Kind::locked, "another gcmirror is syncing this school",
                    "Wait until it ends; gcmirror status shows what it does.");
}

// Takes the tables back to before `run`, and forgets the accounts of the loads that are taken back.
void take_back(etl::pg::Connection& connection, const std::string& run) {
    for (const schema::Table* table : schema::tables())
        for (const std::string& sql : schema::rollback_run(*table)) {
            std::string with_run = sql;  // DDL takes no parameters; the number is ours
            for (auto at = with_run.find("$1"); at != std::string::npos; at = with_run.find("$1"))
                with_run.replace(at, 2, run);
            connection.execute(with_run);
        }
    for (const char* account : {"coverage", "reject", "absence"})
        connection.query("DELETE FROM journal." + std::string(account) + " WHERE run_id >= $1",
                         {run});
}

std::string first_run_since(etl::pg::Connection& connection, const std::string& since,
                            const std::string& zone) {
    if (since.empty()) return "0";
    if (!etl::parse_day(since))
        throw Error(Kind::usage,
                    "--since is \"" + since + "\", expected a day that exists, as YYYY-MM-DD");
    const auto found = connection.query(
        "SELECT min(id) FROM journal.run WHERE loaded_at IS NOT NULL AND (started_at AT TIME ZONE "
        "$1)::date >= $2::date",
        {zone, since});
    if (!found.at(0, 0))
        throw Error(Kind::usage, "no run has loaded anything since " + since,
                    "gcmirror status lists the newest runs.");
    return found.text(0, 0);
}

}  // namespace

int run_replay(Context& context, const std::string& since) {
    etl::pg::Connection connection = etl::open_database(context.config, "replay");
    lock_school(connection);
    const std::string run = first_run_since(connection, since, context.config.getcourse.time_zone);
    const auto gone = connection.query(
        "SELECT count(*) FROM journal.export e WHERE state = 'loaded' AND loaded_run_id >= $1 AND "
        "NOT EXISTS (SELECT FROM journal.body b WHERE b.id = e.body_id)",
        {run});
    if (gone.number(0, 0) > 0)
        throw Error(Kind::usage, gone.text(0, 0) + " bodies of that time are no longer kept",
                    "Use --since with a later day; [keep] bodies says how long they stay.");
    etl::pg::Connection bodies(etl::database_url(context.config),
                               "replay bodies");  // read while the other one copies
    const auto journal = etl::pg_journal(bodies, {});
    const etl::Zone zone(context.config.getcourse.time_zone);
    etl::pg::Transaction transaction(connection);
    take_back(connection, run);
    connection.query("DELETE FROM journal.certificate WHERE run_id >= $1", {run});
    const auto order = connection.query(
        "SELECT id, loaded_run_id FROM journal.export WHERE state = 'loaded' AND loaded_run_id >= "
        "$1 ORDER BY loaded_run_id, coalesce(started_at, intended_at), id",
        {run});
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < order.rows(); ++i) {
        if (context.stop.stop_requested())
            throw Error(Kind::stopped, "stopped while replaying; the tables are as they were");
        const etl::Loaded loaded =
            etl::load_export(connection, *journal, context.config, zone, order.number(i, 1),
                             journal->export_row(order.number(i, 0)), {});
        if (loaded.red)
            throw Error(Kind::unexpected,
                        "export " + order.text(i, 0) +
                            " was loaded before and is refused now: " + loaded.reason,
                        "The tables are as they were.");
        rows += loaded.counts.rows;
    }
    transaction.commit();
    widen_views(connection);
    context.out << "replayed " << order.rows() << " bodies, " << rows << " rows, 0 requests\n";
    return 0;
}

int run_rollback(Context& context, std::int64_t run_id) {
    etl::pg::Connection connection = etl::open_database(context.config, "rollback");
    lock_school(connection);
    const std::string run = std::to_string(run_id);
    const auto later = connection.query(
        "SELECT count(*), max(id) FROM journal.run WHERE id >= $1 AND loaded_at IS NOT NULL AND "
        "state <> 'rolled_back'",
        {run});
    if (later.number(0, 0) == 0)
        throw Error(Kind::usage, "run " + run + " and later ones have loaded nothing",
                    "gcmirror status lists the newest runs.");
    etl::pg::Transaction transaction(connection);
    take_back(connection, run);
    connection.query(
        "UPDATE journal.export SET state = 'rolled_back' WHERE loaded_run_id >= $1 AND state = "
        "'loaded'",
        {run});
    connection.query(
        "UPDATE journal.run SET state = 'rolled_back', reason = 'rolled back to before run ' || "
        "$1::bigint WHERE id >= $1::bigint AND loaded_at IS NOT NULL",
        {run});
    transaction.commit();
    context.out << "the tables are as before run " << run << "; " << later.text(0, 0)
                << " runs rolled back, their bodies are kept\n";
    return 0;
}

int run_certificate(Context& context, std::int64_t run_id) {
    etl::pg::Connection connection = etl::open_database(context.config, "certificate");
    const auto run =
        connection.query("SELECT max(run_id) FROM journal.certificate WHERE run_id = $1 OR $1 = 0",
                         {std::to_string(run_id)});
    if (!run.at(0, 0))
        throw Error(Kind::usage,
                    run_id == 0 ? "nothing has been loaded yet"
                                : "run " + std::to_string(run_id) + " has loaded nothing",
                    "gcmirror status lists the newest runs.");
    const auto loads = connection.query(
        "SELECT c.table_name AS table, concat_ws(' ', nullif(e.filter, ''), e.from_day || '..' || "
        "e.to_day) AS window, c.rows, c.inserted, c.changed, c.unchanged, c.duplicate, "
        "c.set_aside, c.older, c.rejects, c.balanced, left(c.hash, 12) AS hash FROM "
        "journal.certificate c JOIN journal.export e ON e.id = c.export_id WHERE c.run_id = $1 "
        "ORDER BY c.id",
        {run.text(0, 0)});
    const auto money = connection.query(
        "SELECT c.table_name AS table, m->>'currency' AS currency, m->>'status' AS status, "
        "sum((m->>'rows')::bigint) AS rows, "
        "sum(coalesce(m->>'cost', m->>'amount')::numeric) AS cost_or_amount, "
        "sum(coalesce(m->>'paid_amount', m->>'received')::numeric) AS paid_or_received "
        "FROM journal.certificate c, jsonb_array_elements(c.money->'table') m WHERE c.run_id = $1 "
        "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        {run.text(0, 0)});
    if (context.json) return print_json(context.out, loads), 0;
    context.out << "run " << run.text(0, 0) << ": every row of every body is accounted for\n\n";
    print_table(context.out, loads);
    context.out << "\nmoney in the bodies = money in the tables:\n\n";
    print_table(context.out, money);
    const auto days = connection.query(
        "SELECT table_name AS table, filter, from_day, to_day, to_char(as_of AT TIME ZONE $1, "
        "'YYYY-MM-DD HH24:MI') AS as_of, complete "
        "FROM journal.coverage WHERE run_id = $2 ORDER BY id",
        {context.config.getcourse.time_zone, run.text(0, 0)});
    context.out << "\ndays covered:\n\n";
    print_table(context.out, days);
    return 0;
}

}  // namespace jobs
