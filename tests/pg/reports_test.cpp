// The published views and reports on a school that can be counted by hand
// (tests/data/reports/school.sql): golden results, money that ties out, columns that only grow,
// roles that see no more than they may. GCMIRROR_UPDATE_GOLDEN=1 writes the golden files anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "jobs/cli/plan.hpp"
#include "jobs/cli/status.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/report/report.hpp"
#include "jobs/sync/masks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/fixture_load.hpp"

namespace {

class Reports : public testing::Test {
protected:
    Reports() { config_.database.url = database_.url(); }
    std::string value(const std::string& sql) { return connection_.value(sql); }
    std::string printed(jobs::ReportOptions options) {
        std::ostringstream out, err;
        jobs::Context context{config_, out, err, false, false, {}};
        EXPECT_EQ(jobs::run_report(context, options), 0);
        return out.str() + err.str();
    }
    std::string report(const std::string& name) {
        jobs::ReportOptions options;
        options.name = name;
        return printed(options);
    }
    std::string message_of(const jobs::ReportOptions& options) {
        try {
            printed(options);
            return "no error";
        } catch (const etl::Error& error) {
            return std::string(error.what()) + " " + error.hint();
        }
    }

    test_support::TestDatabase database_ = test_support::TestDatabase::with_small_school();
    etl::Config config_;
    etl::pg::Connection connection_{database_.url(), "test"};
};

void compare_with_golden(const std::string& text, const std::string& name) {
    if (std::getenv("GCMIRROR_UPDATE_GOLDEN") != nullptr)
        std::ofstream(test_support::data_folder() + "/" + name) << text;
    EXPECT_EQ(text, test_support::read_data(name));
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_F(Reports, EachAnswersAsTheGoldenFileSays) {
    std::string all;
    for (const jobs::Report& report : jobs::reports()) {
        if (report.name == "freshness") continue;  // holds moments of this very run
        std::string text = this->report(report.name);
        all += "$ gcmirror report " + report.name + "\n" + text + "\n";
    }
    compare_with_golden(all, "reports/golden.txt");
}

TEST_F(Reports, MoneyByDayEqualsTheMoneyInTheTables) {
    EXPECT_EQ(value("SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM (SELECT "
                    "currency, sum(net) + sum(set_apart_net) AS s FROM report.revenue_by_day GROUP "
                    "BY currency) t WHERE s <> 0 OR currency = 'BYN'"),
              value("SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM (SELECT "
                    "currency, sum(CASE status_code WHEN 'accepted' THEN amount WHEN 'returned' "
                    "THEN -amount ELSE 0 END) AS s FROM mirror.payments GROUP BY currency) t"));
    EXPECT_EQ(value("SELECT sum(paid_on_payment_date) + sum(set_apart_paid) FROM "
                    "report.revenue_by_day WHERE currency = 'RUB'"),
              value("SELECT sum(paid_amount) FROM mirror.deals WHERE currency = 'RUB'"));
    EXPECT_EQ(value("SELECT sum(paid_on_creation_date) FROM report.revenue_by_day"),
              value("SELECT sum(paid_amount) FROM report.orders WHERE counted"));
    for (const char* view :
         {"revenue_by_week", "revenue_by_month", "sales_by_product", "sales_by_manager",
          "sales_by_order_channel", "sales_by_person_channel", "manager_plan_and_fact",
          "advertising_return", "manager_pay"})
        EXPECT_EQ(value("SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM "
                        "(SELECT currency, sum(net) AS s FROM report." +
                        std::string(view) + " WHERE currency <> '?' GROUP BY currency) t"),
                  "BYN 0.00, RUB 23250.00")
            << view;
    EXPECT_EQ(value("SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM (SELECT "
                    "currency, sum(net) AS s FROM report.revenue_by_day WHERE currency <> '?' "
                    "GROUP BY currency) t"),
              "BYN 0.00, RUB 23250.00");
    for (const char* view : {"cohorts", "rfm", "old_base_and_cold", "money_after_fees",
                             "average_cheque", "age_bands", "geography"})
        EXPECT_EQ(value("SELECT sum(paid_amount) FROM report." + std::string(view) +
                        " WHERE currency = 'RUB'"),
                  value("SELECT sum(paid_amount) FROM report.paid_orders WHERE currency = 'RUB'"))
            << view;
}

TEST_F(Reports, MoneyByDayEqualsTheMoneyInTheBodies) {
    test_support::TestDatabase fresh;
    etl::pg::Connection journal_connection(fresh.url(), "journal"), loading(fresh.url(), "load");
    const auto journal = etl::pg_journal(journal_connection, {});
    etl::ExportQuery query;
    query.resource = "payments";
    query.filter = "created_at";
    query.from = etl::parse_day("2025-12-01");
    query.to = etl::parse_day("2026-03-31");
    (void)test_support::load_body(loading, *journal, config_, query,
                                  test_support::read_data("bodies/03-payments-export.json"));
    query.resource = "deals";
    (void)test_support::load_body(loading, *journal, config_, query,
                                  test_support::read_data("bodies/02-deals-export.json"));
    EXPECT_EQ(loading.value("SELECT sum(net) + sum(set_apart_net) FROM report.revenue_by_day"),
              "36980.00");  // both figures stand in
    EXPECT_EQ(
        loading.value(
            "SELECT sum(paid_on_payment_date) + sum(set_apart_paid) FROM report.revenue_by_day"),
        "36980.00");  // tests/data/bodies/FIGURES.md
    EXPECT_EQ(loading.value("SELECT bool_and(balanced) FROM journal.certificate"), "t");
}

TEST_F(Reports, AnOrderPaidAfterMidnightInMoscowBelongsToTheMoscowDay) {
    EXPECT_EQ(value("SELECT created_on FROM report.orders WHERE order_id = 102"), "2026-02-01");
}

TEST_F(Reports, WhatIsSetApartIsSaidAndNotCounted) {
    EXPECT_EQ(value("SELECT string_agg(order_id || ' ' || set_apart, ', ' ORDER BY order_id) FROM "
                    "report.orders WHERE NOT counted"),
              "105 free, 106 excluded: domain School.example, 107 false");
    EXPECT_EQ(value("SELECT bool_and(counted = (set_apart IS NULL)) FROM report.orders"), "t");
    EXPECT_EQ(value("SELECT bool_and(counted = (set_apart IS NULL)) FROM report.payments"), "t");
    EXPECT_EQ(value("SELECT bool_and(counted = (set_apart IS NULL)) FROM report.people"), "t");
}

TEST_F(Reports, AVanishedOrderDoesNotTakeThePaymentsOfItsNumberWithIt) {
    connection_.execute(
        "INSERT INTO mirror.deals (id, number, content, created_at, status_code, cost, currency, "
        "row_hash, run_id, export_id, valid_from, missing_since) "
        "SELECT 999, '0101', 'Курс А', '2026-01-11Z', 'new', 1, 'RUB', 0, run_id, export_id, "
        "valid_from, '2026-03-01Z' FROM mirror.deals WHERE id = 101");
    EXPECT_EQ(value("SELECT order_id FROM report.payments WHERE payment_number = '9001'"), "101");
    EXPECT_EQ(value("SELECT received FROM report.order_money WHERE order_id = 101"), "10000.00");
    EXPECT_EQ(
        value("SELECT found FROM report.data_quality WHERE check_name = 'orders that vanished'"),
        "1");
}

TEST_F(Reports, AsOfShowsTheFiguresAsTheyStood) {
    jobs::ReportOptions options;
    options.name = "paid_definitions";
    options.from = "2026-03-01";
    const std::string now = printed(options);
    options.as_of = "2026-03-21";
    const std::string then = printed(options);
    EXPECT_TRUE(says(now, "6000.00")) << now;    // orders 110 and 111
    EXPECT_TRUE(says(then, "3000.00")) << then;  // 111 was new and unpaid
    EXPECT_FALSE(says(then, "6000.00")) << then;
    EXPECT_TRUE(says(then, "state of 2026-03-21 23:59")) << then;
    EXPECT_EQ(value("SELECT count(*) FROM report.orders"), "12");
    connection_.execute("SET gcmirror.as_of = '2026-03-21T12:00:00Z'");
    EXPECT_EQ(value("SELECT status FROM report.orders WHERE order_id = 111"), "Новый");
}

TEST_F(Reports, TheRowsBehindAFigureAddUpToIt) {
    jobs::ReportOptions options;
    options.name = "revenue_by_day";
    options.rows = true;
    options.from = "2026-02-01";
    options.to = "2026-02-28";
    options.where = {"kind=received", "currency=RUB"};
    const std::string rows = printed(options);
    EXPECT_TRUE(says(rows, "9002") && says(rows, "9006") && says(rows, "9007")) << rows;
    EXPECT_FALSE(says(rows, "9003") || says(rows, "9008")) << rows;
    EXPECT_TRUE(says(rows, "3 rows, 1 of them set apart"))
        << rows;  // 4000 and 1000 are the figure of February, 5000 is staff's
    options.where = {"kind=received", "currency=RUB", "counted=true"};
    EXPECT_TRUE(says(printed(options), "2 rows, 0 of them set apart"));
    options.where = {"currency=RUB"};
    options.figure = "received";
    const std::string made = printed(options);
    EXPECT_TRUE(says(made, "9002") && says(made, "9006") && !says(made, "9007")) << made;
    EXPECT_TRUE(says(made, "received: 5,000.00 = the sum of “amount”")) << made;
    options.figure = "";
    options.where = {"colour=red"};
    EXPECT_TRUE(
        says(message_of(options),
             "--where is \"colour=red\", expected COLUMN=VALUE with one of payment_number"));
    options.where = {};
    options.name = "data_quality";
    EXPECT_TRUE(says(message_of(options), "no single table of rows behind it"));
}

TEST_F(Reports, ExplainShowsDefinitionViewsAndState) {
    jobs::ReportOptions options;
    options.name = "conversion";
    options.explain = true;
    const std::string text = printed(options);
    for (const char* part :
         {"Сколько заказов создано", "FROM report.conversion_by_day",
          "-- report.conversion_by_day: How many orders", "-- report.orders: Fact",
          "State of the data: 2026-03-31 03:30", "Europe/Moscow"})
        EXPECT_TRUE(says(text, part)) << part << "\n" << text;
    options.name = "morning";  // whose figures a function makes
    const std::string morning = printed(options);
    for (const char* part : {"-- report.measures(): The owner's figures",
                             "CREATE OR REPLACE FUNCTION report.measures", "-- report.payments: "})
        EXPECT_TRUE(says(morning, part)) << part << "\n" << morning;
}

TEST_F(Reports, BadInputSaysWhatIsWrongAndReadsNothing) {
    jobs::ReportOptions options;
    options.name = "revenu";
    EXPECT_TRUE(
        says(message_of(options), "there is no report \"revenu\"; the nearest are revenue_by_day"))
        << message_of(options);
    options.name = "conversion";
    options.from = "2026-02-30";
    EXPECT_TRUE(says(message_of(options), "--from is \"2026-02-30\", expected a day that exists"));
    options.from = "2026-03-01";
    options.to = "2026-02-01";
    EXPECT_TRUE(says(message_of(options), "--from 2026-03-01 lies behind --to 2026-02-01"));
    options.to = "";
    options.as_of = "yesterday";
    EXPECT_TRUE(says(message_of(options), "--as-of is \"yesterday\", expected a day"));
    options.as_of = "";
    options.from = "";
    options.excel = true;
    for (const char* name : {"conversion", "all"}) {
        options.name = name;
        options.format = "xlsx";
        options.out = "/nonexistent/book.xlsx";
        EXPECT_TRUE(says(message_of(options), "--excel goes with --format csv")) << name;
    }
    options.excel = false;
    options.name = "conversion";
    options.format = "table";
    options.out = "";
    options.figure = "orders";
    EXPECT_TRUE(says(message_of(options), "--figure goes with --rows"));
    options.rows = true;
    options.figure = "paid_percent";
    EXPECT_TRUE(says(message_of(options),
                     "report conversion has no figure \"paid_percent\" with "
                     "rows of its own; it has orders, paid_orders"));
    options.rows = false;
    options.figure = "";
    options.from = "1999-01-01";
    options.to = "1999-01-31";
    EXPECT_EQ(printed(options),
              "no orders between 1999-01-01 and 1999-01-31; there are some from 2026-01-10 to "
              "2026-03-25\n");
    connection_.execute("UPDATE journal.run SET loaded_at = NULL");
    EXPECT_TRUE(
        says(message_of(options), "nothing has been mirrored yet Run gcmirror sync first."));
}

TEST_F(Reports, AReportThatTakesTooLongSaysHowToNarrowIt) {
    connection_.execute(
        "INSERT INTO mirror.deals (id, content, created_at, status_code, cost, paid_amount, "
        "currency, row_hash, run_id, export_id, valid_from) "
        "SELECT 1000 + n, 'Курс ' || n % 50, '2024-01-01Z'::timestamptz + n * interval '3 "
        "minutes', 'payed', 100, 100, 'RUB', 0, 1, 1, '2026-01-01' FROM generate_series(1, 100000) "
        "n");
    config_.database.statement_timeout = std::chrono::milliseconds{5};
    jobs::ReportOptions options;
    options.name = "products";
    options.from = "2024-01-01";
    EXPECT_TRUE(says(
        message_of(options),
        "report products was ended after 5ms (since 2024-01-01) Narrow it with --from and --to"))
        << message_of(options);
}

TEST_F(Reports, PublishedColumnsAreOnlyAppended) {
    const std::string now = value(
        "SELECT string_agg(relname || ': ' || columns, E'\\n' ORDER BY relname) || E'\\n' FROM "
        "(SELECT c.relname, string_agg(a.attname, ' ' ORDER BY a.attnum) AS columns FROM pg_class "
        "c "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE "
        "c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' GROUP BY c.relname) v");
    const std::string path = "reports/columns.txt";
    std::istringstream released(test_support::read_data(path));
    for (std::string line; std::getline(released, line);)
        EXPECT_TRUE(says("\n" + now, "\n" + line + " ") || says("\n" + now, "\n" + line + "\n"))
            << "published as\n  " << line << "\nand now\n"
            << now;
    if (std::getenv("GCMIRROR_UPDATE_GOLDEN") != nullptr)
        std::ofstream(test_support::data_folder() + "/" + path) << now;
    EXPECT_EQ(now, test_support::read_data(path))
        << "new columns: GCMIRROR_UPDATE_GOLDEN=1 adds them";
}

TEST_F(Reports, EveryPublishedViewAndColumnHasAComment) {
    EXPECT_EQ(
        value("SELECT coalesce(string_agg(c.relname || '.' || a.attname, ', '), '') FROM pg_class "
              "c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
              "WHERE c.relnamespace IN ('report'::regnamespace, 'masked'::regnamespace) AND "
              "c.relkind IN ('v', 'r') AND col_description(c.oid, a.attnum) IS NULL"),
        "");
    EXPECT_EQ(
        value("SELECT coalesce(string_agg(relname, ', '), '') FROM pg_class WHERE relnamespace IN "
              "('report'::regnamespace, 'masked'::regnamespace, 'history'::regnamespace) AND "
              "relkind IN ('v', 'r') AND obj_description(oid) IS NULL"),
        "");
}

TEST_F(Reports, TheReaderReadsAndWritesNothing) {
    connection_.execute("SET ROLE gcmirror_reader");
    EXPECT_EQ(value("SELECT count(*) FROM report.orders"), "12");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "12");
    for (const char* forbidden :
         {"SELECT count(*) FROM journal.request", "SELECT count(*) FROM journal.mask",
          "INSERT INTO report.exclusions VALUES ('tag', 'x', '')",
          "UPDATE report.settings SET manager_share = 1", "DELETE FROM mirror.deals",
          "CREATE TABLE report.mine (a int)"})
        EXPECT_THROW(connection_.execute(forbidden), etl::Error) << forbidden;
}

TEST_F(Reports, TheMaskedReaderSeesTheSameViewsWithHashesThatJoin) {
    const etl::Secret key("a key for the tests, at least this long");
    {
        etl::pg::Transaction transaction(connection_);
        jobs::refresh_masks(connection_, key);
        transaction.commit();
    }
    EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'masked'::regnamespace"),
              value("SELECT count(*) FROM pg_class WHERE relnamespace = 'report'::regnamespace AND "
                    "relkind = 'v'"));
    connection_.execute("SET ROLE gcmirror_masked");
    for (const char* forbidden :
         {"SELECT count(*) FROM report.orders", "SELECT count(*) FROM mirror.users",
          "SELECT count(*) FROM journal.mask", "SELECT count(*) FROM history.users"})
        EXPECT_THROW(connection_.execute(forbidden), etl::Error) << forbidden;
    EXPECT_EQ(value("SELECT email FROM masked.people WHERE user_id = 1"),
              jobs::mask_of(key, jobs::Personal::email, "anna@example.org"));
    EXPECT_EQ(value("SELECT count(*) FROM masked.people p JOIN masked.orders o USING (email) WHERE "
                    "p.user_id = 1"),
              "2");
    EXPECT_EQ(value("SELECT count(DISTINCT phone) FROM masked.people WHERE user_id IN (1, 2)"),
              "1");  // one phone, written in two ways
    EXPECT_EQ(value("SELECT count(*) FROM masked.dim_manager WHERE manager = '(none)'"), "1");
    EXPECT_EQ(value("SELECT sum(net) FROM masked.revenue_by_day WHERE currency = 'RUB'"),
              "23250.00");
    connection_.execute("RESET ROLE");
    const std::string all = value(
        "SELECT coalesce(string_agg(o::text, ' '), '') || (SELECT coalesce(string_agg(p::text, ' "
        "'), '') FROM masked.people p) || (SELECT coalesce(string_agg(p::text, ' '), '') FROM "
        "masked.payments p) "
        "|| (SELECT coalesce(string_agg(d::text, ' '), '') FROM masked.debts d) FROM masked.orders "
        "o");
    for (const char* personal :
         {"example.org", "Анна", "Северная", "+7 (900)", "79000000001", "Пётр", "Партнёр"})
        EXPECT_FALSE(says(all, personal)) << personal;
}

