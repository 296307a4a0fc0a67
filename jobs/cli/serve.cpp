// gcmirror serve and alert test.
#include "jobs/serve/serve.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

#include "jobs/cli/command.hpp"
#include "jobs/serve/notify.hpp"

namespace jobs {

Run declare_serve(CLI::App& app, const GlobalOptions& global) {
    const auto options = std::make_shared<ServeOptions>();
    app.add_flag("--now", options->now, "a sync at once, before the schedule's next");
    app.add_flag("--daemon", options->daemon, "leave the terminal");
    app.add_option("--pidfile", options->pid_file, "file that gets the process's number");
    app.add_option("--log-file", options->log_file, "with --daemon: file the log goes to");
    return [&global, options](Context& context) {
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
