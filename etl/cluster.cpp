#include "etl/cluster.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

#include "etl/error.hpp"
#include "etl/pg.hpp"

namespace etl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestSocketPath = 107;  // of sockaddr_un, less the file's name
constexpr const char* kSocketName = "/.s.PGSQL.5432";
constexpr const char* kDatabase = "gcmirror";

struct Account {
    uid_t uid;
    gid_t gid;
    std::string name;
};

Account account_of(const passwd& entry) { return {entry.pw_uid, entry.pw_gid, entry.pw_name}; }

// Who runs the server: ourselves, or, as PostgreSQL refuses root, the user postgres.
Account server_account() {
    if (geteuid() != 0) {
        const passwd* self = getpwuid(geteuid());
        if (self != nullptr) return account_of(*self);
        return {geteuid(), getegid(), "postgres"};
    }
    const passwd* postgres = getpwnam("postgres");
    if (postgres == nullptr)
        throw Error(Kind::database,
                    "PostgreSQL does not run as root, and there is no user postgres to run it",
                    "Install Debian's package postgresql, or set [database] url.");
    return account_of(*postgres);
}

struct Ran {
    int status = -1;
    std::string output;
};

// Runs a program of PostgreSQL as the server's user and waits for it; output of both kinds is kept
// for the message. Descriptors of the child that outlive it (the server's) go to `log`.
Ran run(const std::vector<std::string>& arguments, const fs::path& log) {
    const Account account = server_account();
    const fs::path out = log.string() + ".out";
    const pid_t child = fork();
    if (child < 0) throw Error(Kind::unexpected, "cannot start " + arguments[0]);
    if (child == 0) {
        const int file = open(out.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
        const int nothing = open("/dev/null", O_RDONLY);
        dup2(nothing, 0);
        dup2(file, 1);
        dup2(file, 2);
        if (geteuid() == 0 && (setgid(account.gid) != 0 || setuid(account.uid) != 0)) _exit(126);
        if (chdir("/") != 0) _exit(126);
        setenv("LC_ALL", "C.UTF-8", 1);
        sigset_t none;  // our own mask is not the server's
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        std::vector<char*> argv;
        for (const std::string& argument : arguments)
            argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        execv(argv[0], argv.data());
        _exit(127);
    }
    Ran ran;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    std::ostringstream text;
    text << std::ifstream(out).rdbuf();
    ran.output = text.str();
    fs::remove(out);
    return ran;
}

int major_of(const fs::path& binaries) {
    const std::string version = binaries.parent_path().filename().string();
    return std::atoi(version.c_str());
}

std::string first_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

}  // namespace

Cluster::Cluster(fs::path data_dir) : data_dir_(fs::absolute(std::move(data_dir))) {}

fs::path Cluster::binaries() {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
        if (fs::exists(entry.path() / "bin" / "initdb")) found.push_back(entry.path() / "bin");
    std::sort(found.begin(), found.end(),
              [](const fs::path& a, const fs::path& b) { return major_of(a) < major_of(b); });
    if (!found.empty()) return found.back();
    std::stringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
    for (std::string dir; std::getline(path, dir, ':');)
        if (fs::exists(fs::path(dir) / "initdb") && fs::exists(fs::path(dir) / "pg_ctl"))
            return dir;
    throw Error(Kind::database, "PostgreSQL's programs (initdb, pg_ctl) are not installed",
                "Install Debian's package postgresql, or set [database] url to a server.");
}

