#include "etl/cluster.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "etl/error.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "etl/server_program.hpp"
#include "tests/support/data.hpp"

using etl::Cluster;
namespace fs = std::filesystem;

namespace {

class ClusterTest : public testing::Test {
protected:
    ~ClusterTest() override {
        cluster_.stop();
        fs::remove_all(dir_);
    }
    static std::string value(const std::string& url, const std::string& sql) {
        return etl::pg::Connection(url, "test").value(sql);
    }

    [[nodiscard]] std::string text(const fs::path& file) const {
        std::ostringstream out;
        out << std::ifstream(file).rdbuf();
        return out.str();
    }
    [[nodiscard]] std::string server_process() const {
        const std::string pid = text(dir_ / "pg" / "postmaster.pid");
        return "/proc/" + pid.substr(0, pid.find('\n'));
    }

    fs::path dir_ = fs::temp_directory_path() / ("gcmirror-cluster-" + std::to_string(getpid()));
    Cluster cluster_{dir_};
};

}  // namespace

TEST_F(ClusterTest, IsMadeStartedFoundAgainAndStopped) {
    const std::string url = cluster_.ensure_running();
    EXPECT_EQ(value(url, "SELECT current_database()"), "gcmirror");
    EXPECT_EQ(value(url, "SHOW listen_addresses"), "");
    // Whoever opens it to the network opens it with passwords.
    EXPECT_EQ(value(url,
                    "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules WHERE "
                    "type LIKE 'host%'"),
              "scram-sha-256");
    etl::pg::Connection(url, "test").execute("CREATE TABLE kept (n int)");
    EXPECT_EQ(Cluster(dir_).ensure_running(), url);
    cluster_.stop();
    EXPECT_FALSE(cluster_.running());
    cluster_.stop();
    EXPECT_EQ(value(cluster_.ensure_running(), "SELECT count(*) FROM kept"), "0");
}

TEST_F(ClusterTest, SurvivesAServerThatWasKilledAndAPidFileOfAnotherProcess) {
    const std::string url = cluster_.ensure_running();
    etl::pg::Connection(url, "test").execute("CREATE TABLE kept AS SELECT 7 AS n");
    std::ifstream pid_file(dir_ / "pg" / "postmaster.pid");
    pid_t pid = 0;
    pid_file >> pid;
    ASSERT_GT(pid, 1);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    for (int i = 0; i < 1000 && kill(pid, 0) == 0; ++i)
        usleep(10000);  // bounded: until the kernel has taken it away

    EXPECT_EQ(value(cluster_.ensure_running(), "SELECT n FROM kept"), "7");
    cluster_.stop();
    std::ofstream(dir_ / "pg" / "postmaster.pid")
        << getpid() << "\n"
        << (dir_ / "pg").string() << "\n";  // after a reboot the number is somebody else's
    EXPECT_EQ(value(cluster_.ensure_running(), "SELECT n FROM kept"), "7");
}

namespace {

int free_port() {
    const int file = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(file, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(file, reinterpret_cast<sockaddr*>(&address), &size), 0);
    close(file);
    return ntohs(address.sin_port);
}

std::string refusal(const std::string& url) {
    try {
        etl::pg::Connection connection(url, "test");
        return "not refused";
    } catch (const etl::Error& error) {
        return error.what();
    }
}

}  // namespace

