// gcmirror db user: logins of people and tools, each with a made password that is shown once.
#include <fmt/ostream.h>
#include <sys/random.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/option_errors.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// 24 letters that nobody confuses and no address must encode: about 140 bits.
std::string made_password() {
    static constexpr std::string_view kLetters =
        "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    constexpr std::size_t kLength = 24, kFair = 256 - 256 % kLetters.size();
    std::string password;
    while (password.size() < kLength) {
        unsigned char byte = 0;
        if (getrandom(&byte, 1, 0) != 1)
            throw Error(Kind::unexpected, "this machine gives no random numbers");
        if (byte < kFair) password += kLetters[byte % kLetters.size()];
    }
    return password;
}

struct UserOptions {
    std::string action, login, role = "reader";
    bool masked = false, new_password = false;
};

bool has_role(etl::pg::Connection& connection, const std::string& login) {
    return connection.value("SELECT count(*) FROM pg_roles WHERE rolname = $1", {login}) != "0";
}

int add(Context& context, const UserOptions& options) {
    const bool masked = options.masked || options.role == "masked";
    etl::pg::Connection connection = etl::open_database(context.config, "db user");
    const bool new_password = options.new_password || !has_role(connection, options.login);
    etl::pg::Transaction all_or_nothing(connection);
    (void)connection.value("SELECT report.add_reader($1, $2::boolean)",
                           {options.login, std::string(masked ? "true" : "false")});
    std::string password;
    if (new_password) {
        password = made_password();
        connection.execute(
            connection.value("SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)",
                             {options.login, connection.scram_of(options.login, password)}));
    }
    all_or_nothing.commit();
    fmt::print(
        context.out, "{} reads {}\n", options.login,
        masked ? "the masked views: keyed hashes instead of people" : "report, mirror and history");
    if (new_password)
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
