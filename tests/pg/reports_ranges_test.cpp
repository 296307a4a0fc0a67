// Reports in a range, by the fixtures: what lies in it and nothing else, options that a report
// lacks are refused, and nothing is silently out of every figure. reports_contract_test holds each
// report.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "jobs/report/notes.hpp"
#include "jobs/report/report.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/fixture_load.hpp"

namespace {

class Ranges : public testing::Test {
protected:
    Ranges() { config_.database.url = database_.url(); }
    void school() { connection_.execute(test_support::read_data("reports/school.sql")); }
    // Loads tests/data/reports/bodies/N-table.json as they came, with the account's zone.
    void load(const std::string& number, const std::string& zone,
              const std::vector<std::string>& tables) {
        etl::pg::Connection journal_connection(database_.url(), "journal");
        const auto journal = etl::pg_journal(journal_connection, {});
        connection_.query("UPDATE report.settings SET time_zone = $1", {zone});
        for (const std::string& table : tables) {
            const std::int64_t run = journal->begin_run("sync", "{}");
            etl::ExportQuery question;
            question.resource = table;
            question.filter = "created_at";
            question.from = etl::parse_day("2023-01-01");
            question.to = etl::parse_day("2026-12-31");
            const etl::ExportRow row = test_support::receive(
                *journal, run, question,
                test_support::read_data("reports/bodies/" + number + "-" + table + ".json"));
            etl::pg::Transaction transaction(connection_);
            const etl::Loaded loaded =
                etl::load_export(connection_, *journal, config_, etl::Zone(zone), run, row, {});
            EXPECT_FALSE(loaded.red) << loaded.reason;
            connection_.query("UPDATE journal.run SET loaded_at = now() WHERE id = $1",
                              {std::to_string(run)});
            (void)connection_.value("SELECT report.refresh_facts($1)", {std::to_string(run)});
            transaction.commit();
        }
    }
    std::string value(const std::string& sql) { return connection_.value(sql); }
    // A sum over all rows of a report in a range; "count" is their number.
    std::string sum(const std::string& name, const std::string& what, const std::string& from,
                    const std::string& to, const std::string& where = "true") {
        jobs::Range range;
        if (!from.empty()) range.from = from;
        if (!to.empty()) range.to = to;
        range.by = "month";
        const jobs::Bound bound = jobs::bind_range(jobs::find_report(name).sql, range);
        return connection_
            .query("SELECT " + (what == "count" ? "count(*)" : "coalesce(sum(" + what + "), 0)") +
                       "::numeric(20,2) FROM (" + bound.sql + ") r WHERE " + where,
                   bound.parameters)
            .text(0, 0);
    }
    std::string printed(const jobs::ReportOptions& options) {
        std::ostringstream out, err;
        jobs::Context context{config_, out, err, false, false, {}};
        try {
            EXPECT_EQ(jobs::run_report(context, options), 0);
        } catch (const etl::Error& error) {
            return std::string("error: ") + error.what() + " " + error.hint();
        }
        return out.str() + err.str();
    }
    jobs::ReportOptions asked(const std::string& name, const std::string& from = "",
                              const std::string& to = "", const std::string& by = "") {
        jobs::ReportOptions options;
        options.name = name;
        options.from = from;
        options.to = to;
        options.by = by;
        return options;
    }
    test_support::TestDatabase database_;
    etl::Config config_;
    etl::pg::Connection connection_{database_.url(), "test"};
};

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_F(Ranges, AnswerWithWhatLiesInThemAndNothingElse) {
    load("27", "Asia/Yekaterinburg", {"deals", "payments"});
    struct Right {
        const char *from, *to, *paid_orders, *money, *created;
    };
    for (const Right& right : {Right{"2026-08-31", "2026-11-01", "9.00", "48251.40", "10.00"},
                               Right{"2026-09-01", "2026-09-30", "4.00", "10400.40", "4.00"},
                               Right{"2026-10-01", "2026-10-31", "4.00", "28061.00", "4.00"},
                               Right{"2026-11-01", "2026-11-01", "1.00", "9790.00", "1.00"},
                               Right{"2026-09-25", "2026-10-05", "4.00", "19180.50", "4.00"},
                               Right{"2026-09-25", "2026-09-30", "2.00", "7370.00", "2.00"},
                               Right{"2026-10-01", "2026-10-05", "2.00", "11810.50", "2.00"},
                               Right{"2026-10-02", "2026-10-10", "1.00", "7570.00", "1.00"},
                               Right{"2026-10-11", "2026-10-31", "1.00", "8680.50", "2.00"},
                               Right{"2026-09-10", "2026-09-20", "0.00", "0.00", "1.00"}}) {
        const std::string where = std::string(right.from) + " to " + right.to;
        EXPECT_EQ(sum("average_cheque", "orders", right.from, right.to), right.paid_orders)
            << where;
        EXPECT_EQ(sum("average_cheque", "paid_amount", right.from, right.to), right.money) << where;
        EXPECT_EQ(sum("money_after_fees", "paid_amount", right.from, right.to), right.money)
            << where;
        EXPECT_EQ(sum("revenue_by_day", "net", right.from, right.to), right.money) << where;
        EXPECT_EQ(sum("manager_pay", "net", right.from, right.to), right.money) << where;
        EXPECT_EQ(sum("manager_plan", "net", right.from, right.to), right.money) << where;
        EXPECT_EQ(sum("advertising_return", "net", right.from, right.to), right.money) << where;
        EXPECT_EQ(sum("paid_definitions", "orders", right.from, right.to), right.created) << where;
        EXPECT_EQ(sum("conversion", "orders", right.from, right.to), right.created) << where;
    }
    EXPECT_EQ(
        sum("average_cheque", "average_cheque", "2026-09-25", "2026-10-05", "month = '2026-09-01'"),
        "3685.00");
    EXPECT_EQ(
        sum("average_cheque", "average_cheque", "2026-09-25", "2026-10-05", "month = '2026-10-01'"),
        "5905.25");
    const std::string cut = printed(asked("revenue_by_day", "2026-09-25", "2026-10-05", "month"));
    EXPECT_TRUE(says(cut, "2026-09-01 holds only 25–30.09")) << cut;
    EXPECT_TRUE(says(cut, "2026-10-01 holds only 01–05.10")) << cut;
    EXPECT_FALSE(
        says(printed(asked("revenue_by_day", "2026-09-01", "2026-09-30", "month")), "holds only"));
}

TEST_F(Ranges, MoneyWithoutADateIsSaidAndCreationNeverStandsIn) {
    load("25", "Europe/Moscow", {"deals", "payments"});
    EXPECT_EQ(sum("average_cheque", "paid_amount", "2026-08-01", "2026-08-31"), "7700.00");
    EXPECT_EQ(sum("average_cheque", "paid_amount", "2026-08-01", "2026-08-15"), "4200.00");
    EXPECT_EQ(sum("average_cheque", "paid_amount", "2026-08-16", "2026-08-31"), "3500.00");
    EXPECT_EQ(sum("average_cheque", "average_cheque", "2026-08-01", "2026-08-31",
                  "buyer_kind = 'returning'"),
              "2150.00");
    EXPECT_EQ(
        sum("average_cheque", "paid_amount", "2026-08-01", "2026-08-31", "buyer_kind = 'new'"),
        "5550.00");
    EXPECT_EQ(sum("revenue_by_day", "paid_on_payment_date", "2026-08-01", "2026-08-31"), "6350.00");
    EXPECT_EQ(sum("revenue_by_day", "received", "2026-08-01", "2026-08-31"), "7700.00");
    EXPECT_EQ(sum("revenue_by_day", "paid_on_creation_date", "2026-08-01", "2026-08-31",
                  "currency = 'RUB'"),
              "12450.00");
    EXPECT_EQ(sum("average_cheque", "paid_amount", "", "", "month IS NULL AND currency = 'RUB'"),
              "6900.00");
    const std::string text = printed(asked("average_cheque", "2026-08-01", "2026-08-15"));
    EXPECT_TRUE(
        says(text, "orders: 6900.00 RUB (1), 80.00 USD (1) without a date: not in this range"))
        << text;
    const std::string revenue = printed(asked("revenue_by_day", "2026-08-01", "2026-08-31"));
    EXPECT_TRUE(
        says(revenue, "orders: 8250.00 RUB (2), 80.00 USD (1) without a date: not in this range"))
        << revenue;
}

TEST_F(Ranges, FalseOrdersAreInNoFigureAndAPersonIsCountedOnce) {
    load("26", "Europe/Moscow", {"users", "deals", "payments"});
    for (const char* report : {"revenue_by_day", "products", "managers", "manager_pay",
                               "manager_plan", "order_channels", "person_channels"}) {
        EXPECT_EQ(sum(report, "net", "", "", "currency = 'RUB'"), "5880.00") << report;
        EXPECT_EQ(sum(report, "net", "", "", "currency = 'USD'"), "130.00") << report;
    }
    EXPECT_EQ(sum("refunds", "returned", "", ""), "0.00");
    EXPECT_EQ(sum("revenue_by_day", "set_apart_net", "", ""), "2050.00");
    EXPECT_EQ(sum("revenue_by_day", "set_apart_paid", "", ""), "2700.00");
    const std::string text = printed(asked("products"));
    EXPECT_TRUE(says(text, "set apart, payments: false 2050.00 RUB")) << text;
    EXPECT_TRUE(says(text, "set apart, payments: on the balance")) << text;
    for (const char* report : {"ages", "geography"}) {
        EXPECT_EQ(sum(report, "people", "", ""), "6.00") << report;
        EXPECT_EQ(sum(report, "buyers", "", ""), "4.00") << report;
    }
    EXPECT_EQ(value("SELECT people || ' ' || paid FROM (" + jobs::find_report("ages").sql +
                    ") r WHERE age_band = '25-34'"),
              "2 3300.00 RUB, 105.00 USD");
    EXPECT_EQ(value("SELECT count(*) FROM report.people p JOIN report.dim_date d ON d.day = "
                    "p.registered_on"),
              "6");
    EXPECT_LE(value("SELECT min(day) FROM report.dim_date"), "2023-03-14");
    EXPECT_EQ(value("SELECT count(*) = max(day) - min(day) + 1 FROM report.dim_date"), "t");
}

TEST_F(Ranges, FiguresAndWhatIsSetApartEqualTheTablesToTheKopeck) {
    school();
    connection_.execute(
        "UPDATE mirror.payments SET status = 'Кто знает', status_code = NULL, amount = 820 WHERE "
        "number = '9012'; UPDATE mirror.payments SET missing_since = now() WHERE number = '9002'; "
        "UPDATE mirror.deals SET missing_since = now() WHERE id = 103");
    for (const bool fresh : {false, true}) {  // by the rows themselves, and by the facts
        if (fresh) (void)value("SELECT report.refresh_facts()");
        const std::string payments = value(
            "SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM (SELECT "
            "currency, sum(CASE status_code WHEN 'returned' THEN -abs(amount) ELSE amount END) s "
            "FROM mirror.payments GROUP BY 1) t");
        for (const char* view : {"revenue_by_day", "sales_by_product", "sales_by_manager",
                                 "sales_by_order_channel", "sales_by_person_channel", "manager_pay",
                                 "manager_plan_and_fact", "advertising_return"})
            EXPECT_EQ(value("SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM "
                            "(SELECT currency, sum(s) AS s FROM (SELECT currency, net AS s FROM "
                            "report." +
                            std::string(view) +
                            " UNION ALL SELECT currency, amount FROM report.set_apart WHERE source "
                            "= 'payments') a WHERE currency <> '?' GROUP BY 1) t"),
                      payments)
                << view;
        const std::string orders =
            value("SELECT sum(paid_amount) FROM mirror.deals WHERE currency = 'RUB'");
        for (const char* view : {"average_cheque", "money_after_fees", "cohorts", "rfm",
                                 "old_base_and_cold", "payment_systems", "geography"})
            EXPECT_EQ(value("SELECT (SELECT sum(paid_amount) FROM report." + std::string(view) +
                            " WHERE currency = 'RUB') + (SELECT sum(amount) FROM report.set_apart "
                            "WHERE source = 'orders' AND currency = 'RUB')"),
                      orders)
                << view;
        EXPECT_EQ(value("SELECT string_agg(DISTINCT split_part(reason, ':', 1), ', ') FROM "
                        "report.set_apart"),
                  "excluded, expected, false, on the balance, unknown status, vanished");
    }
}

TEST_F(Ranges, AnOptionThatAReportLacksIsRefused) {
    school();
    for (const jobs::Report& report : jobs::reports()) {
        jobs::ReportOptions options = asked(report.name, "2026-01-01");
        EXPECT_EQ(report.has_range, !says(printed(options), "has no range: it is the state now"))
            << report.name;
        options = asked(report.name, "", "", "week");
        EXPECT_EQ(report.has_by, !says(printed(options), "has no periods to choose"))
            << report.name;
        options = asked(report.name);
        options.as_of = "2026-03-30";
        EXPECT_EQ(report.has_as_of, !says(printed(options), "knows only the state now"))
            << report.name;
    }
    jobs::ReportOptions options = asked("debts");
    options.out = "folder";
    EXPECT_TRUE(says(printed(options), "only report all writes a folder"));
}

TEST_F(Ranges, ThreeKindsOfEmptyAreToldApart) {
    school();
    EXPECT_TRUE(says(printed(asked("conversion", "1999-01-01", "1999-01-31")),
                     "no orders between 1999-01-01 and 1999-01-31; there are some from 2026-01-10 "
                     "to 2026-03-25"));
    EXPECT_TRUE(says(printed(asked("expected_instalments", "1999-01-01", "1999-01-31")),
                     "there are some from"));
    connection_.execute("DELETE FROM mirror.payments WHERE status_code = 'expected'");
    EXPECT_TRUE(says(printed(asked("expected_instalments", "1999-01-01", "1999-01-31")),
                     "no expected payments between 1999-01-01 and 1999-01-31, nor at any other "
                     "time"));
    connection_.execute("TRUNCATE report.access_rules");
    EXPECT_TRUE(says(printed(asked("access_without_payment")),
                     "not set up: report.access_rules has nothing. Enter it with gcmirror db "
                     "psql, for example: INSERT INTO report.access_rules"));
    connection_.execute("UPDATE mirror.users SET phone_key = NULL");
    EXPECT_EQ(printed(asked("duplicate_people")), "no people sharing a phone\n");
}

TEST_F(Ranges, EveryReportOfAFreshSchoolSaysWhyItIsEmpty) {
    connection_.execute(
        "INSERT INTO journal.run (job, state, loaded_at) VALUES ('sync', 'done', now())");
    std::size_t not_set_up = 0;
    for (const jobs::Report& report : jobs::reports()) {
        const std::string text = printed(asked(report.name));
        if (report.needs_all && !report.needs.empty()) {
            ++not_set_up;
            EXPECT_TRUE(says(text, "not set up: report." + report.needs.front())) << text;
            EXPECT_TRUE(says(text, "gcmirror db psql, for example: " + report.needs_sql)) << text;
        } else if (report.name != "data_quality" && report.name != "freshness") {
            EXPECT_EQ(text.rfind("no " + report.of + "\n", 0), 0u) << text;
        }
        jobs::ReportOptions options = asked(report.name);
        options.lang = "ru";
        EXPECT_FALSE(says(printed(options), "not set up")) << report.name;
    }
    EXPECT_GE(not_set_up, 6u);
}

TEST_F(Ranges, AMomentBeforeHistoryIsRefusedAndNotAnsweredWithZero) {
    school();
    jobs::ReportOptions options = asked("conversion");
    options.as_of = "2025-12-01";
    EXPECT_TRUE(says(printed(options),
                     "--as-of 2025-12-01 lies before history begins, at 2026-03-01 03:00"))
        << printed(options);
    connection_.execute("SET gcmirror.as_of = '2025-12-01'");
    for (const char* view : {"orders", "payments", "revenue_by_day", "people"})
        EXPECT_THROW((void)value("SELECT count(*) FROM report." + std::string(view)), etl::Error)
            << view;
}

TEST_F(Ranges, AMomentWhoseVersionsWereDroppedIsRefusedWithTheDayFromWhichHistoryIsWhole) {
    school();
    jobs::ReportOptions options = asked("conversion");
    options.as_of = "2026-03-10";
    const std::string before = printed(options);
    EXPECT_FALSE(says(before, "error")) << before;
    connection_.execute(
        "INSERT INTO journal.history_dropped SELECT max(id), 'deals', now(), '', 1, '2026-03-05Z', "
        "'2026-03-12 00:00Z', 0 FROM journal.run");
    EXPECT_TRUE(says(printed(options),
                     "--as-of 2026-03-10 is no longer known: history is whole from 2026-03-12 "
                     "03:00 (Europe/Moscow) on"))
        << printed(options);
    for (const char* exact : {"2026-03-03", "2026-03-12"}) {
        options.as_of = exact;
        EXPECT_FALSE(says(printed(options), "error")) << printed(options);
    }
}

TEST_F(Ranges, WhatASessionHadSetBeforeDoesNotChangeAReport) {
    school();
    const std::string now = printed(asked("paid_definitions"));
    connection_.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET gcmirror.as_of = ''2026-03-21''', "
        "current_database()); END $$");
    EXPECT_EQ(printed(asked("paid_definitions")),
              now + "this session has gcmirror.as_of = 2026-03-21; the report left it aside\n");
    etl::pg::Connection another(database_.url(), "dashboard");
    EXPECT_EQ(another.value("SELECT asked_as_of::date FROM report.clock"), "2026-03-21");
    EXPECT_EQ(value("SELECT count(*) FROM report.clock WHERE asked_as_of IS NOT NULL"), "0");
}

// What every report says of a fixture, in every form a reader meets: all of it, and a range that
// cuts months. GCMIRROR_UPDATE_GOLDEN=1 writes the files anew.
namespace {
void compare_with_golden(const std::string& text, const std::string& name) {
    if (std::getenv("GCMIRROR_UPDATE_GOLDEN") != nullptr)
        std::ofstream(test_support::data_folder() + "/" + name) << text;
    EXPECT_EQ(text, test_support::read_data(name));
}
}  // namespace

class Fixtures : public Ranges, public testing::WithParamInterface<const char*> {};

TEST_P(Fixtures, AreAnsweredAsTheGoldenFileSays) {
    const std::string number = GetParam();
    const std::string zone = number == "27" ? "Asia/Yekaterinburg" : "Europe/Moscow";
    if (number == "26")
        load(number, zone, {"users", "deals", "payments"});
    else
        load(number, zone, {"deals", "payments"});
    connection_.execute("UPDATE journal.coverage SET as_of = '2026-12-31 09:00Z'");
    const std::map<std::string, std::pair<std::string, std::string>> ranges = {
        {"25", {"2026-08-01", "2026-08-15"}},
        {"26", {"2025-12-20", "2026-01-10"}},
        {"27", {"2026-09-25", "2026-10-05"}}};
    std::string all;
    for (const jobs::Report& report : jobs::reports()) {
        // moments of this very run; checks of the whole mirror, which golden.txt has
        if (report.name == "freshness" || report.name == "data_quality") continue;
        all += "$ gcmirror report " + report.name + "\n" + printed(asked(report.name)) + "\n";
        if (!report.has_range) continue;
        const auto& [from, to] = ranges.at(number);
        const std::string by = report.has_by ? "month" : "";
        all += "$ gcmirror report " + report.name + " --from " + from + " --to " + to +
               (by.empty() ? "" : " --by month") + "\n" +
               printed(asked(report.name, from, to, by)) + "\n";
    }
    compare_with_golden(all, "reports/golden-" + number + ".txt");
}

INSTANTIATE_TEST_SUITE_P(Of, Fixtures, testing::Values("25", "26", "27"),
                         [](const auto& info) { return std::string("Fixture") + info.param; });
