// gcmirror db connection: what to paste into BI tools.
#include <fmt/ostream.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <array>
#include <memory>
#include <ostream>

#include "etl/cluster.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/tool_place.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

std::string this_machine() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data()
                                                                             : "localhost";
}

bool of_this_machine(const std::string& host) {
    return host == "localhost" || host.starts_with("127.") || host == "::1";
}

ToolPlace of_private_cluster(const etl::Config& config) {
    const auto listening = etl::parse_listening(config.database.listen);
    if (!listening)
        throw Error(Kind::usage,
                    "the private PostgreSQL has a socket only, which no BI tool reaches",
                    "Set [database] listen, \"127.0.0.1:5433\" for tools on this machine, "
                    "\"*:5433\" for others; then gcmirror db start.");
    const std::string host = listening->host == "*" ? this_machine() : listening->host;
    return {host,       std::to_string(listening->port),
            "gcmirror", "",
            "",         of_this_machine(host) ? "require" : "verify-full"};
}

// A server of the school's own: as this program reaches it.
ToolPlace of_server(etl::pg::Connection& connection) {
    const auto found = connection.query(
        "SELECT coalesce(host(inet_server_addr()), 'localhost'), "
        "coalesce(inet_server_port()::text, "
        "current_setting('port')), current_database(), CASE WHEN current_setting('ssl') = 'on' "
        "THEN "
        "'require' ELSE 'prefer' END");
    return {found.text(0, 0), found.text(0, 1), found.text(0, 2), "", "", found.text(0, 3)};
}

void print_tools(std::ostream& out, const ToolPlace& p) {
    const std::string address = p.host.find(':') == std::string::npos ? p.host : "[" + p.host + "]";
    const auto line = [&](const char* tool, const std::string& what) {
        fmt::print(out, "{:<11} {}\n", tool, what);
    };
    fmt::print(out, "host {}, port {}, database {}, user {}, schema {}, TLS {}\n\n", p.host, p.port,
               p.database, p.login, p.schema, p.sslmode);
    line("Metabase", "Add database > PostgreSQL; Use a secure connection (SSL), mode " + p.sslmode +
                         "; Schemas: only these, " + p.schema);
    line("DataLens", "New connection > PostgreSQL; host, port, path to database as above, TLS on");
    line("Superset", fmt::format("postgresql+psycopg2://{}:PASSWORD@{}:{}/{}?sslmode={}", p.login,
                                 address, p.port, p.database, p.sslmode));
    line("Grafana", fmt::format("Data source PostgreSQL; Host URL {}:{}; TLS/SSL Mode {}", address,
                                p.port, p.sslmode));
    line("Power BI", fmt::format("Get data > PostgreSQL; Server {}:{}; Database {}; DirectQuery",
                                 address, p.port, p.database));
    line("Excel", "Data > Get Data > From Database > From PostgreSQL Database; as for Power BI");
    line("DBeaver", fmt::format("jdbc:postgresql://{}:{}/{}?sslmode={}", address, p.port,
                                p.database, p.sslmode));
    line("dbt", fmt::format("host: {}, port: {}, user: {}, dbname: {}, sslmode: {}", p.host, p.port,
                            p.login, p.database, p.sslmode));
    line("psql", fmt::format("psql \"postgresql://{}@{}:{}/{}?sslmode={}{}\"", p.login, address,
                             p.port, p.database, p.sslmode,
                             p.sslmode == "verify-full" ? "&sslrootcert=gcmirror.crt" : ""));
}

std::string schema_of(etl::pg::Connection& connection, const std::string& login) {
    const auto found =
        connection.query("SELECT masked FROM report.reader WHERE login = $1", {login});
    if (found.empty() && !login.empty() &&
        connection.value("SELECT count(*) FROM pg_roles WHERE rolname = $1", {login}) == "0")
        throw Error(Kind::usage, fmt::format("there is no login \"{}\"", login),
                    fmt::format("gcmirror db user add {} makes it.", login));
    return !found.empty() && found.flag(0, 0) ? "masked" : "report";
}

int print_certificate(Context& context) {
    const std::string text = etl::Cluster(context.config).certificate();
    if (text.empty())
        throw Error(Kind::usage, "the private PostgreSQL has no certificate yet",
                    "Set [database] listen, then gcmirror db start.");
    context.out << text;
    return 0;
}

int print_connection(Context& context, const std::string& login) {
    require_reachable(context.config);
    etl::pg::Connection connection = etl::open_database(context.config, "db connection");
    ToolPlace place = tool_place(context.config, connection, login);
    if (login.empty()) place.login = "LOGIN";
    print_tools(context.out, place);
    if (login.empty())
        context.out << "\ngcmirror db user add LOGIN makes a login and its password\n";
    if (context.config.database.public_host.empty())
        context.out << "\n"
                    << words::say(context.russian,
                                  "the host is the one that this machine knows; where tools reach "
                                  "it by another (behind NAT, a tunnel, a proxy), set [database] "
                                  "public_host")
                    << '\n';
    if (!context.config.database.url.empty()) return 0;
    if (!etl::Cluster(context.config).listens_as_told())
        context.out << "\nnot in force yet: gcmirror db stop, then gcmirror db start\n";
    context.out << "\nverify-full needs the certificate: gcmirror db connection --certificate > "
                   "gcmirror.crt\n";
    return 0;
}

}  // namespace

void require_reachable(const etl::Config& config) {
    if (config.database.url.empty()) (void)of_private_cluster(config);
}

ToolPlace tool_place(const etl::Config& config, etl::pg::Connection& connection,
                     const std::string& login) {
    ToolPlace place =
        config.database.url.empty() ? of_private_cluster(config) : of_server(connection);
    if (const std::string& named = config.database.public_host; !named.empty()) {
        const std::size_t colon = named.rfind(':');
        const bool port = colon != std::string::npos && named.find(':') == colon;
        place.host = port ? named.substr(0, colon) : named;
        if (port) place.port = named.substr(colon + 1);
        if (!of_this_machine(place.host) && config.database.url.empty())
            place.sslmode = "verify-full";
    }
    place.schema = schema_of(connection, login);
    place.login = login;
    return place;
}

Run declare_db_connection(CLI::App& app, const GlobalOptions&) {
    auto login = std::make_shared<std::string>();
    auto certificate = std::make_shared<bool>(false);
    app.add_option("login", *login, "who connects; see db user add");
    app.add_flag("--certificate", *certificate,
                 "print the certificate that clients of the private PostgreSQL trust");
    return [login, certificate](Context& context) {
        return *certificate ? print_certificate(context) : print_connection(context, *login);
    };
}

}  // namespace jobs
