#include "jobs/sync/export_actions.hpp"

#include <fmt/format.h>

#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/sync/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// Runs a statement that changes the export and returns its new state; no row: it may not.
int change(Context& context, std::int64_t id, std::string_view statement,
           const std::string& expected, const std::string& done) {
    etl::pg::Connection connection = etl::open_database(context.config, "export");
    etl::pg::lock_or_throw(connection, "gcmirror sync", "another gcmirror is syncing this school",
                           "Wait until it ends; gcmirror status shows what it does.");
    const auto state =
        connection.query("SELECT state FROM journal.export WHERE id = $1", {std::to_string(id)});
    if (state.empty())
        throw Error(Kind::usage, fmt::format("there is no export {}", id),
                    "gcmirror export list shows those that wait.");
    if (connection.query(sync_sql(statement), {std::to_string(id)}).empty())
        throw Error(Kind::usage,
                    fmt::format("export {} is {}, expected {}", id, state.text(0, 0), expected),
                    "gcmirror export list shows those that wait.");
    context.out << words::say(context.russian, "export {}: {}", id, done) << '\n';
    return 0;
}

}  // namespace

int run_export_list(Context& context) {
    etl::pg::Connection connection = etl::open_database(context.config, "export");
    const auto found =
        connection.query(sync_sql("export_list"), {context.config.getcourse.time_zone});
    if (context.json) return print_json(context.out, found), 0;
    if (found.empty())
        context.out << words::say(context.russian,
                                  "no export is open, and no kept body was refused")
                    << '\n';
    else
        print_table(context.out, found, context.russian);
    return 0;
}

int run_export_drop(Context& context, std::int64_t id) {
    return change(context, id, "export_drop",
                  "one that is intended, started, waiting, late, unclear or received",
                  "dropped; its days are asked for anew where they are due");
}

int run_export_retry(Context& context, std::int64_t id) {
    return change(context, id, "export_retry",
                  "one that was refused or dropped, and has a kept body or an id",
                  "the next sync takes it up");
}

}  // namespace jobs
