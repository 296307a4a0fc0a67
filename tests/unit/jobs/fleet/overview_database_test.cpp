// What the overview decides without a database, and the sums of a report across schools.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <thread>

#include "etl/error.hpp"
#include "etl/leash.hpp"
#include "jobs/fleet/overview_database.hpp"
#include "jobs/fleet/overview_report.hpp"
#include "schema/text.hpp"

using namespace jobs::fleet;
using namespace std::chrono_literals;
using etl::Error;
using etl::pg::Result;
using etl::pg::Shape;

namespace {

Things orders(const std::vector<Column>& columns) { return {{"orders", {"words", columns}}}; }

std::string names(const std::vector<Column>& columns) {
    std::string out;
    for (const Column& column : columns) out += column.name + " ";
    return out;
}

std::vector<School> named(const std::vector<std::string>& names) {
    std::vector<School> schools;
    for (const std::string& name : names) schools.emplace_back().name = name;
    return schools;
}

}  // namespace

TEST(Overview, TakesTheColumnsThatEverySchoolShares) {
    const Things newer = orders({{"id", "bigint", ""}, {"cost", "numeric", ""}, {"x", "text", ""}}),
                 older = orders({{"id", "bigint", ""}, {"cost", "numeric", ""}}),
                 other = orders({{"id", "integer", ""}, {"cost", "numeric", ""}}), none;
    EXPECT_EQ(names(shared_columns("orders", {}, {&newer, &older})), "id cost ");
    EXPECT_EQ(names(shared_columns("orders", {}, {&newer, &newer, &none})), "id cost x ");
    EXPECT_EQ(names(shared_columns("orders", {}, {&newer, &other})), "cost ") << "types differ";
    EXPECT_EQ(names(shared_columns("orders", {{"was", "text", ""}}, {&older})), "was id cost ")
        << "none is ever dropped";
    EXPECT_EQ(names(shared_columns("orders", {{"was", "text", ""}}, {&none})), "was ");
}

TEST(Overview, SaysWhatASchoolLacks) {
    EXPECT_EQ(lacking({{"a", "text", ""}, {"b", "numeric", ""}},
                      {{"b", "numeric", ""}, {"a", "text", ""}}),
              "");
    EXPECT_EQ(
        lacking({{"a", "text", ""}, {"b", "numeric", ""}, {"c", "date", ""}}, {{"b", "text", ""}}),
        "lacks a, c; b is text, expected numeric");
}

TEST(Overview, WaitsShorterForASchoolThanForItsOwnUnlessTold) {
    using etl::pg::connecting_within;
    EXPECT_EQ(connecting_within("postgresql://h/d", 5s), "postgresql://h/d?connect_timeout=5");
    EXPECT_EQ(connecting_within("postgresql:///d?host=/x", 5s),
              "postgresql:///d?host=/x&connect_timeout=5");
    EXPECT_EQ(connecting_within("host=h dbname=d", 5s), "host=h dbname=d connect_timeout=5");
    EXPECT_EQ(connecting_within("postgresql://h/d?connect_timeout=9", 5s),
              "postgresql://h/d?connect_timeout=9");
}

TEST(Overview, GivesEachSchoolALoginOfItsOwnAndTheSameEachTime) {
    EXPECT_EQ(login_of("1/2", "3/4"), login_of("1/2", "3/4"));
    EXPECT_NE(login_of("1/2", "3/4"), login_of("1/2", "3/5"));
    EXPECT_NE(login_of("1/2", "3/4"), login_of("1/1", "3/4"));
    EXPECT_EQ(session_options(R"(a b\c'd)"), R"(-c gcmirror.school=a\ b\\c'd)");
}