TEST_F(Reports, WithoutAMaskingKeyTheMaskedReaderSeesNoPeople) {
    EXPECT_EQ(value("SELECT count(email) + count(phone) + count(person_name) FROM masked.people"),
              "0");
}

TEST_F(Reports, ANewMaskingKeyReplacesEveryHash) {
    etl::pg::Transaction transaction(connection_);
    jobs::refresh_masks(connection_, etl::Secret("the first key of this test"));
    const std::string first = value("SELECT email FROM masked.people WHERE user_id = 1");
    jobs::refresh_masks(connection_, etl::Secret("the second key of this test"));
    EXPECT_NE(value("SELECT email FROM masked.people WHERE user_id = 1"), first);
    EXPECT_EQ(value("SELECT count(*) FROM journal.mask WHERE mask = '" + first + "'"), "0");
}

TEST_F(Reports, CsvForExcelHasBomSemicolonsAndCommasAndNoFormulas) {
    connection_.execute("UPDATE mirror.deals SET content = '=1+1' WHERE id = 101");
    jobs::ReportOptions options;
    options.name = "products";
    options.format = "csv";
    options.excel = true;
    const std::string text = printed(options);
    EXPECT_EQ(text.substr(0, 11), "\xEF\xBB\xBFproduct;");
    EXPECT_TRUE(says(text, "'=1+1;RUB;1;1;100,0;10000,00")) << text;
}

