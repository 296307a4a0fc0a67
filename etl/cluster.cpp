#include "etl/cluster.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <vector>

#include "etl/clock.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "etl/server_program.hpp"

extern char** environ;

namespace etl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestSocketPath = 107;  // of sockaddr_un, less the file's name
constexpr const char* kSocketName = "/.s.PGSQL.5432";
constexpr const char* kDatabase = "gcmirror";
// A session is there for a moment after its client has closed it, an earlier command's, too.
constexpr Duration kSessionsEnd = std::chrono::seconds{1}, kLook = std::chrono::milliseconds{20};
constexpr const char* kSettings =
    "\n# gcmirror: what it is told at each start wins\nlisten_addresses = "
    "''\nunix_socket_permissions = 0700\n"
    "shared_buffers = '256MB'\nmax_wal_size = '4GB'\ncheckpoint_timeout = '15min'\n"
    "log_timezone = 'UTC'\ntimezone = 'UTC'\n";

constexpr const char* kCertificate = "gcmirror.crt";
constexpr const char* kKey = "gcmirror.key";

std::string file_text(const std::string& path) {
    std::ifstream file(path);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (file && !text.empty()) return text;
    throw Error(Kind::usage, fmt::format("{} cannot be read", path),
                "[database] certificate_file and key_file name PEM files that this user can read.");
}

int major_of(const fs::path& folder) {
    const std::string name = folder.filename();
    int major = 0;
    (void)std::from_chars(name.data(), name.data() + name.size(), major);
    return major;
}

// The folders of the major versions that are installed, oldest first.
std::vector<fs::path> installed(const fs::path& versions) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(versions, ignored))
        if (fs::exists(entry.path() / "bin" / "initdb")) found.push_back(entry.path());
    std::sort(found.begin(), found.end(),
              [](const fs::path& a, const fs::path& b) { return major_of(a) < major_of(b); });
    return found;
}

fs::path pg_dir(const fs::path& data_dir) { return data_dir / "pg"; }

// The socket's folder: below data_dir, or below /tmp under a name made of it when the path would be
// too long for a socket.
fs::path socket_dir(const fs::path& data_dir) {
    fs::path usual = data_dir / "run";
    if (usual.string().size() + std::string(kSocketName).size() <= kLongestSocketPath) return usual;
    return fs::path("/tmp") /
           fmt::format("gcmirror-{}", std::hash<std::string>{}(data_dir.string()));
}

// The server's user must be able to walk to data_dir, which may lie in a home that only root can
// enter.
void check_reachable(const fs::path& data_dir) {
    if (geteuid() != 0 ||
        run_as_server({"/bin/sh", "-c", "test -x \"$0\"", data_dir.string()}).status == 0)
        return;
    throw Error(Kind::database,
                fmt::format("PostgreSQL's user {} cannot enter {}", server_account().name,
                            data_dir.string()),
                "Set [database] data_dir (or GCMIRROR_DATABASE_DATA_DIR) to a place outside of "
                "root's home, such as /var/lib/gcmirror.");
}

// One process at a time makes or starts the cluster; ends with the process.
class FolderLock {
public:
    explicit FolderLock(const fs::path& folder)
        : file_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (file_ >= 0) flock(file_, LOCK_EX);
    }
    ~FolderLock() {
        if (file_ >= 0) close(file_);
    }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int file_;
};

void empty_folder(const fs::path& folder) {
    (void)run_as_server({"/usr/bin/find", folder.string(), "-mindepth", "1", "-delete"});
}

// A pid file whose process is gone, or is no server of ours, must not keep the server from starting
// (kill -9, power cut, reboot).
void clear_stale_pid(const fs::path& data_dir) {
    const fs::path file = pg_dir(data_dir) / "postmaster.pid";
    const std::string line = fs::exists(file) ? first_line_as_server(file) : "";
    if (line.empty() || line.find_first_not_of("0123456789") != std::string::npos) return;
    std::ifstream command("/proc/" + line + "/comm");
    std::string name;
    std::getline(command, name);
    if (name.find("postgres") == std::string::npos)
        (void)run_as_server({"/bin/rm", "-f", "--", file.string()});
}

// PGPORT, PGOPTIONS and the like were set for other servers.
void forget_other_servers() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (const std::string text = *entry; text.starts_with("PG"))
            names.push_back(text.substr(0, text.find('=')));
    for (const std::string& name : names) unsetenv(name.c_str());
}

}  // namespace