TEST_F(ClusterTest, ListensToBiToolsByPasswordAndTlsWhenToldAndNeverToItsOwner) {
    const int port = free_port();
    (void)cluster_.ensure_running();
    cluster_.listen(etl::parse_listening("*:" + std::to_string(port)));
    const std::string url = cluster_.ensure_running();  // nobody is connected: started anew
    EXPECT_TRUE(cluster_.listens_as_told());
    const std::string owner = value(url, "SELECT current_user");
    {
        etl::pg::Connection connection(url, "test");
        connection.execute("CREATE ROLE anna LOGIN PASSWORD '" +
                           connection.scram_of("anna", "right") + "'");
    }
    const fs::path ca = dir_ / "ca.crt";
    std::ofstream(ca) << cluster_.certificate();
    const auto at = [&](const std::string& host, const std::string& user, const std::string& mode) {
        return "host=" + host + " port=" + std::to_string(port) + " dbname=gcmirror user=" + user +
               " password=right sslmode=" + mode + " sslrootcert=" + ca.string();
    };
    EXPECT_EQ(value(at("localhost", "anna", "verify-full"),
                    "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"),
              "t");
    EXPECT_EQ(value(at("127.0.0.1", "anna", "disable"), "SELECT 1"), "1") << "this machine";
    EXPECT_NE(refusal(at("localhost", owner, "require")).find("pg_hba.conf rejects"),
              std::string::npos);
    EXPECT_NE(refusal("host=localhost port=" + std::to_string(port) +
                      " dbname=gcmirror user=anna password=wrong")
                  .find("password authentication failed"),
              std::string::npos);
    EXPECT_EQ(value(url,
                    "SELECT count(*) FROM pg_hba_file_rules WHERE type = 'host' AND auth_method <> "
                    "'reject' AND address NOT IN ('127.0.0.1', '::1')"),
              "0")
        << "other machines only under TLS";

    const std::string shown = cluster_.certificate();
    cluster_.stop();
    (void)cluster_.ensure_running();
    EXPECT_EQ(cluster_.certificate(), shown) << "clients trust the one they have";
    EXPECT_EQ(value(Cluster(dir_).ensure_running(), "SHOW listen_addresses"), "");
}

TEST_F(ClusterTest, WhereSomebodyIsConnectedANewAddressWaits) {
    const std::string url = cluster_.ensure_running();
    const etl::pg::Connection somebody(url, "somebody");
    cluster_.listen(etl::parse_listening("127.0.0.1:" + std::to_string(free_port())));
    EXPECT_EQ(cluster_.ensure_running(), url) << "by its old port";
    EXPECT_FALSE(cluster_.listens_as_told());
}

TEST_F(ClusterTest, ASessionThatIsJustEndingDoesNotKeepANewAddressWaiting) {
    auto ending = std::make_unique<etl::pg::Connection>(cluster_.ensure_running(), "ending");
    cluster_.listen(etl::parse_listening("127.0.0.1:" + std::to_string(free_port())));
    // closed once the look at who is there has found it
    std::thread closing([&] {
        const etl::pg::Connection& known = *ending;
        etl::pg::Connection watch = known.another("watch");
        for (int i = 0; i < 1000; ++i) {
            if (watch.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                            "'gcmirror: cluster' AND query LIKE '%client backend%'") != "0")
                break;
            usleep(1000);
        }
        ending.reset();
    });
    (void)cluster_.ensure_running();
    closing.join();
    EXPECT_TRUE(cluster_.listens_as_told());
}

TEST(Listening, AnAddressIsReadOrIsNone) {
    for (const char* good : {"127.0.0.1:5433", "[::1]:5433", "*:5433", "db.example.com:1"})
        EXPECT_TRUE(etl::parse_listening(good)) << good;
    EXPECT_EQ(etl::parse_listening("0.0.0.0:5433")->host, "*");
    EXPECT_EQ(etl::parse_listening("[::1]:5433")->host, "::1");
    for (const char* bad :
         {"", "5433", ":5433", "host:", "host:0", "host:65536", "host:54x", "a b:1", "h';--:1"})
        EXPECT_FALSE(etl::parse_listening(bad)) << bad;
}

TEST_F(ClusterTest, DataOfAnotherMajorVersionAreRefusedNamingBoth) {
    fs::create_directories(dir_ / "pg");
    std::ofstream(dir_ / "pg" / "PG_VERSION") << "9.6\n";
    try {
        cluster_.ensure_running();
        FAIL() << "started a server on foreign data";
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("PostgreSQL 9.6"), std::string::npos);
        EXPECT_NE(error.hint().find("postgresql-9.6"), std::string::npos);
    }
    fs::remove_all(dir_ / "pg");
}

TEST_F(ClusterTest, TheShellsServersKeysAndGroupsAreNotItsOwn) {
    setenv("GETCOURSE_WRITE_KEY", "canary-of-the-write-key", 1);
    const char* names[] = {"PGPORT", "PGHOST", "PGOPTIONS", "PGCHANNELBINDING", "PGDATABASE"};
    for (const char* name : names) setenv(name, "1", 1);
    const std::string url = cluster_.ensure_running();
    EXPECT_EQ(value(url, "SELECT current_database()"), "gcmirror");
    EXPECT_NE(url.find("port=5432"), std::string::npos);
    for (const char* name : names) EXPECT_EQ(std::getenv(name), nullptr) << name;

    unsetenv("GETCOURSE_WRITE_KEY");
    const std::string environment = text(server_process() + "/environ");
    EXPECT_NE(environment.find("LC_ALL"), std::string::npos);
    EXPECT_EQ(environment.find("canary"), std::string::npos);
    if (geteuid() != 0) return;
    const std::string status = text(server_process() + "/status");
    const std::string groups = status.substr(status.find("Groups:"));
    EXPECT_EQ(groups.substr(0, groups.find('\n')).find("\t0 "), std::string::npos) << groups;
}