TEST_F(Reports, AllMakesThePackOfTheMorning) {
    const std::string dir = testing::TempDir() + "/pack-" + std::to_string(getpid());
    jobs::ReportOptions options;
    options.name = "all";
    EXPECT_TRUE(says(message_of(options), "report all needs --out FOLDER"));
    options.out = dir;
    EXPECT_TRUE(says(printed(options), "begin with index.html"));
    connection_.execute("SELECT 1");
    std::ifstream index(dir + "/index.html"), page(dir + "/revenue_by_day.html"),
        csv(dir + "/sleepers.csv");
    EXPECT_TRUE(index && page && csv);
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(dir + "/sleepers.csv").permissions() & perms::others_all,
              perms::none)
        << "it names people";
}

TEST_F(Reports, TheQuestionsForBiToolsRunAsTheReader) {
    connection_.execute("SET ROLE gcmirror_reader");
    const auto file = [](const std::string& name) {
        std::ifstream in(test_support::data_folder() + "/../../jobs/report/bi/" + name);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    int questions = 0;
    std::istringstream lines(file("questions.sql"));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("SELECT")) {
            EXPECT_NO_THROW(connection_.execute(line)) << line;
            ++questions;
        }
    EXPECT_GE(questions, 12);
    const std::string dashboard = file("grafana.json"), key = "\"rawSql\": \"";
    int panels = 0;
    for (std::size_t at = dashboard.find(key); at != std::string::npos;
         at = dashboard.find(key, at + 1)) {
        std::string sql =
            dashboard.substr(at + key.size(), dashboard.find("\"\n", at) - at - key.size());
        EXPECT_EQ(sql.find("$__timeFilter"), std::string::npos) << "no index serves it";
        for (const auto& [macro, day] :
             {std::pair<std::string, std::string>("$__timeFrom()", "'2026-01-01T00:00:00Z'"),
              {"$__timeTo()", "'2026-12-31T23:59:59Z'"}})
            for (std::size_t found = sql.find(macro); found != std::string::npos;
                 found = sql.find(macro))
                sql.replace(found, macro.size(), day);
        EXPECT_NO_THROW(connection_.execute(sql)) << sql;
        ++panels;
    }
    EXPECT_EQ(panels, 9);
}