Cluster::Cluster(const fs::path& data_dir, fs::path versions)
    : data_dir_(fs::absolute(data_dir)), versions_(std::move(versions)) {
    run_server_as_owner_of(data_dir_);
}

Cluster::Cluster(const Config& config) : Cluster(config.data_dir()) {
    if (config.database.listen.empty()) return;
    listening_ = parse_listening(config.database.listen);
    if (!listening_) return;  // refused when the configuration was read
    listening_->certificate_file = config.database.certificate_file;
    listening_->key_file = config.database.key_file;
}

void Cluster::listen(std::optional<Listening> listening) { listening_ = std::move(listening); }

fs::path Cluster::binaries() const {
    const std::vector<fs::path> found = installed(versions_);
    if (const fs::path version = pg_dir(data_dir_) / "PG_VERSION"; fs::exists(version)) {
        const std::string has = first_line_as_server(version);
        for (const fs::path& folder : found)
            if (folder.filename() == has) return folder / "bin";
    }
    if (!found.empty()) return found.back() / "bin";
    const char* const given = std::getenv("PATH");
    std::istringstream path(given == nullptr ? "" : given);
    for (std::string dir; std::getline(path, dir, ':');)
        if (fs::exists(fs::path(dir) / "initdb") && fs::exists(fs::path(dir) / "pg_ctl"))
            return dir;
    throw Error(Kind::database, "PostgreSQL's programs (initdb, pg_ctl) are not installed",
                "Install Debian's package postgresql, or set [database] url to a server.");
}

void Cluster::check_version() const {
    const fs::path version = pg_dir(data_dir_) / "PG_VERSION";
    const std::vector<fs::path> found = installed(versions_);
    if (found.empty() || !fs::exists(version)) return;
    const std::string has = first_line_as_server(version);
    std::string all;
    for (const fs::path& folder : found) {
        if (folder.filename() == has) return;
        all += (all.empty() ? "" : ", ") + folder.filename().string();
    }
    throw Error(Kind::database,
                fmt::format("the data in {} belong to PostgreSQL {}, installed is PostgreSQL {}",
                            pg_dir(data_dir_).string(), has, all),
                fmt::format("Install postgresql-{}, or move the data with pg_upgrade or pg_dump, "
                            "or set [database] data_dir to an empty place.",
                            has));
}

// Made beside its place and moved there when it is whole: what was cut off is made anew.
void Cluster::init() {
    const fs::path made = data_dir_ / "pg.new", pg = pg_dir(data_dir_);
    make_server_folder(made);
    empty_folder(made);
    const Ran ran = run_as_server({binaries() / "initdb", "-D", made, "-U", server_account().name,
                                   "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8",
                                   "--locale=C.UTF-8"});
    if (ran.status != 0)
        throw Error(Kind::database,
                    fmt::format("initdb failed in {}: {}", made.string(), ran.output));
    (void)run_as_server({"/bin/sh", "-c", "cat >> \"$0\"", (made / "postgresql.conf").string()},
                        kSettings);
    if (fs::exists(pg)) {  // an initdb of an older version that was cut off; nothing was in it yet
        empty_folder(pg);
        fs::remove(pg);
    }
    fs::rename(made, pg);
}

// Certificate and rules lie in the server's own folder, which alone the server can be sure to read.
void Cluster::prepare_listening() {
    if (!listening_) return;
    const fs::path pg = pg_dir(data_dir_);
    const auto put = [&](const char* name, const std::string& text) {
        const Ran ran = run_as_server(
            {"/bin/sh", "-c", "umask 077; cat > \"$0.new\" && mv -f -- \"$0.new\" \"$0\"",
             (pg / name).string()},
            text);
        if (ran.status != 0)
            throw Error(Kind::database,
                        fmt::format("{} cannot be written: {}", (pg / name).string(), ran.output));
    };
    put("pg_hba.conf", access_rules(server_account().name));
    ServerCertificate shown;
    if (!listening_->certificate_file.empty()) {
        shown = {file_text(listening_->certificate_file), file_text(listening_->key_file)};
    } else {
        if (serves(certificate(), listening_->host)) return;
        shown = make_server_certificate(listening_->host);
    }
    put(kKey, shown.key);
    put(kCertificate, shown.certificate);
}

std::string Cluster::certificate() const {
    const Ran ran = run_as_server({"/bin/cat", "--", pg_dir(data_dir_) / kCertificate});
    return ran.status == 0 ? ran.output : "";
}

