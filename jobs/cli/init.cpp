// gcmirror init: a configuration file with every key, and the database.
#include <CLI/CLI.hpp>

#include <fstream>
#include <memory>
#include <ostream>

#include "etl/database.hpp"
#include "jobs/cli/command.hpp"

namespace jobs {

Run declare_init(CLI::App& app, const GlobalOptions& global) {
    auto account = std::make_shared<std::string>();
    app.add_option("--account", *account, "account: https://ACCOUNT.getcourse.ru");
    return [account, &global](Context& context) {
        const std::string path = global.config_file.empty() ? "gcmirror.toml" : global.config_file;
        if (std::ifstream(path)) {
            context.out << path << " is there already and stays as it is\n";
        } else {
            std::ofstream(path) << etl::example_config(
                account->empty() ? context.config.getcourse.account : *account);
            context.out << "wrote " << path << " with every key and its default\n";
        }
        (void)etl::open_migrated(context.config, "init");
        context.out << "database ready: gcmirror db url shows where\n"
                       "next: set GETCOURSE_KEY and run gcmirror sync\n";
        return 0;
    };
}

}  // namespace jobs
