// gcmirror segment: options of its four commands.
#include "jobs/push/segment.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include "jobs/cli/command.hpp"

namespace jobs {
namespace {

using Segment = std::shared_ptr<SegmentOptions>;

Segment declare_segment(CLI::App& app, bool required) {
    auto options = std::make_shared<SegmentOptions>();
    app.add_option("name", options->name, "name of the segment")->required(required);
    return options;
}

}  // namespace

Run declare_segment_add(CLI::App& app, const GlobalOptions&) {
    const Segment options = declare_segment(app, true);
    app.add_option("query", options->query, "write-back query: gcmirror push plan lists them")
        ->required();
    declare_who(app, options->by);
    return [options](Context& context) { return run_segment_add(context, *options); };
}

Run declare_segment_list(CLI::App&, const GlobalOptions&) {
    return [](Context& context) { return run_segment_list(context); };
}

Run declare_segment_run(CLI::App& app, const GlobalOptions&) {
    const Segment options = declare_segment(app, false);
    declare_stale_ok(app, options->stale_ok);
    return [options](Context& context) { return run_segment_run(context, *options); };
}

Run declare_segment_drop(CLI::App& app, const GlobalOptions&) {
    const Segment options = declare_segment(app, true);
    declare_who(app, options->by);
    return [options](Context& context) { return run_segment_drop(context, *options); };
}

}  // namespace jobs
