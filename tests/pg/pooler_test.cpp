// A real PgBouncer between us and the server: refused in transaction mode, fine in session mode.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "etl/error.hpp"
#include "etl/pg.hpp"
#include "tests/support/database.hpp"

using namespace etl;
namespace fs = std::filesystem;

namespace {

constexpr const char* kProgram = "/usr/sbin/pgbouncer";

// The file of a socket is there before anybody listens at it.
bool listens(const fs::path& socket_file) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_file.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const bool taken =
        connect(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(socket_fd);
    return taken;
}

class Pooler : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (!fs::exists(kProgram)) GTEST_SKIP() << "Debian's package pgbouncer is not installed";
        fs::create_directories(dir_);
        const pg::Conninfo server = pg::conninfo(database_.url(), "x");
        const std::string host = server.where.substr(server.where.find("host=") + 5);
        std::ofstream(dir_ / "ini")
            << "[databases]\n* = host=" << host.substr(0, host.find(' ')) << "\n[pgbouncer]\n"
            << "listen_addr =\nlisten_port = 6543\nunix_socket_dir = " << dir_.string()
            << "\nauth_type = trust\nauth_file = " << (dir_ / "users").string()
            << "\nignore_startup_parameters = extra_float_digits\npool_mode = " << GetParam()
            << "\nlogfile = " << (dir_ / "log").string()
            << "\npidfile = " << (dir_ / "pid").string() << "\ndefault_pool_size = 3\n";
        std::ofstream(dir_ / "users") << "\"postgres\" \"\"\n";
        const std::string user = geteuid() == 0 ? "postgres" : "";
        const std::string own = user.empty() ? "" : "chown -R postgres " + dir_.string() + " && ";
        const std::string as = user.empty() ? "" : "runuser -u postgres -- ";
        ASSERT_EQ(std::system((own + as + kProgram + " -q -d " + (dir_ / "ini").string() +
                               " >/dev/null 2>&1")
                                  .c_str()),
                  0);
        for (int i = 0; i < 1000 && !listens(dir_ / ".s.PGSQL.6543"); ++i) usleep(10000);
    }
    void TearDown() override {
        pid_t pid = 0;
        std::ifstream(dir_ / "pid") >> pid;
        if (pid > 1) kill(pid, SIGINT);
        fs::remove_all(dir_);
    }
    [[nodiscard]] std::string url() const {
        const std::string given = database_.url();
        const std::size_t path = given.find('/', given.find("//") + 2);
        return "postgresql://" + given.substr(path, given.find('?') - path) +
               "?host=" + dir_.string() + "&port=6543&user=postgres";
    }

    test_support::TestDatabase database_;
    // of each case: the pooler of the case before takes its socket away when it ends, in its own
    // time
    fs::path dir_ = fs::temp_directory_path() /
                    ("gcmirror-pooler-" + std::to_string(getpid()) + "-" + GetParam());
};

}  // namespace

TEST_P(Pooler, InTransactionModeIsRefusedAndInSessionModeLocksHold) {
    const bool session = GetParam() == std::string("session");
    try {
        pg::Connection connection(url(), "pooled");
        EXPECT_TRUE(session) << "a lock would stay on a pooled connection";
        EXPECT_TRUE(pg::try_lock(connection, "gcmirror sync"));
        pg::Connection direct(database_.url(), "direct");
        EXPECT_FALSE(pg::try_lock(direct, "gcmirror sync"));
    } catch (const Error& error) {
        EXPECT_FALSE(session) << error.what();
        EXPECT_NE(std::string(error.what()).find("pooler in transaction mode"), std::string::npos)
            << error.what();
        EXPECT_NE(error.hint().find("pool_mode = session"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, Pooler, testing::Values("transaction", "statement", "session"));