TEST_F(ClusterTest, ALinkInTheServersFolderMakesRootWriteNothing) {
    const fs::path victim = dir_.string() + ".victim";
    std::ofstream(victim) << "precious";
    fs::create_directories(dir_ / "run");
    for (const char* name : {"status.out", "initdb.out", "start.out", "stop.out"})
        fs::create_symlink(victim, dir_ / "run" / name);
    cluster_.ensure_running();
    EXPECT_TRUE(cluster_.running());
    cluster_.stop();
    EXPECT_EQ(text(victim), "precious");
    // a folder that is a link is none
    fs::remove_all(dir_ / "run");
    fs::create_directory_symlink("/etc", dir_ / "run");
    EXPECT_THROW(cluster_.ensure_running(), etl::Error);
    fs::remove(dir_ / "run");
    fs::remove(victim);
}

TEST_F(ClusterTest, AnInitdbThatWasKilledIsMadeAnew) {
    fs::create_directories(dir_ / "pg.new" / "base");
    std::ofstream(dir_ / "pg.new" / "base" / "half") << "half";
    fs::create_directories(dir_ / "pg");  // as an older gcmirror left it
    std::ofstream(dir_ / "pg" / "PG_VERSION")
        << cluster_.binaries().parent_path().filename().string() << "\n";
    if (geteuid() == 0) {
        ASSERT_EQ(
            std::system(("chown -R postgres " + dir_.string() + "/pg " + dir_.string() + "/pg.new")
                            .c_str()),
            0);
    }
    EXPECT_EQ(value(cluster_.ensure_running(), "SELECT 1"), "1");
    EXPECT_FALSE(fs::exists(dir_ / "pg.new"));
}

TEST_F(ClusterTest, OfTwoMajorVersionsTheOneItsDataBelongToIsTaken) {
    const fs::path versions = dir_.string() + ".versions", real = cluster_.binaries();
    fs::create_directories(versions / "99" / "bin");
    for (const char* name : {"initdb", "pg_ctl"}) std::ofstream(versions / "99" / "bin" / name);
    fs::create_directories(versions / real.parent_path().filename());
    fs::create_directory_symlink(real, versions / real.parent_path().filename() / "bin");
    cluster_.ensure_running();
    cluster_.stop();
    Cluster both(dir_, versions);
    EXPECT_EQ(value(both.ensure_running(), "SELECT 1"), "1");
    EXPECT_EQ(Cluster(dir_ / "none", versions).binaries(), versions / "99" / "bin");
    fs::remove_all(versions);
}

TEST_F(ClusterTest, AConnectionThatWaitsOutlivesARestartOfTheServer) {
    etl::pg::Connection connection(cluster_.ensure_running(), "waits");
    connection.reopen_within(std::chrono::minutes{1});
    cluster_.stop();
    std::jthread starting([&] { Cluster(dir_).ensure_running(); });
    EXPECT_EQ(connection.value("SELECT 1"), "1");
    EXPECT_EQ(connection.opened(), 2);
}

