// The overview of several schools: sums are those of the schools, work goes to them, nobody is
// silently missing, people stay hidden.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>

#include "etl/error.hpp"
#include "etl/pg.hpp"
#include "jobs/fleet/overview_database.hpp"
#include "jobs/fleet/overview_report.hpp"
#include "jobs/sync/masks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

using etl::Error;
using etl::pg::Connection;
using jobs::fleet::School;
using test_support::TestDatabase;

namespace {

// As a school of an older gcmirror: its published orders lack their newest column.
constexpr const char* kOlder = R"sql(
DO $$ BEGIN
    EXECUTE (SELECT 'DROP VIEW masked.orders; CREATE VIEW masked.orders AS SELECT ' ||
                    string_agg(report.masked_column(attname::text, atttypid), ', ' ORDER BY attnum) || ' FROM report.orders'
             FROM pg_attribute WHERE attrelid = 'report.orders'::regclass AND attnum > 0 AND attname <> 'has_phone');
END $$;
SELECT report.grant_roles();
)sql";

void make_school(Connection& school, const std::string& zone, const std::string& currency) {
    etl::pg::Transaction transaction(school);
    school.query("UPDATE report.settings SET time_zone = $1", {zone});
    school.query("UPDATE mirror.deals SET currency = $1, cost = cost + id WHERE currency = 'RUB'",
                 {currency});
    school.query("UPDATE mirror.payments SET currency = $1 WHERE currency = 'RUB'", {currency});
    school.execute("SELECT report.refresh_facts()");
    jobs::refresh_masks(school, etl::Secret("a key for the tests, at least this long"));
    transaction.commit();
}

// A port that takes connections and never says a word.
class Silent {
public:
    Silent() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(socket_, 8);
        socklen_t size = sizeof address;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    ~Silent() { ::close(socket_); }
    [[nodiscard]] std::string url() const {
        return fmt::format("postgresql://nobody:secret-of-d@127.0.0.1:{}/d?connect_timeout=2",
                           port_);
    }

private:
    int socket_;
    int port_ = 0;
};

School school_at(const std::string& name, const std::string& url) {
    School school;
    school.name = name;
    school.config.database.url = url;
    return school;
}

class FleetViews : public testing::Test {
protected:
    static void SetUpTestSuite() {
        base_ = std::make_unique<TestDatabase>();
        {
            Connection connection(base_->url(), "test");
            connection.execute(test_support::read_data("reports/school.sql"));
        }
        for (auto* made : {&a_, &b_, &c_}) *made = std::make_unique<TestDatabase>(base_.get());
        Connection a(a_->url(), "test"), b(b_->url(), "test"), c(c_->url(), "test");
        make_school(a, "Europe/Moscow", "RUB");
        make_school(b, "Asia/Vladivostok", "KZT");
        make_school(c, "America/Sao_Paulo", "BRL");
        c.execute(kOlder);
    }
    static void TearDownTestSuite() {
        std::vector<std::string> logins;
        for (auto* made : {&base_, &a_, &b_, &c_}) {
            const auto found = Connection((*made)->url(), "test")
                                   .query(
                                       "SELECT quote_ident(login) FROM report.reader WHERE login "
                                       "LIKE 'gcmirror_fleet_%'");
            for (std::size_t i = 0; i < found.rows(); ++i) logins.push_back(found.text(i, 0));
        }
        for (auto* made : {&a_, &b_, &c_}) made->reset();
        Connection server(base_->url(), "test");
        for (const std::string& login : logins) test_support::drop_role(server, login);
        base_.reset();
    }

    static School a(const std::string& name = "alpha") { return school_at(name, a_->url()); }
    static School b(const std::string& name = "beta") { return school_at(name, b_->url()); }
    static School older() { return school_at("gamma", c_->url()); }
    bool refresh(const std::vector<School>& schools, bool masked = true) {
        const bool whole = jobs::fleet::refresh_overview(overview_, schools, masked);
        overview_ = Connection(database_.url(), "test");  // as a reader's session begins
        return whole;
    }
    std::string value(const std::string& sql) { return overview_.value(sql); }
    std::string state(const std::string& school) {
        return overview_.value(
            "SELECT state || ': ' || reason FROM fleet.schools WHERE school = $1", {school});
    }
    std::string plan(const std::string& sql) {
        const auto found = overview_.query("EXPLAIN (VERBOSE, COSTS OFF) " + sql);
        std::string text;
        for (std::size_t i = 0; i < found.rows(); ++i) text += found.text(i, 0) + "\n";
        return text;
    }
    static std::size_t times(const std::string& text, const std::string& what) {
        std::size_t n = 0;
        for (std::size_t at = text.find(what); at != std::string::npos;
             at = text.find(what, at + 1))
            ++n;
        return n;
    }

