// gcmirror export: exports that are open or were refused, in people's hands.
#include <CLI/CLI.hpp>

#include <memory>

#include "jobs/cli/command.hpp"
#include "jobs/sync/export_actions.hpp"

namespace jobs {

Run declare_export_list(CLI::App&, const GlobalOptions&) {
    return [](Context& context) { return run_export_list(context); };
}

Run declare_export_drop(CLI::App& app, const GlobalOptions&) {
    auto id = std::make_shared<std::int64_t>(0);
    app.add_option("id", *id, "number of the export")->required();
    return [id](Context& context) { return run_export_drop(context, *id); };
}

Run declare_export_retry(CLI::App& app, const GlobalOptions&) {
    auto id = std::make_shared<std::int64_t>(0);
    app.add_option("id", *id, "number of the export")->required();
    return [id](Context& context) { return run_export_retry(context, *id); };
}

}  // namespace jobs
