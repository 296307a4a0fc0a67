// gcmirror serve and alert test.
#include "jobs/serve/serve.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

#include "etl/error.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/fleet.hpp"
#include "jobs/fleet/fleet.hpp"
#include "jobs/serve/notify.hpp"

namespace jobs {

namespace {

int serve_fleet(Context& context, const GlobalOptions& global, const ServeOptions& options,
                const std::string& folder) {
    if (options.daemon || !options.pid_file.empty())
        throw etl::Error(etl::Kind::usage, "--fleet stays in the foreground",
                         "Let systemd keep it: gcmirror-fleet.service.");
    fleet::FleetOptions fleet{folder, options.now, {}, global.environment};
    if (global.json) fleet.arguments.emplace_back("--json");
    if (global.verbose) fleet.arguments.emplace_back("--verbose");
    return fleet::run_fleet(context, fleet);
}

}  // namespace

Run declare_serve(CLI::App& app, const GlobalOptions& global) {
    const auto options = std::make_shared<ServeOptions>();
    app.add_flag("--now", options->now, "a sync at once, before the schedule's next");
    app.add_flag("--daemon", options->daemon, "leave the terminal");
    app.add_option("--pidfile", options->pid_file, "file that gets the process's number");
    app.add_option("--log-file", options->log_file, "with --daemon: file the log goes to");
    const auto many = std::make_shared<bool>(false);
    app.add_flag("--fleet", *many, "many schools: a process for each file of [fleet] schools");
    const auto folder = declare_schools_dir(app);
    return [&global, options, many, folder](Context& context) {
        if (*many) return serve_fleet(context, global, *options, *folder);
        options->write_key_given = global.environment.contains("GETCOURSE_WRITE_KEY");
        return run_serve(
            context, *options, [file = global.config_file, environment = global.environment] {
                return etl::load_config(
                    file.empty() ? std::nullopt : std::optional<std::filesystem::path>(file),
                    environment);
            });
    };
}

Run declare_alert_test(CLI::App&, const GlobalOptions&) {
    return [](Context& context) { return run_alert_test(context); };
}

}  // namespace jobs