void Cluster::start() {
    clear_stale_pid(data_dir_);
    prepare_listening();
    const fs::path pg = pg_dir(data_dir_), log = socket_dir(data_dir_) / "postgres.log";
    std::string options =
        fmt::format("-c unix_socket_directories='{}'", socket_dir(data_dir_).string());
    for (const std::string& option : server_options(listening_)) options += " -c " + option;
    const Ran ran = run_as_server(
        {binaries() / "pg_ctl", "-D", pg, "-l", log, "-w", "-t", "60", "-o", options, "start"});
    if (ran.status != 0)
        throw Error(
            Kind::database,
            fmt::format("the private PostgreSQL in {} does not start: {}", pg.string(), ran.output),
            "See " + log.string() +
                (listening_ ? ". Is the port of [database] listen taken?" : "."));
}

bool Cluster::listens_as_told() const {
    const Ran ran = run_as_server({"/bin/cat", "--", pg_dir(data_dir_) / "postmaster.opts"});
    for (const std::string& option : server_options(listening_))
        if (ran.output.find("\"" + option + "\"") == std::string::npos) return false;
    return true;
}

// Of the server that runs, which may have been started with another one; its fourth line.
int Cluster::port() const {
    constexpr int kUsual = 5432;
    const int wanted = listening_ ? listening_->port : kUsual;
    const Ran ran =
        run_as_server({"/usr/bin/sed", "-n", "4p", pg_dir(data_dir_) / "postmaster.pid"});
    int found = 0;
    const auto read =
        std::from_chars(ran.output.data(), ran.output.data() + ran.output.size(), found);
    return ran.status == 0 && read.ec == std::errc() && found > 0 ? found : wanted;
}

std::string Cluster::url() const {
    return fmt::format("postgresql:///{}?host={}&port={}&user={}", kDatabase,
                       socket_dir(data_dir_).string(), port(), server_account().name);
}

std::string Cluster::maintenance_url() const {
    std::string other = url();
    return other.replace(other.find(kDatabase), std::string(kDatabase).size(), "postgres");
}

void Cluster::make_database_anew() {
    (void)ensure_running();
    pg::Connection connection(maintenance_url(), "cluster");
    connection.execute("DROP DATABASE gcmirror");
    connection.execute("CREATE DATABASE gcmirror");
}

bool Cluster::running() const {
    const fs::path pg = pg_dir(data_dir_);
    return fs::exists(pg / "postmaster.pid") &&
           run_as_server({binaries() / "pg_ctl", "-D", pg, "status"}).status == 0;
}

void Cluster::start_anew_when_alone() {
    {
        pg::Connection connection(url(), "cluster");
        const auto others = [&connection] {
            return connection.value(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND "
                "pid <> pg_backend_pid()");
        };
        const auto clock = system_clock();
        for (const Instant until = clock->now() + kSessionsEnd; others() != "0";) {
            if (clock->now() > until) {
                log::warning("[database] listen is not in force yet",
                             {{"hint",
                               "others work with the private PostgreSQL; when they have ended: "
                               "gcmirror db stop, gcmirror db start"}});
                return;
            }
            (void)clock->sleep_until(clock->now() + kLook, {});
        }
    }
    stop();
    start();
}

std::string Cluster::ensure_running() {
    forget_other_servers();
    std::error_code error;
    fs::create_directories(data_dir_, error);
    if (error == std::errc::permission_denied)  // told with whom the place belongs to
        throw fs::filesystem_error("data_dir", data_dir_, error);
    if (error)
        throw Error(Kind::database,
                    fmt::format("{} cannot be made: {}", data_dir_.string(), error.message()),
                    "Choose another [database] data_dir.");
    check_reachable(data_dir_);
    const FolderLock one_at_a_time(data_dir_);
    make_server_folder(socket_dir(data_dir_));
    check_version();
    if (!fs::exists(pg_dir(data_dir_) / "global" / "pg_control")) init();
    if (!running()) start();
    if (!listens_as_told()) start_anew_when_alone();
    pg::Connection connection(maintenance_url(), "cluster");
    if (connection.query("SELECT FROM pg_database WHERE datname = $1", {kDatabase}).empty())
        connection.execute("CREATE DATABASE gcmirror");
    return url();
}

void Cluster::stop() {
    const fs::path pg = pg_dir(data_dir_);
    if (!fs::exists(pg / "PG_VERSION") || !running()) return;
    const Ran ran = run_as_server({binaries() / "pg_ctl", "-D", pg, "-m", "fast", "-w", "stop"});
    if (ran.status != 0)
        throw Error(Kind::database, fmt::format("the private PostgreSQL in {} does not stop: {}",
                                                pg.string(), ran.output));
}

}  // namespace etl