// A server that refuses everybody in an alphabet of its own, as PostgreSQL does before a session.
class RefusesInCp1251 {
public:
    RefusesInCp1251() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* where = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_, where, size), 0);
        EXPECT_EQ(::listen(socket_, 1), 0);
        EXPECT_EQ(::getsockname(socket_, where, &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] {
            const int caller = ::accept(socket_, nullptr, nullptr);
            std::array<char, 4096> asked{};
            (void)!::read(caller, asked.data(), asked.size());
            std::string said("SFATAL\0C3D000\0M\xe1\xe0\xe7\xfb \xed\xe5\xf2\0\0", 25);
            const auto length = htonl(static_cast<std::uint32_t>(said.size() + 4));
            said = "E" + std::string(reinterpret_cast<const char*>(&length), 4) + said;
            (void)!::write(caller, said.data(), said.size());
            ::close(caller);
        });
    }
    ~RefusesInCp1251() {
        ::shutdown(socket_, SHUT_RDWR);  // whoever was never called waits no longer
        thread_.join();
        ::close(socket_);
    }
    RefusesInCp1251(const RefusesInCp1251&) = delete;
    RefusesInCp1251& operator=(const RefusesInCp1251&) = delete;
    [[nodiscard]] int port() const { return port_; }

private:
    int socket_, port_ = 0;
    std::jthread thread_;
};

TEST(Overview, ARefusalInAnotherAlphabetIsTextThatADatabaseTakes) {
    const RefusesInCp1251 server;
    School school{"north", "north.toml", {}, {}, {}};
    school.config.database.url = "postgresql://u@127.0.0.1:" + std::to_string(server.port()) +
                                 "/d?sslmode=disable&gssencmode=disable";
    const std::string error = probe_school(school, true, "1/2", false).error;
    EXPECT_NE(error.find("cannot connect to PostgreSQL"), std::string::npos) << error;
    EXPECT_NE(error.find("\xEF\xBF\xBD"), std::string::npos) << error;
    std::uint64_t broken = 0;
    (void)schema::repaired(error, broken);
    EXPECT_EQ(broken, 0U) << error;
}

TEST(ReportAcross, TakesAllSchoolsOrThoseThatAreNamed) {
    const auto schools = named({"a", "b", "c"});
    EXPECT_EQ(chosen_schools(schools, "all").size(), 3U);
    EXPECT_EQ(chosen_schools(schools, "c,a")[0].name, "a");
    EXPECT_EQ(chosen_schools(named({"all", "b"}), "all").size(), 2U);
    EXPECT_EQ(chosen_schools(schools, "all,b").size(), 3U) << "not b alone";
    for (const char* wrong : {"d", "a,d", "", ",", "all,a,x"})
        EXPECT_THROW((void)chosen_schools(schools, wrong), Error) << wrong;
    EXPECT_THROW((void)chosen_schools({}, "all"), Error);
}

TEST(ReportAcross, AddsMoneyToTheLastDigitAndNeverCurrencies) {
    EXPECT_EQ(decimal_sum({"0.10", "0.20", "-1"}), "-0.70");
    EXPECT_EQ(decimal_sum({"99999999999999999999.99", "0.01"}), "100000000000000000000.00");
    EXPECT_EQ(decimal_sum({}), "0");
    EXPECT_EQ(decimal_sum({"-0.05", "0.050"}), "0.000");
    for (const char* wrong : {"NaN", "1e5", "", "1.2.3", "--1"})
        EXPECT_THROW((void)decimal_sum({wrong}), Error) << wrong;
    const Result rows(
        {"school", "currency", "net", "orders", "net_before", "share"},
        {{"a", "RUB", "1.50", "1", "2.00", "50"},
         {"b", "RUB", "2.25", "2", std::nullopt, "50"},
         {"b", "USD", "7.00", "3", "1.00", "100"}},
        0, {Shape::text, Shape::text, Shape::number, Shape::number, Shape::number, Shape::number});
    const Result sums = totals(rows, {"net"});
    ASSERT_EQ(sums.rows(), 2U);
    EXPECT_EQ(sums.columns(), (std::vector<std::string>{"currency", "net", "net_before"}));
    EXPECT_EQ(sums.text(0, 0) + " " + sums.text(0, 1) + " " + sums.text(0, 2), "RUB 3.75 2.00");
    EXPECT_EQ(sums.text(1, 0) + " " + sums.text(1, 1), "USD 7.00");
    EXPECT_TRUE(totals(rows, {}).empty()) << "no column may be added up";
}