    static std::unique_ptr<TestDatabase> base_, a_, b_, c_;
    TestDatabase database_{false};
    Connection overview_{database_.url(), "test"};
};
std::unique_ptr<TestDatabase> FleetViews::base_, FleetViews::a_, FleetViews::b_, FleetViews::c_;

// Rows and the sum of each number of a view, by currency: currency -> column -> what.
using Sums = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

void add_sums(Connection& connection, const std::string& relation,
              const std::vector<std::string>& numbers, bool money, Sums& sums) {
    std::string columns = "count(*)::text";
    for (const std::string& number : numbers) columns += ", sum(\"" + number + "\")::text";
    const auto found =
        connection.query(fmt::format("SELECT {} AS currency, {} FROM {} GROUP BY 1",
                                     money ? "coalesce(currency, '')" : "''", columns, relation));
    for (std::size_t i = 0; i < found.rows(); ++i) {
        auto& part = sums[found.text(i, 0)];
        part["rows"].push_back(found.text(i, 1));
        for (std::size_t c = 0; c < numbers.size(); ++c)
            if (found.at(i, c + 2)) part[numbers[c]].push_back(found.text(i, c + 2));
    }
}

std::string said(const Sums& sums) {
    std::string text;
    for (const auto& [currency, part] : sums)
        for (const auto& [column, what] : part)
            text += fmt::format("{} {} {}\n", currency, column, jobs::fleet::decimal_sum(what));
    return text;
}

}  // namespace

TEST_F(FleetViews, HaveInEveryNumberOfEveryTableTheSumOfTheSchoolsNumbers) {
    ASSERT_TRUE(refresh({a(), b(), older()})) << state("alpha") << state("beta") << state("gamma");
    Connection schools[] = {{a_->url(), "test"}, {b_->url(), "test"}, {c_->url(), "test"}};
    std::size_t compared = 0;
    for (const std::string& thing : jobs::fleet::overview_things()) {
        const auto columns = overview_.query(
            "SELECT attname, atttypid IN ('numeric'::regtype, 'bigint'::regtype, "
            "'integer'::regtype) FROM pg_attribute WHERE attrelid = ('fleet.' || $1)::regclass AND "
            "attnum > 0",
            {thing});
        std::vector<std::string> numbers;
        bool money = false;
        for (std::size_t i = 0; i < columns.rows(); ++i) {
            if (columns.flag(i, 1)) numbers.push_back(columns.text(i, 0));
            if (columns.text(i, 0) == "currency") money = true;
        }
        Sums together, apart;
        add_sums(overview_, "fleet." + thing, numbers, money, together);
        for (Connection& school : schools)
            add_sums(school, "masked." + thing, numbers, money, apart);
        EXPECT_EQ(said(together), said(apart)) << thing;
        compared += numbers.size();
    }
    EXPECT_GT(compared, 60U);
    EXPECT_EQ(value("SELECT string_agg(DISTINCT currency, ' ' ORDER BY currency) FROM "
                    "fleet.revenue_by_day"),
              "BRL BYN KZT RUB");
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school || ' ' || zone, ', ') FROM "
                    "fleet.revenue_by_day"),
              "alpha Europe/Moscow, beta Asia/Vladivostok, gamma America/Sao_Paulo");
}

TEST_F(FleetViews, LetTheSchoolsAggregateAndFilterDaysAllAtOnce) {
    ASSERT_TRUE(refresh({a(), b()}));
    for (const char* days : {"day BETWEEN '2026-01-01' AND '2026-02-28'",
                             "day >= (SELECT current_date - 400)", "day = '2026-01-10'"}) {
        const std::string text =
            plan(fmt::format("SELECT school, currency, sum(net), sum(received), count(*) FROM "
                             "fleet.revenue_by_day WHERE {} GROUP BY 1, 2",
                             days));
        EXPECT_EQ(times(text, "Async Foreign Scan"), 2U) << text;
        EXPECT_EQ(times(text, "Relations: Aggregate on"), 2U) << text;
        EXPECT_EQ(times(text,
                        "Remote SQL: SELECT school, currency, sum(net), sum(received), "
                        "count(*) FROM fleet_masked.revenue_by_day WHERE ((day "),
                  2U)
            << text;
        EXPECT_EQ(times(text, "GROUP BY 1, 2"), 2U) << text;
        EXPECT_EQ(times(text, "Filter:"), 0U) << text;
    }
    const std::string rows = plan(
        "SELECT school, order_id, cost FROM fleet.orders WHERE created_on >= '2026-02-01' "
        "AND currency = 'RUB' AND counted");
    EXPECT_EQ(times(rows, "Async Foreign Scan"), 2U) << rows;
    EXPECT_EQ(times(rows, "((created_on >= '2026-02-01'))"), 2U) << rows;
    EXPECT_EQ(times(rows, "Filter:"), 0U) << rows;
    const std::string one = plan("SELECT sum(net) FROM fleet.payments WHERE school = 'beta'");
    EXPECT_EQ(times(one, "Foreign Scan"), 1U) << "the other school is not asked\n" << one;
}

