#include "jobs/fleet/overview_probe.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <thread>

#include "embedded_fleet.hpp"
#include "etl/client_program.hpp"
#include "etl/database.hpp"
#include "etl/embedded.hpp"
#include "etl/leash.hpp"
#include "etl/log.hpp"
#include "etl/login.hpp"

namespace jobs::fleet {
namespace {

using etl::Error;
using etl::Kind;

constexpr std::size_t kProbesAtOnce = 8;
constexpr std::chrono::seconds kAskWithin{5};
constexpr std::chrono::minutes kAnswerWithin{2};

// Options of postgres_fdw by the names that libpq's environment has for them.
constexpr std::pair<const char*, const char*> kPlace[] = {
    {"PGHOST", "host"},       {"PGHOSTADDR", "hostaddr"},       {"PGPORT", "port"},
    {"PGSSLMODE", "sslmode"}, {"PGSSLROOTCERT", "sslrootcert"}, {"PGGSSENCMODE", "gssencmode"}};

std::vector<std::pair<std::string, std::string>> place_of(const std::string& url,
                                                          const std::string& school,
                                                          const std::string& database) {
    const auto named = etl::client_environment(url);
    std::vector<std::pair<std::string, std::string>> place = {
        {"dbname", database},         {"options", session_options(school)},
        {"connect_timeout", "5"},     {"keepalives_idle", "30"},
        {"async_capable", "true"},    {"fetch_size", "5000"},
        {"keepalives_count", "3"},    {"keepalives_interval", "10"},
        {"tcp_user_timeout", "60000"}};
    for (const auto& [variable, option] : kPlace) {
        const auto found = named.find(variable);
        const char* own = std::getenv(variable);  // as our own connection understood the url
        const std::string value = found != named.end() ? found->second : own != nullptr ? own : "";
        if (!value.empty()) place.emplace_back(option, value);
    }
    return place;
}

Things things_of(etl::pg::Connection& connection, bool masked) {
    const etl::pg::Result found =
        connection.query(etl::embedded_text(embedded::embedded_fleet(), "overview_columns.sql"),
                         {remote_schema(masked), etl::pg::array_literal(overview_things())});
    Things things;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        Thing& thing = things[found.text(i, 0)];
        thing.words = found.text(i, 1);
        thing.columns.push_back({found.text(i, 2), found.text(i, 3), found.text(i, 4)});
    }
    return things;
}

void require_function(etl::pg::Connection& connection) {
    const etl::pg::Result found = connection.query(
        "SELECT to_regprocedure('report.publish_fleet(boolean, text[])') IS NOT NULL, "
        "to_regclass('migration.applied') IS NOT NULL");
    if (found.flag(0, 0)) return;
    throw Error(Kind::database,
                found.flag(0, 1) ? "its database is of an older gcmirror: it lacks "
                                   "report.publish_fleet (migration 125)"
                                 : "its database has no tables of gcmirror yet",
                "Run gcmirror init of this version with its configuration.");
}

// The login, and whether it can read already: nothing is written when it can.
void prepare(etl::pg::Connection& connection, bool masked, bool new_password, Probe& probe) {
    const std::string flag = masked ? "true" : "false";
    connection.query("SELECT report.publish_fleet($1::boolean, $2::text[])",
                     {flag, etl::pg::array_literal(overview_things())});
    const bool there = connection.value(
                           "SELECT count(*) FROM report.reader r JOIN pg_roles p ON p.rolname = "
                           "r.login WHERE r.login = $1 AND r.masked = $2::boolean",
                           {probe.login, flag}) != "0";
    if (!there || new_password)
        probe.password = etl::add_login(connection, probe.login, masked, new_password);
}

}  // namespace

const std::vector<std::string>& overview_things() {
    static const std::vector<std::string> all = {"average_cheque",
                                                 "conversion_by_day",
                                                 "debts",
                                                 "freshness",
                                                 "groups_now",
                                                 "manager_plan_and_fact",
                                                 "money_after_fees",
                                                 "orders",
                                                 "paid_definitions",
                                                 "partners",
                                                 "payment_systems",
                                                 "payments",
                                                 "people",
                                                 "promo_codes",
                                                 "refunds_by_day",
                                                 "registrations_by_channel",
                                                 "revenue_by_day",
                                                 "sales_by_manager",
                                                 "sales_by_order_channel",
                                                 "sales_by_person_channel",
                                                 "sales_by_product"};
    return all;
}

std::string error_line(const std::exception& error) {
    std::string text = error.what(), line;
    if (const auto* ours = dynamic_cast<const Error*>(&error))
        if (!ours->hint().empty()) text += "; " + ours->hint();
    for (const char c : etl::log::redacted(text)) {
        const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (!blank || !line.ends_with(' ')) line += blank ? ' ' : c;
    }
    return line;
}

std::string remote_schema(bool masked) { return masked ? "fleet_masked" : "fleet_report"; }

Identity identity(etl::pg::Connection& connection) {
    const etl::pg::Result found =
        connection.query(etl::embedded_text(embedded::embedded_fleet(), "overview_identity.sql"));
    return {found.text(0, 0), found.text(0, 1), found.text(0, 2)};
}

std::string session_options(std::string_view school) {
    std::string out = "-c gcmirror.school=";
    for (const char c : school) {
        if (c == '\\' || std::isspace(static_cast<unsigned char>(c)) != 0) out += '\\';
        out += c;
    }
    return out;
}

std::string login_of(const std::string& overview, const std::string& database) {
    const std::string both = overview + "|" + database;
    return fmt::format("gcmirror_fleet_{:016x}", XXH3_64bits(both.data(), both.size()));
}

namespace {

void ask_school(const School& school, bool masked, const std::string& overview, bool new_password,
                const std::string& url, Probe& probe) {
    try {
        etl::pg::Connection connection(etl::pg::connecting_within(url, kAskWithin), "fleet views");
        connection.execute(
            "SET client_min_messages = error; SET statement_timeout = '1min'; SET lock_timeout = "
            "'10s'");
        const etl::pg::Leash leash(connection, kAnswerWithin);  // a server may freeze
        const Identity its = identity(connection);
        probe.database = its.database;
        probe.order = its.order;
        probe.place = place_of(url, school.name, its.name);
        probe.without_password = school.config.database.url.empty();
        probe.login = login_of(overview, its.database);
        require_function(connection);
        prepare(connection, masked, new_password, probe);
        probe.things = things_of(connection, masked);
    } catch (const std::exception& error) {
        probe.error = error_line(error);
    }
}

// A private cluster is started here, by one thread: that changes the environment.
std::string school_url(const School& school, Probe& probe) {
    probe.school = school.name;
    probe.error = school.error;
    try {
        return probe.error.empty() ? etl::database_url(school.config) : "";
    } catch (const std::exception& error) {
        probe.error = error_line(error);
        return {};
    }
}

}  // namespace

Probe probe_school(const School& school, bool masked, const std::string& overview,
                   bool new_password) {
    Probe probe;
    const std::string url = school_url(school, probe);
    if (probe.error.empty()) ask_school(school, masked, overview, new_password, url, probe);
    return probe;
}

std::vector<Probe> probe_schools(const std::vector<School>& schools, bool masked,
                                 const std::string& overview) {
    std::vector<Probe> probes(schools.size());
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < schools.size(); ++i)
        urls.push_back(school_url(schools[i], probes[i]));
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < schools.size(); i = next++)
            if (probes[i].error.empty())
                ask_school(schools[i], masked, overview, false, urls[i], probes[i]);
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(kProbesAtOnce, schools.size()); ++i)
        threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    return probes;
}

}  // namespace jobs::fleet
