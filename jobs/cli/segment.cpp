// gcmirror segment: options of its four commands.
#include "jobs/push/segment.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include "jobs/cli/command.hpp"

namespace jobs {
namespace {

using Options = std::shared_ptr<SegmentOptions>;

Options declare_options(CLI::App& app, bool required) {
    auto options = std::make_shared<SegmentOptions>();
    app.add_option("name", options->name, "name of the segment")->required(required);
    return options;
}

void declare_who(CLI::App& app, const Options& options) {
    app.add_option("--by", options->by, "who does it, for the audit; default: your user name here");
}

}  // namespace

Run declare_segment_add(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options(app, true);
    app.add_option("query", options->query, "write-back query: gcmirror push plan lists them")
        ->required();
    declare_who(app, options);
    return [options](Context& context) { return run_segment_add(context, *options); };
}

Run declare_segment_list(CLI::App&, const GlobalOptions&) {
    return [](Context& context) { return run_segment_list(context); };
}

Run declare_segment_run(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options(app, false);
    app.add_flag("--stale-ok", options->stale_ok,
                 "go on although the mirror is older than [alert] fresh_within");
    return [options](Context& context) { return run_segment_run(context, *options); };
}

Run declare_segment_drop(CLI::App& app, const GlobalOptions&) {
    const Options options = declare_options(app, true);
    declare_who(app, options);
    return [options](Context& context) { return run_segment_drop(context, *options); };
}

}  // namespace jobs