TEST_F(FleetViews, NameASchoolThatIsDownAndTakeItInAgainWhenItIsBack) {
    const Silent silent;
    const School down = school_at("delta", silent.url()),
                 gone = school_at("nowhere", "postgresql:///x?host=/nowhere/at/all");
    School broken = school_at("broken", "");
    broken.error = "its file is no TOML";
    EXPECT_FALSE(refresh({a(), broken, down, gone}));
    EXPECT_EQ(state("alpha"), "read: ");
    EXPECT_EQ(state("broken"), "left out: its file is no TOML");
    EXPECT_NE(state("delta").find("left out: "), std::string::npos);
    EXPECT_NE(state("delta").find("timeout expired"), std::string::npos) << state("delta");
    EXPECT_EQ(state("delta").find("secret-of-d"), std::string::npos) << state("delta");
    EXPECT_NE(state("nowhere").find("/nowhere/at/all"), std::string::npos) << state("nowhere");
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school, ',') FROM fleet.orders"), "alpha");

    EXPECT_TRUE(refresh({a(), b()}));
    const std::string reached = value("SELECT as_of FROM fleet.schools WHERE school = 'beta'");
    EXPECT_FALSE(refresh({a(), school_at("beta", "postgresql:///x?host=/nowhere/at/all")}));
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school, ',') FROM fleet.orders"), "alpha");
    EXPECT_EQ(value("SELECT string_agg(school || ' ' || (as_of = '" + reached +
                    "'), ',') FROM fleet.missing"),
              "beta true")
        << "as of when its numbers were stays known";
    EXPECT_TRUE(refresh({a(), b()}));
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school, ',') FROM fleet.orders"), "alpha,beta");
    EXPECT_EQ(value("SELECT count(*) FROM fleet.missing"), "0");
}

TEST_F(FleetViews, LeaveASchoolWithoutAColumnOutOfThatTableOnlyAndSayWhich) {
    ASSERT_TRUE(refresh({a(), b()}));
    EXPECT_FALSE(refresh({a(), b(), older()}));
    EXPECT_EQ(state("gamma"), "partly: orders: lacks has_phone");
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school, ',') FROM fleet.orders"), "alpha,beta");
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school, ',') FROM fleet.payments"),
              "alpha,beta,gamma");
    EXPECT_EQ(value("SELECT 'orders' = ANY (things) FROM fleet.schools WHERE school = 'gamma'"),
              "f");
}

TEST_F(FleetViews, GainAColumnOnceEverySchoolHasIt) {
    ASSERT_TRUE(refresh({a(), older()}));
    const std::string has =
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'fleet.orders'::regclass AND attname = "
        "'has_phone'";
    EXPECT_EQ(value(has), "0");
    overview_.execute("CREATE VIEW mine AS SELECT school, sum(cost) FROM fleet.orders GROUP BY 1");
    ASSERT_TRUE(refresh({a(), b()}));
    EXPECT_EQ(value(has), "1");
    EXPECT_EQ(value("SELECT count(*) FROM mine"), "2") << "what readers have made stays";
    EXPECT_EQ(value("SELECT count(*) > 0 FROM fleet.orders WHERE has_phone"), "t");
}