TEST_F(Reports, TheFilesOfRelationsAreThoseThatTheDatabaseSays) {
    const std::string folder = test_support::data_folder() + "/../../jobs/report/bi/relations/";
    const auto file = [&](const std::string& name) {
        std::ifstream in(folder + name);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    for (const auto& [query, made] : {std::pair("dbt_sources.sql", "dbt/models/sources.yml"),
                                      {"svg.sql", "relations.svg"},
                                      {"joined.sql", "joined_models.sql"}})
        EXPECT_EQ(value(file(query)) + "\n", file(made)) << made << ": run make.sh";
    connection_.execute("SET ROLE gcmirror_reader");
    EXPECT_NO_THROW(connection_.execute(file("joined_models.sql")));
    // many to one: each join is on a key of the one, and the many knows no other
    const auto joins = connection_.query(
        "SELECT format('SELECT count(*) FROM %I.%I f WHERE %I IS NOT NULL AND NOT EXISTS (SELECT "
        "FROM %I.%I t WHERE t.%I = f.%I)', from_schema, from_table, from_column, to_schema, "
        "to_table, to_column, from_column) FROM mirror.relations");
    for (std::size_t row = 0; row < joins.rows(); ++row)
        EXPECT_EQ(value(joins.text(row, 0)), "0") << joins.text(row, 0);
}

namespace {

// Words of Latin letters that are no name or code: not in tests/data/latin_allowed.txt, no address,
// no column, option or table, nothing that the school itself wrote.
std::set<std::string> latin_words(const std::string& text, std::set<std::string> allowed) {
    std::istringstream list(test_support::read_data("latin_allowed.txt"));
    for (std::string line; std::getline(list, line);)
        if (!line.empty() && line[0] != '#') allowed.insert(line);
    const std::string within =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@-/";
    std::set<std::string> found;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = text.find_first_of(within, at);
        if (begin == std::string::npos) break;
        at = std::min(text.find_first_not_of(within, begin), text.size());
        std::string word = text.substr(begin, at - begin);
        if (word.find_first_of("@_") != std::string::npos || word.starts_with("report.") ||
            word.starts_with("--") || word.starts_with("Europe/"))
            continue;
        word.erase(0, word.find_first_not_of(".-/0123456789"));
        word.erase(word.find_last_not_of(".-/0123456789") + 1);
        if (!word.empty() && !allowed.contains(word)) found.insert(word);
    }
    return found;
}

std::string joined(const std::set<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += word + " ";
    return out;
}

}  // namespace

