#include "jobs/cli/explain.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/option_errors.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"

namespace jobs {

int run_explain(Context& context, std::int64_t run_id) {
    etl::pg::Connection connection = etl::open_database(context.config, "explain");
    const auto run = connection.query(
        "SELECT id, job, state, coalesce(reason, '') FROM journal.run WHERE id = $1 OR $1 = 0 "
        "ORDER BY id DESC LIMIT 1",
        {std::to_string(run_id)});
    if (run.empty())
        throw etl::Error(
            etl::Kind::usage,
            run_id == 0 ? "there has been no run yet" : fmt::format("there is no run {}", run_id),
            "gcmirror status lists the newest runs.");
    const auto requests = connection.query(
        "SELECT q.id AS request, to_char(q.sent_at AT TIME ZONE $2, 'HH24:MI:SS.MS') AS sent, "
        "q.kind, "
        "concat_ws(' ', e.resource, nullif(e.filter, ''), e.from_day || '..' || e.to_day) AS "
        "export, q.why, "
        "q.answer || CASE WHEN q.code <> 0 THEN ' (' || q.code || ')' ELSE '' END AS answer, "
        "q.rows, q.bytes, concat_ws('; ', nullif(q.message, ''), CASE WHEN q.kind = 'start' AND "
        "e.repeated THEN 'the service gave the export of ' || to_char(e.started_at AT TIME ZONE "
        "$2, 'YYYY-MM-DD HH24:MI') || ' again' END) AS message "
        "FROM journal.request q LEFT JOIN journal.export e ON e.id = q.export_id WHERE q.run_id = "
        "$1 ORDER BY q.id",
        {run.text(0, 0), context.config.getcourse.time_zone});
    if (context.json) {
        print_json(context.out, requests);
        return 0;
    }
    const bool russian = context.russian;
    const std::string job = words::shown("job", run.text(0, 1), russian),
                      state = words::shown("state", run.text(0, 2), russian),
                      &reason = run.text(0, 3), &zone = context.config.getcourse.time_zone;
    context.out << (reason.empty() ? words::say(russian, "run {} ({}): {}; times in {}",
                                                run.text(0, 0), job, state, zone)
                                   : words::say(russian, "run {} ({}): {}, {}; times in {}",
                                                run.text(0, 0), job, state, reason, zone))
                << "\n\n";
    print_table(context.out, requests, russian);
    return 0;
}

Run declare_explain(CLI::App& app, const GlobalOptions&) {
    auto run = std::make_shared<std::int64_t>(0);
    app.add_option("run", *run, "number of the run; default: the newest")
        ->check(whole_number(1, INT64_MAX));
    return [run](Context& context) { return run_explain(context, *run); };
}

}  // namespace jobs
