#include "jobs/sync/reconciliation.hpp"

#include <fmt/format.h>

#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"

namespace jobs {

using etl::Error;
using etl::Kind;

int run_reconciliation(Context& context, std::int64_t run_id) {
    etl::pg::Connection connection = etl::open_database(context.config, "reconciliation");
    const auto run =
        connection.query("SELECT max(run_id) FROM journal.certificate WHERE run_id = $1 OR $1 = 0",
                         {std::to_string(run_id)});
    if (!run.at(0, 0))
        throw Error(Kind::usage,
                    run_id == 0 ? "nothing has been loaded yet"
                                : fmt::format("run {} has loaded nothing", run_id),
                    "gcmirror status lists the newest runs.");
    const auto loads = connection.query(
        "SELECT c.table_name AS table, concat_ws(' ', nullif(e.filter, ''), e.from_day || '..' || "
        "e.to_day) AS window, c.rows, c.inserted, c.changed, c.unchanged, c.duplicate, "
        "c.set_aside, c.older, c.nobody, c.refused, c.rejects, c.balanced, left(c.hash, 12) AS "
        "hash FROM "
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
    const bool russian = context.russian;
    const auto section = [&](const std::string& title, const etl::pg::Result& rows) {
        context.out << '\n' << title << "\n\n";
        print_table(context.out, rows, russian);
    };
    context.out << words::say(russian, "run {}: every row of every body is accounted for",
                              run.text(0, 0))
                << "\n\n";
    print_table(context.out, loads, russian);
    section(words::say(russian, "money in the bodies = money in the tables:"), money);
    const auto refused = connection.query(
        "SELECT c.table_name AS table, c.rows, e.reason FROM journal.certificate c JOIN "
        "journal.export e ON e.id = c.export_id WHERE c.run_id = $1 AND e.state = 'refused' ORDER "
        "BY c.id",
        {run.text(0, 0)});
    if (!refused.empty())
        section(words::say(russian, "refused, nothing of these bodies is in the tables:"), refused);
    const auto days = connection.query(
        "SELECT table_name AS table, filter, from_day, to_day, to_char(as_of AT TIME ZONE $1, "
        "'YYYY-MM-DD HH24:MI') AS as_of, complete "
        "FROM journal.coverage WHERE run_id = $2 ORDER BY id",
        {context.config.getcourse.time_zone, run.text(0, 0)});
    section(words::say(russian, "days covered:"), days);
    return 0;
}

}  // namespace jobs
