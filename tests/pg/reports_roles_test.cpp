// Roles that can be used: the account's day for every login, limits on each, a place for analysts,
// a closed door for everybody else.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "etl/error.hpp"
#include "etl/pg.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

namespace {

class Roles : public testing::Test {
protected:
    Roles() : login_("gcmirror_test_person_" + std::to_string(getpid())) {}
    ~Roles() override {
        try {
            connection_.execute("RESET ROLE");
            if (value("SELECT count(*) FROM pg_roles WHERE rolname = '" + login_ + "'") == "1")
                test_support::drop_role(connection_, login_);
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    }
    std::string value(const std::string& sql) { return connection_.value(sql); }
    // What a session of that login starts with in this database.
    std::string setting(const std::string& login, const std::string& name) {
        return value(
            "SELECT coalesce((SELECT substr(c, strpos(c, '=') + 1) FROM pg_db_role_setting s, "
            "unnest(s.setconfig) c WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE "
            "datname = current_database()) AND s.setrole = coalesce((SELECT oid FROM pg_roles "
            "WHERE rolname = '" +
            login + "'), 0) AND lower(c) LIKE '" + name + "=%'), '')");
    }
    void log_in(const std::string& login) {
        for (const char* name : {"timezone", "search_path"}) {
            const std::string own = setting(login, name);
            connection_.query("SELECT set_config($1, $2, false)",
                              {std::string(name), own.empty() ? setting("", name) : own});
        }
        connection_.execute("SET ROLE " + login);
    }
    test_support::TestDatabase database_ = test_support::TestDatabase::with_small_school();
    etl::pg::Connection connection_{database_.url(), "test"};
    std::string login_;
};

}  // namespace

TEST_F(Roles, ADayIsTheAccountsForEveryLogin) {
    connection_.execute("UPDATE mirror.deals SET created_at = '2026-01-31 21:30Z' WHERE id = 102");
    (void)value("SELECT report.add_reader('" + login_ + "')");
    EXPECT_EQ(setting("", "timezone"), "Europe/Moscow");
    for (const std::string& login : {std::string("gcmirror_reader"), login_}) {
        log_in(login);
        EXPECT_EQ(value("SELECT created_at::date FROM mirror.deals WHERE id = 102"), "2026-02-01")
            << login;
        EXPECT_EQ(value("SELECT created_at::date = created_on FROM orders WHERE order_id = 102"),
                  "t")
            << login;
        connection_.execute("RESET ROLE");
    }
    log_in("gcmirror_masked");
    EXPECT_EQ(value("SELECT created_at::date FROM masked.orders WHERE order_id = 102"),
              "2026-02-01");
    connection_.execute("RESET ROLE");
    connection_.execute(
        "UPDATE report.settings SET time_zone = 'Asia/Yekaterinburg'; SELECT "
        "report.apply_settings()");
    for (const std::string& login :
         {std::string(), std::string("gcmirror_reader"), std::string("gcmirror_masked"), login_})
        EXPECT_EQ(setting(login, "timezone"), "Asia/Yekaterinburg") << login;
}

TEST_F(Roles, AReaderMadeOrFoundHasTheLimitsAndAPlaceOfItsOwn) {
    connection_.execute("CREATE ROLE " + login_ + " LOGIN");
    const std::string said = value("SELECT report.add_reader('" + login_ + "')");
    EXPECT_NE(said.find("was there and reads report, mirror and history"), std::string::npos)
        << said;
    for (const auto& [name, wanted] :
         {std::pair("statement_timeout", "5min"), std::pair("temp_file_limit", "20GB"),
          std::pair("idle_in_transaction_session_timeout", "10min"),
          std::pair("search_path", "report, mirror, history, analytics")})
        EXPECT_EQ(setting(login_, name), wanted) << name;
    EXPECT_EQ(setting("", "jit"), "off");
    log_in(login_);
    connection_.execute("CREATE TABLE analytics.mine AS SELECT * FROM revenue_by_day");
    EXPECT_EQ(value("SELECT count(*) > 0 FROM analytics.mine"), "t");
    (void)value("SELECT last_value FROM mirror.custom_fields_id_seq");  // pg_dump -n mirror
    for (const char* forbidden :
         {"CREATE TABLE report.mine (a int)", "INSERT INTO report.exclusions VALUES ('tag', 'x')",
          "SELECT report.add_reader('somebody')", "UPDATE report.fact_state SET stale = true",
          "SELECT 1 FROM report.fact_state FOR UPDATE", "SELECT * FROM journal.undone"})
        EXPECT_THROW(connection_.execute(forbidden), etl::Error) << forbidden;
}

TEST_F(Roles, NobodyConnectsWhoWasNotLetIn) {
    EXPECT_EQ(value("SELECT has_database_privilege('public', current_database(), 'CONNECT')"), "f");
    connection_.execute("CREATE ROLE " + login_ + " LOGIN");
    const std::string may = "SELECT has_database_privilege('" + login_ +
                            "', current_database(), 'CONNECT') FROM pg_roles LIMIT 1";
    EXPECT_EQ(value(may), "f");
    (void)value("SELECT report.add_reader('" + login_ + "', true)");
    EXPECT_EQ(value(may), "t");
    log_in(login_);
    EXPECT_EQ(value("SELECT count(*) FROM orders"), "12");  // masked ones
    EXPECT_THROW(connection_.execute("SELECT count(*) FROM mirror.users"), etl::Error);
    EXPECT_THROW(connection_.execute("SELECT count(*) FROM history.orders_then()"), etl::Error);
}

TEST_F(Roles, AnotherSchoolOnTheServerMayHaveRolesOfItsOwn) {
    connection_.execute("UPDATE report.settings SET reader_role = '" + login_ +
                        "'; SELECT report.grant_roles(), report.apply_settings()");
    EXPECT_EQ(setting(login_, "default_transaction_read_only"), "on");
    log_in(login_);
    EXPECT_EQ(value("SELECT count(*) FROM orders"), "12");
}

TEST_F(Roles, ALoginThatNoLimitWouldBindIsRefused) {
    for (const char* login : {"''", "'; DROP ROLE x'", "'postgres'", "NULL"})
        EXPECT_THROW(connection_.execute("SELECT report.add_reader(" + std::string(login) + ")"),
                     etl::Error)
            << login;
}

TEST_F(Roles, TheAdministratorsScriptMakesWhatTheProgramMayNot) {
    std::ifstream in(test_support::data_folder() + "/../../jobs/report/bi/roles.sql");
    std::string script(std::istreambuf_iterator<char>(in), {});
    ASSERT_NE(script.find("CREATE ROLE gcmirror_reader"), std::string::npos);
    for (std::size_t at = script.find("gcmirror_reader"); at != std::string::npos;
         at = script.find("gcmirror_reader", at + login_.size()))
        script.replace(at, 15, login_);
    connection_.execute(script);
    connection_.execute(script);  // a second time does no harm
    EXPECT_EQ(setting(login_, "timezone"), "Europe/Moscow");
    EXPECT_EQ(setting(login_, "statement_timeout"), "5min");
}
