#include "jobs/sync/replay.hpp"

#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "jobs/sync/analysts.hpp"
#include "jobs/sync/rollback.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

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
    connection.query(
        "DELETE FROM journal.certificate c USING journal.export e WHERE e.id = c.export_id AND "
        "c.run_id >= $1 AND e.state = 'loaded'",
        {run});
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
    refresh_facts(connection, std::nullopt);
    transaction.commit();
    serve_analysts(connection);
    context.out << "replayed " << order.rows() << " bodies, " << rows << " rows, 0 requests\n";
    return 0;
}

}  // namespace jobs
