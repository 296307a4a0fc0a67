// gcmirror sync and plan: the same options; one asks, the other says what it would cost.
#include "jobs/sync/sync.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <memory>
#include <ostream>
#include <sstream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/plan.hpp"
#include "jobs/cli/sql.hpp"
#include "jobs/output/table_printer.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

struct SyncArguments {
    std::vector<std::string> resources;
    bool full = false;
    std::string from, to;
};

std::shared_ptr<SyncArguments> declare_arguments(CLI::App& app) {
    auto arguments = std::make_shared<SyncArguments>();
    app.add_option("resources", arguments->resources,
                   "users, deals, payments, groups; default: those of the configuration");
    app.add_flag("--full", arguments->full, "read every day again");
    app.add_option("--from", arguments->from,
                   "only orders and people created from this day on, YYYY-MM-DD; not with --full");
    app.add_option("--to", arguments->to, "and up to this day");
    return arguments;
}

std::optional<etl::Day> day_option(const std::string& text, const char* option) {
    if (text.empty()) return std::nullopt;
    const auto day = etl::parse_day(text);
    if (!day)
        throw Error(
            Kind::usage,
            std::string(option) + " is \"" + text + "\", expected a day that exists, as YYYY-MM-DD",
            "Nothing was sent.");
    return day;
}

// What a person asks of a sync, checked before anything is sent.
QueryOptions checked(const SyncArguments& arguments) {
    QueryOptions query;
    query.resources = arguments.resources;
    query.full = arguments.full;
    query.from = day_option(arguments.from, "--from");
    query.to = day_option(arguments.to, "--to");
    if (query.full && (query.from || query.to))
        throw Error(Kind::usage, "--full goes without --from and --to", "Nothing was sent.");
    if (query.from && query.to && *query.from > *query.to)
        throw Error(Kind::usage, "--from " + arguments.from + " lies behind --to " + arguments.to,
                    "Nothing was sent.");
    for (const std::string& resource : query.resources)
        if (resource != "users" && resource != "deals" && resource != "payments" &&
            resource != "groups")
            throw Error(Kind::usage,
                        "there is no resource \"" + resource +
                            "\"; expected users, deals, payments, groups",
                        "Nothing was sent.");
    return query;
}

std::string newest_run(const etl::Config& config) {
    etl::pg::Connection connection = etl::open_database(config, "sync");
    return connection.value("SELECT coalesce(max(id), 0) FROM journal.run");
}

// The same sync for a program: one object on stdout, whatever becomes of it. Other runs wait for
// the lock, so the first run after `before` is this one.
int sync_as_json(Context& context, const SyncOptions& options) {
    const std::string before = newest_run(context.config);
    std::ostringstream said;
    std::ostream nowhere(nullptr);  // progress is of people; the log goes on
    int code = 0;
    std::string problem;
    const auto end = [&] {
        etl::pg::Connection connection = etl::open_database(context.config, "sync");
        const auto run = connection.query(cli_sql("sync_run"), {before});
        context.out << fmt::format("{{\"exit_status\": {}, \"problem\": {},\n \"result\": {},\n ",
                                   code, problem.empty() ? "null" : json_string(problem),
                                   run.empty() ? "null" : run.text(0, 0));
        context.out << fmt::format("\"said\": {}}}\n", json_string(said.str()));
    };
    try {
        code = run_sync(context.config, options, said, nowhere, context.stop);
    } catch (const Error& error) {
        code = etl::exit_code(error.kind());
        problem = etl::log::redacted(error.what());
        end();
        throw;
    }
    end();
    return code;
}

}  // namespace

Run declare_sync(CLI::App& app, const GlobalOptions&) {
    return [arguments = declare_arguments(app)](Context& context) {
        SyncOptions options;
        options.query = checked(*arguments);
        options.terminal = context.terminal;
        options.russian = context.russian && !context.json;
        if (context.json) return sync_as_json(context, options);
        return run_sync(context.config, options, context.out, context.err, context.stop);
    };
}

Run declare_plan(CLI::App& app, const GlobalOptions&) {
    return [arguments = declare_arguments(app)](Context& context) {
        return run_plan(context, checked(*arguments));
    };
}

}  // namespace jobs
