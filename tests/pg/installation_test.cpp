// Whose database it is: another account and a copy are refused, adopting goes on purposely.
#include "etl/installation.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "etl/error.hpp"
#include "tests/support/database.hpp"

using namespace etl;
namespace fs = std::filesystem;

namespace {

class Installations : public testing::Test {
protected:
    ~Installations() override { fs::remove_all(dir_); }
    [[nodiscard]] Config config(const std::string& account, const std::string& place) const {
        Config config;
        config.getcourse.account = account;
        config.database.url = database_.url();
        config.database.data_dir = (dir_ / place).string();
        return config;
    }
    static std::string refusal(const std::function<void()>& work) {
        try {
            work();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Kind::usage);
            EXPECT_NE(error.hint().find("gcmirror db adopt"), std::string::npos) << error.hint();
            return error.what();
        }
        return "not refused";
    }

    test_support::TestDatabase database_;
    pg::Connection connection_{database_.url(), "test"};
    fs::path dir_ = fs::temp_directory_path() / ("gcmirror-inst-" + std::to_string(getpid()));
};

}  // namespace

TEST_F(Installations, AnotherAccountInTheSameDatabaseIsRefusedUntilItIsAdopted) {
    require_own_database(connection_, config("second", "a"));  // nobody's yet
    claim_database(connection_, config("first", "a"));
    claim_database(connection_, config("first", "a"));
    const std::string said = refusal([&] { claim_database(connection_, config("second", "a")); });
    EXPECT_NE(said.find("first.getcourse.ru"), std::string::npos) << said;
    EXPECT_NE(said.find("second.getcourse.ru"), std::string::npos) << said;
    EXPECT_NE(refusal([&] { require_own_database(connection_, config("second", "a")); }),
              "not refused");
    (void)adopt_database(connection_, config("second", "a"));
    claim_database(connection_, config("second", "a"));
    EXPECT_EQ(connection_.value("SELECT previously -> 0 ->> 'host' FROM journal.installation"),
              "first.getcourse.ru");
    Config none = config("", "a");  // init before an account is set
    require_own_database(connection_, none);
}

TEST_F(Installations, AnotherFolderOrMachineWithTheSameDatabaseIsRefused) {
    claim_database(connection_, config("first", "a"));
    fs::create_directories(dir_ / "b");
    std::ofstream(dir_ / "b" / "installation") << "another\n";
    EXPECT_NE(refusal([&] { claim_database(connection_, config("first", "b")); }).find("another"),
              std::string::npos);
    claim_database(connection_, config("first", "a"));
}

TEST_F(Installations, ARestoredOrTemplatedCopyIsRefusedByEveryStep) {
    claim_database(connection_, config("first", "a"));
    const std::string name = connection_.value("SELECT current_database()");
    std::string url = database_.url(), maintenance = database_.url();
    url.insert(url.find('?'), "_copy");
    maintenance.replace(maintenance.find(name), name.size(), "postgres");
    pg::Connection server(maintenance, "test");
    { const pg::Connection closed = std::move(connection_); }
    server.execute("CREATE DATABASE " + name + "_copy TEMPLATE " + name);
    {
        pg::Connection copy(url, "test");
        Config same = config("first", "a");
        same.database.url = url;
        for (const auto step : {&claim_database, &require_own_database})
            EXPECT_NE(refusal([&] { step(copy, same); }).find("is a copy"), std::string::npos);
        (void)adopt_database(copy, same);
        claim_database(copy, same);
    }
    server.execute("DROP DATABASE " + name + "_copy");
    connection_ = pg::Connection(database_.url(), "test");
    claim_database(connection_, config("first", "a"));  // the first one is still its own
}

TEST_F(Installations, ASecondUserOfTheMachineIsToldInsteadOfGettingASecondLedger) {
    fs::create_directories(dir_);
    Config config;
    config.getcourse.account = "school-" + std::to_string(getpid());
    tell_second_user(config, dir_);
    tell_second_user(config, dir_);  // oneself again
    if (geteuid() != 0) GTEST_SKIP() << "needs a second user";
    const fs::path note = dir_ / ("gcmirror-of-" + config.getcourse.account + ".getcourse.ru");
    ASSERT_EQ(chown(note.c_str(), 65534, 65534), 0);
    try {
        tell_second_user(config, dir_);
        FAIL() << "not told";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("nobody"), std::string::npos) << error.what();
    }
    config.database.data_dir = "/somewhere";  // chosen purposely
    tell_second_user(config, dir_);
}
