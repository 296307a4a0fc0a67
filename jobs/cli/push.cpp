// gcmirror push: options of its commands.
#include "jobs/push/push.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include "jobs/cli/command.hpp"
#include "jobs/cli/option_errors.hpp"
#include "jobs/push/send.hpp"
#include "jobs/push/sender.hpp"
#include "jobs/sync/read_days.hpp"

namespace jobs {
namespace {

using Options = std::shared_ptr<PushOptions>;

Options declare_options() { return std::make_shared<PushOptions>(); }

void declare_plan_number(CLI::App& app, const Options& options, bool required = true) {
    app.add_option("plan", options->plan, "number of the plan")
        ->required(required)
        ->check(whole_number(1, INT64_MAX));
}

}  // namespace

void declare_who(CLI::App& app, std::string& by) {
    app.add_option("--by", by, "who does it, for the audit; default: your user name here");
}

void declare_stale_ok(CLI::App& app, bool& stale_ok) {
    app.add_flag("--stale-ok", stale_ok,
                 "go on although the mirror is older than [alert] fresh_within");
}

Run declare_push_plan(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options();
    app.add_option("name", options->name, "query, or outbox");
    app.add_option("--csv", options->csv,
                   "a CSV file instead, - is stdin; its first line names the columns");
    app.add_option("--mode", options->mode, "of a CSV")
        ->check(one_of({"create", "update", "upsert"}));
    app.add_option("--undo", options->undo, "take back what a plan has changed, by its number")
        ->check(whole_number(1, INT64_MAX));
    app.add_flag("--create-groups", options->create_groups, "groups that do not exist may be made");
    declare_stale_ok(app, options->stale_ok);
    declare_who(app, options->by);
    return [options](Context& context) { return run_push_plan(context, *options); };
}

Run declare_push_approve(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options();
    declare_plan_number(app, options);
    declare_stale_ok(app, options->stale_ok);
    declare_who(app, options->by);
    return [options](Context& context) { return run_push_approve(context, *options); };
}

Run declare_push_send(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options();
    declare_plan_number(app, options);
    app.add_option("--limit", options->limit, "at most so many requests")
        ->check(whole_number(1, INT64_MAX));
    declare_stale_ok(app, options->stale_ok);
    declare_who(app, options->by);
    return [options](Context& context) {
        SendOptions send;
        send.plan = options->plan;
        send.limit = options->limit;
        send.stale_ok = options->stale_ok;
        send.by = options->by;
        send.russian = context.russian;
        send.reader = reader_by_sync(context.config, context.err, context.stop);
        return run_send(context.config, send, context.out, context.err, context.stop);
    };
}

Run declare_push_sender(CLI::App&, const GlobalOptions&) {
    return [](Context& context) {
        SenderOptions options;
        options.reader = reader_by_sync(context.config, context.err, context.stop);
        run_sender(context.config, options, context.out, context.err, context.stop);
        return 0;
    };
}

Run declare_push_list(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options();
    declare_plan_number(app, options, false);
    return [options](Context& context) { return run_push_list(context, *options); };
}

Run declare_push_cancel(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options();
    declare_plan_number(app, options);
    declare_who(app, options->by);
    return [options](Context& context) { return run_push_cancel(context, *options); };
}

Run declare_push_verify(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options();
    declare_plan_number(app, options, false);
    return [options](Context& context) { return run_push_verify(context, *options); };
}

}  // namespace jobs