TEST_F(FleetViews, ForgetASchoolThatIsRemovedAndTouchNothingOfIt) {
    ASSERT_TRUE(refresh({a(), b()}));
    ASSERT_TRUE(refresh({b()}));
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school, ',') FROM fleet.orders"), "beta");
    EXPECT_EQ(value("SELECT string_agg(school, ',') FROM fleet.schools"), "beta");
    EXPECT_EQ(value("SELECT string_agg(srvname, ',') FROM pg_foreign_server"), "school_beta");
    EXPECT_EQ(value("SELECT to_regnamespace('school_alpha') IS NULL"), "t");
    Connection school(a_->url(), "test");
    EXPECT_EQ(school.value("SELECT count(*) > 10 FROM pg_views WHERE schemaname = 'fleet_masked'"),
              "t");
    EXPECT_EQ(school.value("SELECT count(*) > 0 FROM mirror.deals"), "t");
}

TEST_F(FleetViews, ChangeNothingWhenNothingHasChanged) {
    ASSERT_TRUE(refresh({a(), b()}));
    const std::string all =
        "SELECT md5(string_agg(x, ';' ORDER BY x)) FROM (SELECT oid || ' ' || xmin FROM pg_class "
        "WHERE relkind IN ('f', 'p') UNION ALL SELECT oid || ' ' || xmin FROM pg_user_mapping "
        "UNION ALL SELECT oid || ' ' || xmin FROM pg_foreign_server) AS o(x)";
    const std::string before = value(all);
    ASSERT_TRUE(refresh({a(), b()}));
    EXPECT_EQ(value(all), before);
}

TEST_F(FleetViews, ShowNobodyUnlessTold) {
    ASSERT_TRUE(refresh({a(), b()}));
    std::string clear;
    for (const std::string& thing : jobs::fleet::overview_things())
        if (value("SELECT count(*) FROM fleet." + thing +
                  " t WHERE t::text ~* 'example\\.|Анна|Северн'") != "0")
            clear += thing + " ";
    EXPECT_EQ(clear, "");
    EXPECT_NE(value("SELECT count(email) FROM fleet.people"), "0") << "hashes instead";
    ASSERT_TRUE(refresh({a(), b()}, false));
    EXPECT_NE(value("SELECT count(*) FROM fleet.people WHERE email ~ '@example.org'"), "0");
    ASSERT_TRUE(refresh({a(), b()}, true));
    EXPECT_EQ(value("SELECT count(*) FROM fleet.people WHERE email ~ '@'"), "0")
        << "and hidden again";
    EXPECT_EQ(Connection(a_->url(), "test").value("SELECT bool_and(masked) FROM report.reader"),
              "t");
}

TEST_F(FleetViews, AreReadByTheirOwnRoleAndByNobodyElse) {
    ASSERT_TRUE(refresh({a(), b()}));
    overview_.execute("SET ROLE gcmirror_fleet");
    EXPECT_EQ(value("SELECT count(DISTINCT school) FROM fleet.orders"), "2");
    EXPECT_EQ(value("SELECT count(*) FROM fleet.missing"), "0");
    EXPECT_THROW((void)value("SELECT count(*) FROM school_alpha.orders"), Error);
    EXPECT_THROW((void)value("SELECT fleet_own.forget('alpha')"), Error);
    EXPECT_EQ(value("SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NOT NULL"), "0");
    overview_.execute("RESET ROLE");
    overview_.execute("DROP ROLE IF EXISTS fleet_test_nobody; CREATE ROLE fleet_test_nobody");
    overview_.execute("SET ROLE fleet_test_nobody");
    EXPECT_THROW((void)value("SELECT count(*) FROM fleet.orders"), Error);
    overview_.execute("RESET ROLE; DROP ROLE fleet_test_nobody");
}

TEST_F(FleetViews, TakeNamesWithQuotesBlanksAndLettersOfAllKinds) {
    const std::vector<std::string> names = {R"(a'b"c\ d; DROP SCHEMA fleet; --)",
                                            "Школа имени длинного имени, которое длиннее имён",
                                            "%s $1 {x}", "Alpha"};
    std::vector<School> schools = {a(names[0]), b(names[1]), older(),
                                   school_at(names[3], base_->url())};
    schools[2].name = names[2];
    ASSERT_TRUE(refresh(schools)) << state(names[0]) << state(names[1]) << state(names[2]);
    for (const std::string& name : names)
        EXPECT_NE(overview_.value("SELECT count(*) FROM fleet.payments WHERE school = $1", {name}),
                  "0")
            << name;
    ASSERT_TRUE(refresh({}));
    EXPECT_EQ(value("SELECT count(*) FROM fleet.payments"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM pg_foreign_server"), "0");
}

TEST_F(FleetViews, AreRefreshedByOneAtATime) {
    ASSERT_TRUE(refresh({a()}));
    Connection other(database_.url(), "test");
    etl::pg::Transaction held(other);
    other.execute("LOCK TABLE fleet_own.lock IN EXCLUSIVE MODE");
    try {
        refresh({a()});
        FAIL() << "two refreshes at once";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), etl::Kind::locked) << error.what();
    }
}