namespace {

fs::path pg_dir(const fs::path& data_dir) { return data_dir / "pg"; }

// The socket's folder: below data_dir, or below /tmp under a name made of it when the path would be
// too long for a socket.
fs::path socket_dir(const fs::path& data_dir) {
    const fs::path usual = data_dir / "run";
    if (usual.string().size() + std::string(kSocketName).size() <= kLongestSocketPath) return usual;
    return fs::path("/tmp") /
           ("gcmirror-" + std::to_string(std::hash<std::string>{}(data_dir.string())));
}

void own(const fs::path& dir) {
    const Account account = server_account();
    fs::create_directories(dir);
    if (geteuid() == 0 && chown(dir.c_str(), account.uid, account.gid) != 0)
        throw Error(Kind::database, dir.string() + " cannot be given to the user " + account.name,
                    "Choose another [database] data_dir.");
    fs::permissions(dir, fs::perms::owner_all);
}

// The server's user must be able to walk to data_dir, which may lie in a home that only root can
// enter.
void check_reachable(const fs::path& data_dir) {
    if (geteuid() != 0) return;
    const Ran ran = run({"/bin/sh", "-c", "test -x \"$0\"", data_dir.string()},
                        fs::temp_directory_path() / ("gcmirror-reach-" + std::to_string(getpid())));
    if (ran.status != 0)
        throw Error(
            Kind::database,
            "PostgreSQL's user " + server_account().name + " cannot enter " + data_dir.string(),
            "Set [database] data_dir (or GCMIRROR_DATABASE_DATA_DIR) to a place outside of root's "
            "home, such as /var/lib/gcmirror.");
}

void check_version(const fs::path& pg) {
    const std::string has = first_line(pg / "PG_VERSION");
    const fs::path binaries = Cluster::binaries();
    const std::string ours =
        binaries.filename() == "bin" ? binaries.parent_path().filename().string() : "";
    if (!ours.empty() && has != ours)
        throw Error(Kind::database,
                    "the data in " + pg.string() + " belong to PostgreSQL " + has +
                        ", installed is PostgreSQL " + ours,
                    "Install postgresql-" + has +
                        ", or move the data with pg_upgrade or pg_dump, or set [database] data_dir "
                        "to an empty place.");
}

void init(const fs::path& data_dir) {
    const fs::path pg = pg_dir(data_dir);
    const Ran ran = run({Cluster::binaries() / "initdb", "-D", pg, "-U", server_account().name,
                         "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"},
                        data_dir / "run" / "initdb");
    if (ran.status != 0)
        throw Error(Kind::database, "initdb failed in " + pg.string() + ": " + ran.output);
    std::ofstream conf(pg / "postgresql.conf", std::ios::app);
    conf << "\n# gcmirror: unix socket only\nlisten_addresses = ''\nunix_socket_permissions = "
            "0700\nshared_buffers = '256MB'\nmax_wal_size = '4GB'\n"
            "checkpoint_timeout = '15min'\nlog_timezone = 'UTC'\ntimezone = 'UTC'\n";
}

// A pid file whose process is gone, or is no server of ours, must not keep the server from starting
// (kill -9, power cut, reboot).
void clear_stale_pid(const fs::path& data_dir) {
    const fs::path file = pg_dir(data_dir) / "postmaster.pid";
    const std::string line = first_line(file);
    if (line.empty()) return;
    std::ifstream command("/proc/" + line + "/comm");
    std::string name;
    std::getline(command, name);
    if (name.find("postgres") == std::string::npos) fs::remove(file);
}

}  // namespace

std::string Cluster::url() const {
    return "postgresql:///" + std::string(kDatabase) + "?host=" + socket_dir(data_dir_).string() +
           "&user=" + server_account().name;
}

bool Cluster::running() const {
    const fs::path pg = pg_dir(data_dir_);
    if (!fs::exists(pg / "postmaster.pid")) return false;
    return run({binaries() / "pg_ctl", "-D", pg, "status"}, socket_dir(data_dir_) / "status")
               .status == 0;
}

std::string Cluster::ensure_running() {
    fs::create_directories(data_dir_);
    check_reachable(data_dir_);
    own(socket_dir(data_dir_));
    const fs::path pg = pg_dir(data_dir_);
    if (!fs::exists(pg / "PG_VERSION")) {
        own(data_dir_ / "run");
        own(pg);
        init(data_dir_);
    }
    check_version(pg);
    if (!running()) {
        clear_stale_pid(data_dir_);
        const fs::path log = socket_dir(data_dir_) / "postgres.log";
        const Ran ran =
            run({binaries() / "pg_ctl", "-D", pg, "-l", log, "-w", "-t", "60", "-o",
                 "-c unix_socket_directories='" + socket_dir(data_dir_).string() + "' -c port=5432",
                 "start"},
                socket_dir(data_dir_) / "start");
        if (ran.status != 0)
            throw Error(
                Kind::database,
                "the private PostgreSQL in " + pg.string() + " does not start: " + ran.output,
                "See " + log.string() + ".");
    }
    std::string maintenance = url();
    maintenance.replace(maintenance.find(kDatabase), std::string(kDatabase).size(), "postgres");
    pg::Connection connection(maintenance, "cluster");
    if (connection.query("SELECT FROM pg_database WHERE datname = $1", {kDatabase}).empty())
        connection.execute("CREATE DATABASE gcmirror");
    return url();
}

void Cluster::stop() {
    const fs::path pg = pg_dir(data_dir_);
    if (!fs::exists(pg / "PG_VERSION") || !running()) return;
    const Ran ran = run({binaries() / "pg_ctl", "-D", pg, "-m", "fast", "-w", "stop"},
                        socket_dir(data_dir_) / "stop");
    if (ran.status != 0)
        throw Error(Kind::database,
                    "the private PostgreSQL in " + pg.string() + " does not stop: " + ran.output);
}

}  // namespace etl
