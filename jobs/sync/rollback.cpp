#include "jobs/sync/rollback.hpp"

#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/sync/analysts.hpp"
#include "jobs/sync/retention.hpp"
#include "schema/sql.hpp"

namespace jobs {

using etl::Error;
using etl::Kind;

void lock_school(etl::pg::Connection& connection) {
    etl::pg::lock_or_throw(connection, "gcmirror sync", "another gcmirror is syncing this school",
                           "Wait until it ends; gcmirror status shows what it does.");
}

void take_back(etl::pg::Connection& connection, const std::string& run) {
    require_versions(connection, run);
    for (const schema::Table* table : schema::tables())
        for (const std::string& sql : schema::rollback_run(*table)) connection.query(sql, {run});
    for (const char* account : {"coverage", "absence"})
        connection.query("DELETE FROM journal." + std::string(account) + " WHERE run_id >= $1",
                         {run});
    // What was refused is refused as before. What the runs ended goes on.
    connection.query(
        "DELETE FROM journal.reject r USING journal.export e WHERE e.id = r.export_id AND r.run_id "
        ">= $1 AND e.state <> 'refused'",
        {run});
    connection.query(
        "UPDATE journal.reject SET closed_at = NULL, closed_run_id = NULL WHERE closed_run_id >= "
        "$1",
        {run});
    connection.query(
        "WITH again AS (DELETE FROM journal.absence_ended WHERE ended_run_id >= $1 RETURNING *) "
        "INSERT INTO journal.absence (table_name, row_key, export_id, run_id, as_of) SELECT "
        "table_name, row_key, export_id, run_id, as_of FROM again WHERE run_id < $1 ORDER BY as_of "
        "ON CONFLICT DO NOTHING",
        {run});
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
    refresh_facts(connection, std::nullopt);
    transaction.commit();
    context.out << "the tables are as before run " << run << "; " << later.text(0, 0)
                << " runs rolled back, their bodies are kept\n";
    return 0;
}

}  // namespace jobs
