// Whose database it is: another account and a copy are refused, adopting goes on purposely.
#include "etl/installation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "etl/dump.hpp"
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
    const uid_t second = geteuid() + 1;
    try {
        tell_second_user(config, dir_, second);
        FAIL() << "not told";
    } catch (const Error& error) {
        const passwd* first = getpwuid(geteuid());
        const std::string name = first ? first->pw_name : std::to_string(geteuid());
        EXPECT_NE(std::string(error.what()).find("user " + name + " "), std::string::npos)
            << error.what();
    }
    config.database.data_dir = "/somewhere";  // chosen purposely
    tell_second_user(config, dir_, second);
}

namespace {

// What must be the same on both sides of a dump: rights of everything, and settings of the
// database.
// $1 a login; those that other tests make and drop meanwhile are left out.
constexpr const char* kRights =
    "SELECT string_agg(line, E'\n' ORDER BY line) FROM ("
    "SELECT format('%s %s %s', n.nspname, c.relname, a) AS line FROM pg_class c JOIN pg_namespace "
    "n "
    "ON n.oid = c.relnamespace LEFT JOIN LATERAL unnest(c.relacl) a ON true WHERE n.nspname IN "
    "('mirror', 'history', 'report', 'masked', 'journal', 'outbox', 'lock', 'analytics') UNION ALL "
    "SELECT format('%s %s', n.nspname, a) FROM pg_namespace n LEFT JOIN LATERAL unnest(n.nspacl) a "
    "ON true WHERE n.nspname !~ '^pg_|information_schema|public' UNION ALL "
    "SELECT format('column %s %s %s', a.attrelid::regclass, a.attname, x) FROM pg_attribute a, "
    "unnest(a.attacl) x WHERE a.attrelid > 16384 UNION ALL "
    "SELECT format('%s %s', p.oid::regprocedure, a) FROM pg_proc p JOIN pg_namespace n ON n.oid = "
    "p.pronamespace, unnest(p.proacl) a WHERE n.nspname IN ('mirror', 'history', 'report', "
    "'outbox') UNION ALL "
    "SELECT format('%s %s', s.setrole::regrole, x) FROM pg_db_role_setting s, unnest(s.setconfig) "
    "x "
    "WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
    "s.setrole::regrole::text IN ('-', 'gcmirror_reader', 'gcmirror_masked', 'gcmirror_writer', "
    "$1) "
    "UNION ALL SELECT format('database %s', a) FROM pg_database d, unnest(d.datacl) a WHERE "
    "datname = "
    "current_database()) lines";

}  // namespace

TEST_F(Installations, ADumpBringsRowsRightsAndLoginsWithTheirPasswordsIntoAnEmptyDatabase) {
    const std::string login = "anna_" + std::to_string(getpid());
    (void)connection_.value("SELECT report.add_reader('" + login + "', true)");
    const std::string verifier = connection_.scram_of(login, "a-password");
    connection_.execute("ALTER ROLE " + login + " PASSWORD '" + verifier + "'");
    connection_.execute("INSERT INTO report.clubs VALUES ('Club', 'Club%', 30)");
    const std::string rights = connection_.value(kRights, {login});
    const fs::path file = dir_ / "all.dump";
    fs::create_directories(dir_);
    dump_database(config("first", "a"), file);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_FALSE(fs::exists(file.string() + ".new"));
    EXPECT_EQ(connection_.value("SELECT count(*) FROM journal.kept_role"), "0");
    test_support::drop_role(connection_, login);

    const test_support::TestDatabase empty(false);
    Config other = config("first", "b");
    other.database.url = empty.url();
    EXPECT_EQ(restore_database(other, file), "");
    pg::Connection restored(empty.url(), "test");
    EXPECT_EQ(restored.value(kRights, {login}), rights);
    EXPECT_EQ(restored.value("SELECT rolpassword FROM pg_authid WHERE rolname = $1", {login}),
              verifier);
    EXPECT_EQ(restored.value("SELECT count(*) FROM report.clubs"), "1");
    EXPECT_EQ(restored.value("SELECT count(*) FROM journal.kept_role"), "0");
    EXPECT_THROW(restored.execute("SET ROLE " + login + "; DELETE FROM outbox.audit"), Error);
    restored.execute("RESET ROLE");
    test_support::drop_role(restored, login);
    try {
        (void)restore_database(other, file);
        ADD_FAILURE() << "a database with rows was restored over";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::usage);
    }
}

TEST_F(Installations, ADumpADayIsKeptAndTheOldestGo) {
    Config own = config("first", "a");
    own.backup.dir = (dir_ / "dumps").string();
    own.backup.keep = 2;
    const Instant begin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} +
                        std::chrono::hours{22}};  // the 25th in Moscow
    EXPECT_EQ(keep_daily_dump(own, begin).filename(), "gcmirror-first-2026-11-25.dump");
    EXPECT_EQ(keep_daily_dump(own, begin + std::chrono::hours{20}), fs::path());
    fs::create_directories(dir_ / "dumps");
    std::ofstream(dir_ / "dumps" / "notes.txt") << "of a person";
    for (const char* other : {"learn.example.com", "first-2"})
        std::ofstream(dir_ / "dumps" / fmt::format("gcmirror-{}-2026-11-20.dump", other)) << "x";
    (void)keep_daily_dump(own, begin + std::chrono::hours{24});
    (void)keep_daily_dump(own, begin + std::chrono::hours{48});
    std::set<std::string> left;
    for (const auto& entry : fs::directory_iterator(dir_ / "dumps"))
        left.insert(entry.path().filename());
    EXPECT_EQ(left,
              (std::set<std::string>{
                  "gcmirror-learn.example.com-2026-11-20.dump", "gcmirror-first-2-2026-11-20.dump",
                  "gcmirror-first-2026-11-26.dump", "gcmirror-first-2026-11-27.dump", "notes.txt"}))
        << "other schools' dumps in the same folder are theirs";
    own.backup.dir = "";
    EXPECT_EQ(keep_daily_dump(own, begin + std::chrono::hours{72}), fs::path());
}