TEST_F(Reports, RussianOutputHasNoLatinWordsButNamesAndCodes) {
    config_.getcourse.account = "school";
    config_.getcourse.time_zone = "Europe/Moscow";
    std::set<std::string> names;  // of reports, and what the school of the test wrote
    for (const jobs::Report& report : jobs::reports()) names.insert(report.name);
    for (const char* word : {"vk", "cpc", "spring", "email", "yandex", "School.example", "ZIMA"})
        names.insert(word);
    for (const jobs::Report& report : jobs::reports()) {
        jobs::ReportOptions options;
        options.name = report.name;
        options.lang = "ru";
        const std::string text = printed(options);
        EXPECT_EQ(joined(latin_words(text, names)), "") << text;
        options.from = "1999-01-01";  // what an empty range says
        options.to = "1999-01-31";
        if (report.has_range) {
            EXPECT_EQ(joined(latin_words(printed(options), names)), "");
        }
        EXPECT_EQ(joined(latin_words(report.definition_ru, names)), "") << report.name;
        EXPECT_FALSE(report.definition_ru.empty() || report.group.empty()) << report.name;
    }
    for (const auto act : {+[](jobs::Context& context) { return jobs::run_status(context); },
                           +[](jobs::Context& context) { return jobs::run_plan(context, {}); }}) {
        std::ostringstream out, err;
        jobs::Context context{config_, out, err, false, false, {}, {}, true};
        EXPECT_EQ(act(context), 0);
        EXPECT_EQ(joined(latin_words(out.str(), names)), "") << out.str();
    }
}

