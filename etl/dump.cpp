#include "etl/dump.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>
#include <vector>

#include "etl/client_program.hpp"
#include "etl/cluster.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/value.hpp"

namespace etl {
namespace {

namespace fs = std::filesystem;

// Roles whose rights are this database's. Verifiers only a superuser reads.
constexpr const char* kRoles =
    "SELECT rolname FROM pg_roles WHERE rolname IN (SELECT reader_role FROM report.settings UNION "
    "SELECT masked_role FROM report.settings UNION SELECT 'gcmirror_writer' UNION SELECT login "
    "FROM report.reader)";

// What the migrations took away and --no-acl forgets, and what stands outside of the database.
constexpr const char* kRights =
    "REVOKE UPDATE, DELETE, TRUNCATE ON outbox.audit, outbox.approval, outbox.verdict FROM PUBLIC, "
    "CURRENT_USER; REVOKE ALL ON SCHEMA lock FROM PUBLIC; REVOKE ALL ON journal.kept_role FROM "
    "PUBLIC; SELECT report.grant_roles(), outbox.grant_roles(); SELECT report.apply_settings()";

// The programs of the private server's own version, else what PATH has.
std::string client(const Config& config, const char* name) {
    if (!config.database.url.empty()) return name;
    return Cluster(config).binaries() / name;
}

void run(const Config& config, std::vector<std::string> program, const std::string& url) {
    const std::string name = program[0];
    program[0] = client(config, name.c_str());
    const int status = run_client(program, url);
    constexpr int kNotThere = 127;
    if (status == kNotThere)
        throw Error(
            Kind::database, name + " is not installed",
            "Install Debian's package postgresql-client, of the server's version or newer.");
    if (status != 0)
        throw Error(Kind::database,
                    fmt::format("{} ended with {}; its words stand above", name, status));
}

// Verifiers never stay, whatever ends the dump or the restore.
class ForgottenRoles {
public:
    explicit ForgottenRoles(pg::Connection& connection) : connection_(connection) {}
    ~ForgottenRoles() {
        try {
            connection_.execute("DELETE FROM journal.kept_role");
        } catch (const Error&) {  // the next dump does it
        }
    }
    ForgottenRoles(const ForgottenRoles&) = delete;
    ForgottenRoles& operator=(const ForgottenRoles&) = delete;

private:
    pg::Connection& connection_;
};

// For the dump: the roles with what the server knows their passwords by.
void keep_roles(pg::Connection& connection) {
    const bool readable =
        connection.value("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')") == "t";
    connection.execute(fmt::format(
        "BEGIN; DELETE FROM journal.kept_role; INSERT INTO journal.kept_role SELECT rolname, {} "
        "FROM {} WHERE rolname IN ({}); COMMIT",
        readable ? "rolpassword" : "''", readable ? "pg_authid" : "pg_roles", kRoles));
}

// Returns the logins that need a person: those without the password they may have had, which the
// dump does not hold, and those that could not be made, with the reason.
std::string restore_roles(pg::Connection& connection) {
    const ForgottenRoles afterwards(connection);
    // of logins that this server had before, only a superuser sees whether they have a password
    const auto kept = connection.query(
        "SELECT k.name, format('ALTER ROLE %I PASSWORD %L', k.name, k.verifier), k.verifier = '', "
        "r.rolname IS NOT NULL FROM journal.kept_role k LEFT JOIN pg_roles r ON r.rolname = k.name "
        "WHERE k.verifier IS NOT NULL ORDER BY 1");
    const bool superuser = connection.value("SELECT current_setting('is_superuser')") == "on";
    connection.execute(kRights);
    std::string open;
    const auto leave = [&open](const std::string& login) {
        open += (open.empty() ? "" : ", ") + login;
    };
    const auto readers = connection.query("SELECT login FROM report.reader ORDER BY 1");
    for (std::size_t r = 0; r < readers.rows(); ++r) {
        try {
            connection.query(
                "SELECT report.add_reader(login, masked) FROM report.reader WHERE login = $1",
                {readers.text(r, 0)});
        } catch (const Error& error) {
            leave(fmt::format("{} ({})", readers.text(r, 0), error.what()));
        }
    }
    for (std::size_t r = 0; r < kept.rows(); ++r) {
        const std::string login = kept.text(r, 0);
        if (kept.flag(r, 3) &&
            (!superuser ||
             connection.value("SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = $1",
                              {login}) == "t"))
            continue;
        if (connection.value("SELECT count(*) FROM pg_roles WHERE rolname = $1", {login}) == "0")
            continue;  // not made: said above
        try {
            if (kept.flag(r, 2))
                leave(login);
            else
                connection.execute(kept.text(r, 1));
        } catch (const Error& error) {
            leave(fmt::format("{} ({})", login, error.what()));
        }
    }
    return open;
}

// What init has made and nothing has been asked for.
bool never_used(const std::string& url) {
    pg::Connection connection(url, "restore");
    return schema_state(connection) == SchemaState::current &&
           connection.value(
               "SELECT (SELECT count(*) FROM journal.run) + (SELECT count(*) FROM "
               "journal.request)") == "0";
}

// "school" of https://school.getcourse.ru, else the host: schools may share a folder.
std::string school_in_names(const Config& config) {
    std::string host = config.base_url();
    host = host.substr(host.find("//") + 2);
    host = host.substr(0, host.find('/'));
    constexpr std::string_view kService = ".getcourse.ru";
    if (host.ends_with(kService)) host.resize(host.size() - kService.size());
    for (char& c : host)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
    return host;
}

void make_private(const fs::path& file) {
    const int made =
        open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    const int reason = errno;
    if (made >= 0 && fchmod(made, 0600) == 0) {
        close(made);
        return;
    }
    if (made >= 0) close(made);
    throw Error(Kind::usage,
                fmt::format("{} cannot be written: {}", file.string(),
                            std::generic_category().message(reason)),
                "Nothing was dumped. Name a file in a folder of yours.");
}

}  // namespace

void dump_database(const Config& config, const fs::path& file) {
    const bool to_stdout = file == "-";
    const fs::path made = to_stdout ? file : fs::path(fs::absolute(file).string() + ".new");
    if (!to_stdout) make_private(made);
    std::error_code ignored;
    try {
        pg::Connection connection = open_database(config, "dump");
        const ForgottenRoles afterwards(connection);
        keep_roles(connection);
        std::vector<std::string> program = {"pg_dump", "--format=custom", "--no-password"};
        if (!to_stdout) program.push_back("--file=" + made.string());
        run(config, program, database_url(config));
    } catch (...) {
        if (!to_stdout) fs::remove(made, ignored);
        throw;
    }
    if (to_stdout) return;
    std::error_code error;
    fs::rename(made, file, error);
    if (error)
        throw Error(Kind::usage,
                    fmt::format("{} cannot be made: {}", file.string(), error.message()),
                    "The dump is whole and lies in " + made.string() + ".");
}

std::string restore_database(const Config& config, const fs::path& file) {
    if (!fs::is_regular_file(file))
        throw Error(Kind::usage, fmt::format("there is no file {}", fs::absolute(file).string()),
                    "Name what gcmirror db dump has written.");
    const std::string url = database_url(config);
    if (config.database.url.empty() && never_used(url)) Cluster(config).make_database_anew();
    pg::Connection connection(url, "restore");
    if (schema_state(connection) != SchemaState::none)
        throw Error(Kind::usage, "the database is not empty, and a restore replaces nothing",
                    config.database.url.empty()
                        ? fmt::format("gcmirror db stop, then move {} away; or set [database] "
                                      "data_dir to an empty place.",
                                      (config.data_dir() / "pg").string())
                        : "Make an empty one with createdb and let [database] url name it.");
    run(config,
        {"pg_restore", "--no-password", "--no-owner", "--no-acl", "--exit-on-error",
         "--single-transaction", "--dbname=" + client_environment(url)["PGDATABASE"],
         fs::absolute(file)},
        url);
    migrate(connection);
    return restore_roles(connection);
}

fs::path keep_daily_dump(const Config& config, Instant now) {
    if (config.backup.dir.empty()) return {};
    const fs::path dir = config.backup.dir;
    std::error_code error;
    fs::create_directories(dir, error);
    const auto local = Zone(config.getcourse.time_zone).to_local(now).time_since_epoch();
    const std::string day = format_instant(Instant{local}).substr(0, 10);
    const std::string begin = "gcmirror-" + school_in_names(config) + "-";
    const fs::path file = dir / (begin + day + ".dump");
    if (fs::exists(file)) return {};
    dump_database(config, file);
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(dir, error)) {
        const std::string name = entry.path().filename();
        constexpr std::size_t kDay = 10;  // gcmirror-SCHOOL-2026-11-26.dump of ours and no other
        if (name.starts_with(begin) && name.size() > begin.size() + kDay &&
            name.substr(begin.size() + kDay) == ".dump" &&
            parse_day(name.substr(begin.size(), kDay)))
            all.push_back(entry.path());
    }
    std::sort(all.rbegin(), all.rend());  // their names are days: the newest first
    for (std::size_t i = static_cast<std::size_t>(config.backup.keep); i < all.size(); ++i)
        fs::remove(all[i], error);
    return file;
}

}  // namespace etl
