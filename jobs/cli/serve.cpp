// gcmirror serve and alert test.
#include "jobs/serve/serve.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>

#include "jobs/cli/command.hpp"
#include "jobs/serve/notify.hpp"

namespace jobs {

Run declare_serve(CLI::App&, const GlobalOptions& global) {
    return [&global](Context& context) {
        return run_serve(context, [file = global.config_file, environment = global.environment] {
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
