// Definitions that once named the wrong thing or failed: each with its symptom.
#include <gtest/gtest.h>

#include <fstream>

#include "etl/pg.hpp"
#include "jobs/report/report_catalog.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

namespace {

class Definitions : public testing::Test {
protected:
    std::string value(const std::string& sql) { return connection_.value(sql); }
    std::string of_report(const std::string& name, const std::string& what) {
        const jobs::Bound bound = jobs::bind_range(jobs::find_report(name).sql, {});
        return connection_.value("SELECT " + what + " FROM (" + bound.sql + ") r",
                                 bound.parameters);
    }
    test_support::TestDatabase database_ = test_support::TestDatabase::with_small_school();
    etl::pg::Connection connection_{database_.url(), "test"};
};

}  // namespace

TEST_F(Definitions, AChangeNamesTheRunThatBroughtItAndNotTheNewestOfItsOrder) {
    connection_.execute(
        "INSERT INTO journal.run (id, job, state, loaded_at) OVERRIDING SYSTEM VALUE VALUES (71, "
        "'sync', 'done', now()), (72, 'sync', 'done', now());"
        "INSERT INTO history.deals (id, number, content, created_at, status, status_code, cost, "
        "paid_amount, currency, row_hash, run_id, export_id, valid_from, valid_to, closed_run_id) "
        "SELECT id, number, content, created_at, status, status_code, cost, paid_amount, currency, "
        "0, 71, export_id, valid_from, '2026-03-25Z', 72 FROM mirror.deals WHERE id = 111;"
        "UPDATE mirror.deals SET valid_from = '2026-03-25Z', run_id = 72, tax = 1 WHERE id = 111");
    EXPECT_EQ(value("SELECT string_agg(from_status || ' ' || to_status || ' ' || run_id, ', ') "
                    "FROM report.changes WHERE order_id = 111"),
              "Новый Завершен 71");
}

TEST_F(Definitions, AGroupNamedByTenDigitsEndsNoReport) {
    connection_.execute(
        "INSERT INTO mirror.groups (id, name, row_hash, run_id, export_id, valid_from) SELECT 99, "
        "'Урок 1234567890', 0, run_id, export_id, valid_from FROM mirror.groups WHERE id = 52;"
        "INSERT INTO mirror.memberships (user_id, group_id, row_hash, run_id, export_id, "
        "valid_from) SELECT 1, 99, 0, run_id, export_id, valid_from FROM mirror.groups WHERE id = "
        "52");
    EXPECT_EQ(of_report("lessons", "count(*)"), "2");
}

TEST_F(Definitions, MediansAreThoseOfASpreadsheet) {
    connection_.execute(test_support::read_data("reports/many.sql"));
    EXPECT_EQ(of_report("average_cheque",
                        "count(*) FILTER (WHERE median_cheque = (SELECT "
                        "round((percentile_cont(0.5) WITHIN GROUP (ORDER BY o.paid_amount))::"
                        "numeric, 2) FROM report.paid_orders o WHERE date_trunc('month', "
                        "o.money_on) IS NOT DISTINCT FROM r.month AND o.currency = r.currency AND "
                        "o.buyer_kind = r.buyer_kind)) = count(*) AND count(*) > 10"),
              "t");
    // 1, 2, 3, 10 days: 2.5, which no order has
    connection_.execute(
        "DELETE FROM mirror.payments; DELETE FROM mirror.deals; INSERT INTO mirror.deals (id, "
        "created_at, paid_at, status_code, cost, paid_amount, currency, row_hash, run_id, "
        "export_id, valid_from) SELECT d, '2026-01-05Z', '2026-01-05Z'::timestamptz + d * interval "
        "'1 day', 'payed', 1, 1, 'RUB', 0, (SELECT min(id) FROM journal.run), (SELECT min(id) FROM "
        "journal.export), '2026-03-01Z' FROM unnest('{1,2,3,10}'::int[]) d");
    EXPECT_EQ(of_report("time_to_payment", "median_days || ' ' || p90_days"), "2.5 7.9");
}

TEST_F(Definitions, DaysBeginWithTheEarliestFactOfAnyKindAndGoByTheAccountsZone) {
    connection_.execute("UPDATE mirror.users SET created_at = '2019-05-05 22:30Z' WHERE id = 3");
    EXPECT_EQ(value("SELECT count(*) FROM report.people p JOIN report.dim_date d ON d.day = "
                    "p.registered_on"),
              value("SELECT count(*) FROM report.people"));
    EXPECT_EQ(value("SELECT registered_on FROM report.people WHERE user_id = 3"), "2019-05-06");
    EXPECT_EQ(value("SELECT max(day) > (SELECT max(day) FROM report.payments WHERE kind = "
                    "'expected') FROM report.dim_date"),
              "t");
}

TEST_F(Definitions, MovesOnTheBalanceHaveTheirOwnLines) {
    connection_.execute(test_support::read_data("reports/many.sql"));
    EXPECT_EQ(value("SELECT string_agg(DISTINCT reason, ', ') FROM report.set_apart WHERE reason "
                    "LIKE 'on the balance%'"),
              "on the balance: frombalance, on the balance: Пополнение баланса");
    EXPECT_EQ(value("SELECT count(*) FROM report.sales s JOIN mirror.payments p ON p.number = "
                    "s.payment_number WHERE p.status_code IN ('tobalance', 'frombalance')"),
              "0");
}