TEST_F(FleetViews, AreNeverMadeInTheDatabaseOfASchool) {
    Connection school(a_->url(), "test");
    EXPECT_THROW((void)jobs::fleet::refresh_overview(school, {b()}, true), Error);
    EXPECT_EQ(school.value("SELECT to_regnamespace('fleet') IS NULL"), "t");
}

TEST_F(FleetViews, LeaveOutADatabaseThatSortsTextsInAnotherWay) {
    const std::string name =
        "gcmirror_test_sorted_" + std::to_string(::getpid());  // sorted by ICU, if at all
    overview_.execute(
        fmt::format("CREATE DATABASE {} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'ru' "
                    "LOCALE 'C.UTF-8'",
                    name));
    std::string url = database_.url();
    const std::string own = value("SELECT current_database()");
    url.replace(url.find(own), own.size(), name);
    EXPECT_FALSE(refresh({a(), school_at("sorted", url)}));
    EXPECT_EQ(state("sorted").find("left out: its database "), 0U) << state("sorted");
    overview_.execute("DROP DATABASE " + name);
}

TEST_F(FleetViews, CountOneDatabaseOnceWhoeverNamesItTwice) {
    const School twin = school_at(
        "twin", a_->url() + (a_->url().find('?') == std::string::npos ? "?application_name=x"
                                                                      : "&application_name=x"));
    EXPECT_TRUE(refresh({a(), b()}));
    EXPECT_FALSE(refresh({a(), b(), twin}));
    EXPECT_EQ(value("SELECT string_agg(DISTINCT school, ' ' ORDER BY school) FROM fleet.orders"),
              "alpha beta");
    EXPECT_NE(state("twin").find("is that of school alpha already"), std::string::npos)
        << state("twin");
    std::ostringstream out, err;
    jobs::Context context{{}, out, err, false, false, {}};
    jobs::ReportOptions options;
    options.name = "revenue_by_day";
    options.format = "csv";
    EXPECT_EQ(jobs::fleet::run_report_across(context, {a(), b(), twin}, options), 3);
    EXPECT_EQ(out.str().find("twin"), std::string::npos) << out.str();
    EXPECT_NE(err.str().find("school twin is missing: "), std::string::npos) << err.str();
}

TEST_F(FleetViews, ReportOfEachSchoolSideBySideNamesTheOneThatIsMissing) {
    std::ostringstream out, err;
    jobs::Context context{{}, out, err, false, false, {}};
    jobs::ReportOptions options;
    options.name = "revenue_by_day";
    options.by = "month";
    options.format = "csv";
    const School gone = school_at("nowhere", "postgresql:///x?host=/nowhere/at/all");
    EXPECT_EQ(jobs::fleet::run_report_across(context, {a(), b(), gone}, options), 3);
    EXPECT_NE(err.str().find("school nowhere is missing: "), std::string::npos) << err.str();
    EXPECT_NE(err.str().find("school beta: zone Asia/Vladivostok"), std::string::npos) << err.str();
    std::string expected;
    for (const School& school : {a(), b()}) {
        std::ostringstream own, quiet;
        jobs::Context alone{school.config, own, quiet, false, false, {}};
        ASSERT_EQ(jobs::run_report(alone, options), 0);
        std::istringstream lines(own.str());
        std::string line;
        std::getline(lines, line);
        if (expected.empty()) expected = "school," + line + "\n";
        while (std::getline(lines, line)) expected += school.name + "," + line + "\n";
    }
    std::string text = out.str();
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    expected.erase(std::remove(expected.begin(), expected.end(), '\r'), expected.end());
    EXPECT_EQ(text, expected);

    out.str("");
    options.format = "table";
    EXPECT_EQ(jobs::fleet::run_report_across(context, {a(), b()}, options), 0);
    EXPECT_NE(out.str().find("all schools above:"), std::string::npos) << out.str();
    options.format = "json";
    out.str("");
    EXPECT_EQ(jobs::fleet::run_report_across(context, {a()}, options), 0);
    EXPECT_NE(out.str().find("\"school\": \"alpha\""), std::string::npos) << out.str();
    EXPECT_EQ(jobs::fleet::run_report_across(context, {gone}, options), 6) << "none could answer";
}
