// gcmirror db user: logins of people and tools, each with a made password that is shown once.
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

#include "etl/database.hpp"
#include "etl/login.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/option_errors.hpp"

namespace jobs {
namespace {

struct UserOptions {
    std::string action, login, role = "reader";
    bool masked = false, new_password = false;
};

int add(Context& context, const UserOptions& options) {
    const bool masked = options.masked || options.role == "masked";
    etl::pg::Connection connection = etl::open_database(context.config, "db user");
    const std::string password =
        etl::add_login(connection, options.login, masked, options.new_password);
    fmt::print(
        context.out, "{} reads {}\n", options.login,
        masked ? "the masked views: keyed hashes instead of people" : "report, mirror and history");
    if (!password.empty())
        fmt::print(context.out,
                   "password: {}\nIt is shown this once; --new-password makes another.\n",
                   password);
    else
        fmt::print(context.out, "its password stays; --new-password makes another\n");
    fmt::print(context.out, "gcmirror db connection {} tells what to give to a BI tool\n",
               options.login);
    return 0;
}

}  // namespace

Run declare_db_user(CLI::App& app, const GlobalOptions&) {
    auto options = std::make_shared<UserOptions>();
    app.add_option("action", options->action, "add")->required()->check(one_of({"add"}));
    app.add_option("login", options->login, "role that logs in; made when it is missing")
        ->required();
    app.add_option("--role", options->role,
                   "reader: report, mirror and history; masked: keyed hashes instead of people")
        ->check(one_of({"reader", "masked"}));
    app.add_flag("--masked", options->masked, "the same as --role masked");
    app.add_flag("--new-password", options->new_password, "also when the login was there");
    return [options](Context& context) { return add(context, *options); };
}

}  // namespace jobs