namespace {

// What a command says of the database at `url`, with the configuration a service would have.
std::string said(const std::string& url, const std::string& command, int expected) {
    const std::string line =
        "GCMIRROR_CONFIG=/dev/null GETCOURSE_ACCOUNT=school GETCOURSE_KEY=x "
        "GCMIRROR_DATABASE_URL='" +
        url + "' " + test_support::program() + " " + command + " 2>&1";
    FILE* pipe = popen(line.c_str(), "r");
    std::string out;
    for (char buffer[4096]; const std::size_t n = fread(buffer, 1, sizeof buffer, pipe);)
        out.append(buffer, n);
    EXPECT_EQ(WEXITSTATUS(pclose(pipe)), expected) << command << ": " << out;
    return out;
}

constexpr const char* kCertificate =
    "INSERT INTO journal.certificate (run_id, export_id, table_name, rows, inserted, changed, "
    "unchanged, duplicate, set_aside, older, rejects, balanced, previous, hash) SELECT 1, 1, "
    "'deals', 7, 7, 0, 0, 0, 0, 0, 0, true, '', 'abc';"
    "INSERT INTO journal.request (run_id, kind, what, why, sent_at, answer, code, rows, bytes, "
    "message) "
    "SELECT 1, 'list', '', 'to see the groups', now(), 'ok', 0, 3, 10, ''";

// Every command that only looks answers there, in its own words.
void expect_answers(const std::string& url) {
    EXPECT_NE(said(url, "status", 0).find("done"), std::string::npos);
    EXPECT_NE(said(url, "report products", 0).find("Курс А"), std::string::npos);
    EXPECT_NE(said(url, "report morning", 0).find("as of"), std::string::npos);
    EXPECT_NE(said(url, "report debts --explain", 0).find("report.debts"), std::string::npos);
    EXPECT_NE(said(url, "explain", 0).find("to see the groups"), std::string::npos);
    EXPECT_NE(said(url, "certificate", 0).find("every row of every body"), std::string::npos);
    const std::string doctor = said(url, "doctor --offline", 0);
    EXPECT_NE(doctor.find("ok     database"), std::string::npos) << doctor;
    EXPECT_EQ(doctor.find("wrong"), std::string::npos) << doctor;
}

}  // namespace

// A hot standby and a login that may only read: nothing can be written there, and nothing needs to.
TEST_F(ClusterTest, TheCommandsThatOnlyLookAnswerOnAStandbyAndToALoginThatMayOnlyRead) {
    const std::string url = cluster_.ensure_running();
    std::vector<etl::Migration> older = etl::embedded_migrations();
    older.pop_back();
    {
        etl::pg::Connection connection(url, "test");
        etl::migrate(connection, older);
    }
    const fs::path standby = dir_ / "standby", run = dir_ / "standby.run";
    etl::make_server_folder(run);
    etl::make_server_folder(standby);
    setenv("GCMIRROR_DATABASE_DATA_DIR", (dir_ / "client").c_str(), 1);
    const std::string owner = value(url, "SELECT current_user");
    const auto ran = [&](const std::vector<std::string>& arguments) {
        const etl::Ran done = etl::run_as_server(arguments);
        ASSERT_EQ(done.status, 0) << arguments.front() << ": " << done.output;
    };
    const std::string socket = value(url, "SHOW unix_socket_directories");
    ran({cluster_.binaries() / "pg_basebackup", "-R", "-c", "fast", "-X", "stream", "-h", socket,
         "-U", owner, "-D", standby});
    const auto stop = [&] {
        (void)etl::run_as_server(
            {cluster_.binaries() / "pg_ctl", "-D", standby, "-m", "immediate", "-w", "stop"});
    };
    ran({cluster_.binaries() / "pg_ctl", "-D", standby, "-w", "-l", run / "log", "-o",
         "-c unix_socket_directories='" + run.string() + "'", "start"});
    const std::string there = "postgresql:///gcmirror?host=" + run.string() + "&user=" + owner;
    EXPECT_EQ(value(there, "SELECT pg_is_in_recovery()"), "t");

    // older than the program: which version is needed, and what to do on a standby
    const std::string needs = said(there, "status", 6);
    EXPECT_NE(needs.find(etl::embedded_migrations().back().name), std::string::npos) << needs;
    EXPECT_NE(needs.find("on a standby, wait"), std::string::npos) << needs;

    etl::pg::Connection connection(url, "test");
    etl::migrate(connection);
    connection.execute(test_support::read_data("reports/school.sql"));
    connection.execute(kCertificate);
    (void)said(url, "db adopt", 0);
    connection.execute(
        "CREATE ROLE looks LOGIN; GRANT pg_read_all_data TO looks; GRANT CONNECT ON DATABASE "
        "gcmirror "
        "TO looks; ALTER ROLE looks SET "
        "default_transaction_read_only = on");
    const std::string sent = connection.value("SELECT pg_current_wal_flush_lsn()");
    for (int i = 0;
         i < 600 && value(there, "SELECT pg_last_wal_replay_lsn() >= '" + sent + "'") != "t"; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    expect_answers(there);
    expect_answers(url.substr(0, url.find("user=")) + "user=looks");
    const std::string sync = said(there, "sync", 6);
    EXPECT_NE(sync.find("recovery"), std::string::npos) << sync;
    unsetenv("GCMIRROR_DATABASE_DATA_DIR");
    stop();
}
