// gcmirror db: the private PostgreSQL.
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>

#include <memory>
#include <ostream>

#include "etl/client_program.hpp"
#include "etl/cluster.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/installation.hpp"
#include "etl/log.hpp"
#include "jobs/cli/command.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

etl::Cluster private_cluster(const Context& context) {
    if (!context.config.database.url.empty())
        throw Error(Kind::usage,
                    "[database] url names a server of yours; gcmirror starts and stops only its "
                    "private one",
                    "Use your own tools for it, or leave url empty.");
    return etl::Cluster(context.config);
}

// Becomes psql; returns only by an exception. Where it connects to stands in its environment: on a
// command line every user of the machine would read the password.
int become_psql(Context& context, const std::vector<std::string>& given) {
    for (const auto& [name, value] : etl::client_environment(etl::database_url(context.config)))
        setenv(name.c_str(), value.c_str(), 1);
    std::vector<std::string> arguments = {"psql"};
    arguments.insert(arguments.end(), given.begin(), given.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    context.out.flush();
    sigset_t none;  // psql handles its own interrupts
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp("psql", argv.data());
    throw Error(Kind::unexpected, "psql cannot be started",
                "Install Debian's package postgresql-client.");
}

}  // namespace

Run declare_db_start(CLI::App&, const GlobalOptions&) {
    return [](Context& context) {
        context.out << private_cluster(context).ensure_running() << '\n';
        return 0;
    };
}

Run declare_db_stop(CLI::App&, const GlobalOptions&) {
    return [](Context& context) {
        private_cluster(context).stop();
        return 0;
    };
}

Run declare_db_url(CLI::App&, const GlobalOptions&) {
    return [](Context& context) {
        context.out << etl::log::redacted(etl::database_url(context.config)) << '\n';
        return 0;
    };
}

// Migrates first: the table that says whose it is may be new to it.
Run declare_db_adopt(CLI::App&, const GlobalOptions&) {
    return [](Context& context) {
        etl::require_account(context.config);
        etl::pg::Connection connection(etl::database_url(context.config), "adopt");
        etl::migrate(connection);
        context.out << etl::adopt_database(connection, context.config) << '\n'
                    << "stop every other gcmirror that works with a copy of it\n";
        return 0;
    };
}

Run declare_db_psql(CLI::App& app, const GlobalOptions&) {
    auto arguments = std::make_shared<std::vector<std::string>>();
    app.add_option("arguments", *arguments, "arguments of psql");
    return [arguments](Context& context) { return become_psql(context, *arguments); };
}

}  // namespace jobs
