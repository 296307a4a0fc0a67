// gcmirror sync and plan: the same options; one asks, the other says what it would cost.
#include "jobs/sync/sync.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include "etl/error.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/plan.hpp"

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

}  // namespace

Run declare_sync(CLI::App& app, const GlobalOptions&) {
    return [arguments = declare_arguments(app)](Context& context) {
        SyncOptions options;
        options.query = checked(*arguments);
        options.terminal = context.terminal;
        return run_sync(context.config, options, context.out, context.err, context.stop);
    };
}

Run declare_plan(CLI::App& app, const GlobalOptions&) {
    return [arguments = declare_arguments(app)](Context& context) {
        return run_plan(context, checked(*arguments));
    };
}

}  // namespace jobs