TEST_F(Reports, EveryColumnHasATitleInBothLanguagesAndTheKindItsTypeSays) {
    const std::map<std::string, std::string> kinds = {{"date", "day"},
                                                      {"boolean", "flag"},
                                                      {"timestamp without time zone", "moment"},
                                                      {"timestamp with time zone", "moment"},
                                                      {"bigint[]", "list"},
                                                      {"text[]", "list"}};
    const auto check = [&](const std::string& where, const std::string& column,
                           const std::string& type) {
        const std::string kind(jobs::words::kind(column));
        if (column == "age" && type == "integer") return;  // of a debt it is words
        EXPECT_NE(kind, "") << where << ": " << column << " is not in columns.json";
        if (const auto wanted = kinds.find(type); wanted != kinds.end())
            EXPECT_EQ(kind, wanted->second) << column;
        else
            EXPECT_TRUE(type == "text" ? kind == "text" || kind == "id" || kind == "moment"
                                       : kind != "text" && kind != "flag" && kind != "list")
                << column << " is " << type << " and called " << kind;
    };
    std::set<std::string> views;
    for (const jobs::Report& report : jobs::reports()) {
        const jobs::Bound bound = jobs::bind_range(report.sql, {});
        const auto columns = connection_.query(bound.sql + " LIMIT 1", bound.parameters).columns();
        std::string types;
        for (const std::string& name : columns)
            types += (types.empty() ? "" : ", ") + ("min(pg_typeof(r." + name + ")::text)");
        const auto found = connection_.query(
            "SELECT " + types + " FROM (SELECT) one LEFT JOIN (" + bound.sql + ") r ON true",
            bound.parameters);
        for (std::size_t c = 0; c < columns.size(); ++c) {
            check(report.name, columns[c], found.text(0, c));
        }
        views.insert(report.rows_view);
        for (const jobs::Figure& figure : report.figures) views.insert(figure.view);
    }
    views.erase("");
    for (const std::string& view : views) {  // the rows behind
        const auto found = connection_.query(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = "
            "$1::regclass AND attnum > 0 AND NOT attisdropped",
            {view});
        for (std::size_t r = 0; r < found.rows(); ++r)
            check(view, found.text(r, 0), found.text(r, 1));
    }
}
