#include "jobs/sync/rollback.hpp"

#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/sync/analysts.hpp"
#include "schema/sql.hpp"

namespace jobs {

using etl::Error;
using etl::Kind;

void lock_school(etl::pg::Connection& connection) {
    if (!etl::pg::try_lock(connection, "gcmirror sync"))
        throw Error(Kind::locked, "another gcmirror is syncing this school",
                    "Wait until it ends; gcmirror status shows what it does.");
}

void take_back(etl::pg::Connection& connection, const std::string& run) {
    for (const schema::Table* table : schema::tables())
        for (const std::string& sql : schema::rollback_run(*table)) connection.query(sql, {run});
    for (const char* account : {"coverage", "reject", "absence"})
        connection.query("DELETE FROM journal." + std::string(account) + " WHERE run_id >= $1",
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