TEST_F(Definitions, WhatSaysSoIsDatedByCreationAndNothingElse) {
    connection_.execute("UPDATE mirror.deals SET paid_at = NULL; DELETE FROM mirror.payments");
    EXPECT_EQ(value("SELECT count(*) FROM report.paid_orders WHERE money_on IS NOT NULL"), "0");
    EXPECT_EQ(of_report("revenue_by_day",
                        "count(*) FILTER (WHERE period IS NOT NULL AND paid_on_payment_date <> 0)"),
              "0");
    for (const jobs::Report& report : jobs::reports()) {
        if (report.range_day != "created_on") continue;
        EXPECT_NE(report.definition.find("creation"), std::string::npos) << report.name;
    }
}

namespace {

std::string board() {
    std::ifstream in(test_support::data_folder() + "/../../jobs/report/bi/grafana.json");
    return {std::istreambuf_iterator<char>(in), {}};
}

// The SQL of the panel with that title as Grafana sends it for the year 2026.
std::string panel(const std::string& title) {
    const std::string text = board(), key = "\"rawSql\": \"";
    const std::size_t at = text.find(key, text.find("\"title\": \"" + title)) + key.size();
    std::string sql = text.substr(at, text.find("\"\n", at) - at);
    for (const auto& [macro, moment] :
         {std::pair<std::string, std::string>("$__timeFrom()", "'2026-01-01T00:00:00Z'"),
          {"$__timeTo()", "'2026-12-31T23:59:59Z'"}})
        for (std::size_t found = sql.find(macro); found != std::string::npos;
             found = sql.find(macro))
            sql.replace(found, macro.size(), moment);
    return sql;
}

}  // namespace

TEST_F(Definitions, TheBoardsDaysAreTheAccountsWhateverZoneASessionHasAndNoDayIsLeftOut) {
    constexpr const char* kSessions[] = {"America/Los_Angeles", "UTC", "Pacific/Kiritimati"};
    const std::string money = panel("Money per day"), orders = panel("Orders and paid orders"),
                      people = panel("Registrations per day");
    for (const char* zone : {"Europe/Moscow", "America/Los_Angeles"}) {
        connection_.execute(std::string("UPDATE report.settings SET time_zone = '") + zone + "'");
        const std::string local = std::string("AT TIME ZONE '") + zone + "')::date";
        const std::string days = value(
            "SELECT (SELECT today FROM report.clock) - greatest('2026-01-01', (SELECT min(day) "
            "FROM "
            "report.dim_date)) + 1");
        std::string first;
        for (const char* session : kSessions) {
            connection_.execute(std::string("SET TimeZone = '") + session + "'");
            const std::string where = std::string(zone) + " seen from " + session;
            // a line's points: each day once, at midnight of no zone (Grafana takes it for UTC)
            for (const std::string& sql : {orders, people})
                EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT time::date) || ' ' || "
                                "bool_and(time = date_trunc('day', time)) || ' ' || "
                                "min(pg_typeof(time)::text) FROM (" +
                                sql + ") x"),
                          days + " " + days + " true timestamp without time zone")
                    << where;
            EXPECT_EQ(value("SELECT string_agg(DISTINCT n::text, ',') FROM (SELECT count(*) AS n "
                            "FROM (" +
                            money + ") x GROUP BY metric) x"),
                      days)
                << where << ": a currency's days have gaps";
            EXPECT_EQ(
                value("SELECT count(*) FROM ((SELECT time::date, orders FROM (" + orders +
                      ") x WHERE orders > 0 EXCEPT ALL SELECT (d.created_at " + local +
                      ", count(*) FROM mirror.deals d JOIN report.orders o ON o.order_id = "
                      "d.id WHERE o.counted AND d.created_at >= '2025-12-31Z' GROUP BY 1)) x"),
                "0")
                << where;
            EXPECT_EQ(
                value("SELECT count(*) FROM ((SELECT time::date, registrations FROM (" + people +
                      ") x WHERE registrations > 0 EXCEPT ALL SELECT (created_at " + local +
                      ", count(*) FROM mirror.users JOIN report.people p ON p.user_id "
                      "= id WHERE p.counted GROUP BY 1)) x"),
                "0")
                << where;
            const std::string all =
                value("SELECT md5(string_agg(x::text, '|')) FROM (" + money + ") x") +
                value("SELECT sum(value) > 0 FROM (" + money + ") x");
            if (first.empty()) first = all;
            EXPECT_EQ(all, first) << where << ": the session's zone shows";
        }
    }
    connection_.execute("RESET TimeZone");
}

// A board is asked again and again; what counts the whole mirror waits in a row that is closed.
TEST_F(Definitions, TheBoardAsksForQualityOnlyWhenItIsOpened) {
    const std::string text = board();
    const std::size_t quality = text.find("report.data_quality");
    ASSERT_NE(quality, std::string::npos);
    EXPECT_EQ(text.find("report.data_quality", quality + 1), std::string::npos);
    const std::size_t row = text.rfind("\"type\": \"row\"", quality);
    ASSERT_NE(row, std::string::npos) << "it stands in no row";
    EXPECT_NE(text.substr(row, quality - row).find("\"collapsed\": true"), std::string::npos);
    EXPECT_NE(text.substr(row, quality - row).find("\"panels\""), std::string::npos);
    EXPECT_NE(text.find("\"refresh\": \"\""), std::string::npos);
    EXPECT_NE(text.find("\"timezone\": \"utc\""), std::string::npos)
        << "a day west of Greenwich would be drawn a day early";
}
