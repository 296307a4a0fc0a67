// The figures of tests/data/bodies/FIGURES.md, each asserted in the database after a load.
#include <gtest/gtest.h>

#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "tests/support/database.hpp"
#include "tests/support/fixture_load.hpp"

using test_support::load_body;
using test_support::read_data;

namespace {

etl::ExportQuery query(const std::string& resource) {
    etl::ExportQuery question;
    question.resource = resource;
    if (resource == "fields" || resource == "groups") return question;
    question.filter = "created_at";
    question.from = etl::parse_day("2025-12-01");
    question.to = etl::parse_day("2026-02-28");
    return question;
}

class Fixtures : public testing::Test {
protected:
    etl::Loaded load(const std::string& resource, const std::string& file) {
        return load_body(loading_, *journal_, config_, query(resource),
                         read_data("bodies/" + file));
    }
    std::string value(const std::string& sql) { return loading_.value(sql); }

    test_support::TestDatabase database_;
    etl::Config config_;
    etl::pg::Connection journal_connection_{database_.url(), "journal"};
    etl::pg::Connection loading_{database_.url(), "load"};
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});
};

}  // namespace

TEST_F(Fixtures, DealsLoadWithExactlyTheirFigures) {
    load("fields", "06-fields-list.json");
    const etl::Loaded loaded = load("deals", "02-deals-export.json");

    EXPECT_EQ(loaded.counts.inserted, 7u);
    EXPECT_EQ(loaded.counts.rejects, 0u);
    EXPECT_EQ(value("SELECT sum(cost) FROM mirror.deals"), "66960.00");
    EXPECT_EQ(value("SELECT sum(paid_amount) FROM mirror.deals"), "36980.00");
    EXPECT_EQ(value("SELECT sum(earned) FROM mirror.deals"), "33344.56");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE status = 'Завершен'"), "3");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE status_code = 'payed' AND cost = 0"),
              "1");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE paid_amount > 0"), "4");
    EXPECT_EQ(value("SELECT count(*) || ' ' || sum(paid_amount) FROM mirror.deals WHERE (paid_at "
                    "AT TIME ZONE 'Europe/Moscow')::date = '2026-02-01'"),
              "2 14980.00");
    EXPECT_EQ(value("SELECT count(*) || ' ' || sum(paid_amount) FROM mirror.deals WHERE (paid_at "
                    "AT TIME ZONE 'Europe/Moscow')::date = '2026-02-16'"),
              "1 12000.00");
    EXPECT_EQ(value("SELECT count(*) || ' ' || sum(paid_amount) FROM mirror.deals WHERE paid_at IS "
                    "NULL AND paid_amount > 0"),
              "1 10000.00");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE paid_amount - payment_system_fee = "
                    "received AND received - tax = after_fee_and_tax "
                    "AND after_fee_and_tax - other_fees = earned"),
              "7");
    EXPECT_EQ(value("SELECT created_at AT TIME ZONE 'Europe/Moscow' || ' / ' || (paid_at - "
                    "created_at) FROM mirror.deals WHERE number = '5206'"),
              "2026-01-31 23:58:10 / 00:05:12");
}

TEST_F(Fixtures, PaymentsLoadWithExactlyTheirFigures) {
    EXPECT_EQ(load("payments", "03-payments-export.json").counts.inserted, 7u);

    EXPECT_EQ(value("SELECT count(*) || ' ' || sum(amount) || ' ' || sum(received) FROM "
                    "mirror.payments WHERE status_code = 'accepted'"),
              "5 36980.00 35685.70");
    EXPECT_EQ(value("SELECT sum(amount) FROM mirror.payments WHERE status_code = 'expected'"),
              "20000.00");
    EXPECT_EQ(value("SELECT sum(amount) FROM mirror.payments WHERE status_code = 'tobalance'"),
              "2000.00");
    EXPECT_EQ(value("SELECT string_agg(DISTINCT currency, ',') FROM mirror.payments"), "RUB");
    EXPECT_EQ(value("SELECT count(*) FILTER (WHERE status_code = 'accepted') || ' ' || count(*) "
                    "FILTER (WHERE status_code = 'expected') "
                    "FROM mirror.payments WHERE deal_number = '5202'"),
              "2 1");
}

TEST_F(Fixtures, UsersLoadWithEmojiUntitledFieldsAndZeroDates) {
    load("fields", "06-fields-list.json");
    const etl::Loaded loaded = load("users", "01-users-export.json");

    EXPECT_EQ(loaded.counts.inserted, 5u);
    EXPECT_EQ(value("SELECT first_name || ' ' || last_name FROM mirror.users WHERE id = 511200105"),
              "Дина 🌸 Ёлкина");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users WHERE id = 423100102 AND last_name IS NULL "
                    "AND utm_source IS NULL"),
              "1");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.custom_fields WHERE table_name = 'users'"), "11");
    EXPECT_EQ(value("SELECT name FROM mirror.custom_fields WHERE field_id = 10558673"),
              "field_10558673");
    EXPECT_EQ(value("SELECT raw || ': ' || reason FROM journal.reject"), "0000-00-00: zero date");
}

TEST_F(Fixtures, AwkwardRowsCostNoOtherRow) {
    const etl::Loaded loaded = load("deals", "12-awkward-rows.json");

    EXPECT_EQ(loaded.counts.rows, 6u);
    EXPECT_EQ(loaded.counts.inserted, 5u);
    EXPECT_EQ(loaded.counts.duplicate, 1u);
    EXPECT_TRUE(loaded.amber);
    EXPECT_EQ(value("SELECT count(DISTINCT id) FROM mirror.deals"), "5");
    EXPECT_EQ(value("SELECT number FROM mirror.deals WHERE id = 9007199254740993"), "123XXX");
    EXPECT_EQ(value("SELECT number || ' ' || cost || ' ' || status_code || ' ' || email_key || ' ' "
                    "|| phone_key FROM mirror.deals WHERE id = 874100301"),
              "0005301 12000.00 payed anna.k@example.com 79000000011");
    EXPECT_EQ(value("SELECT utm_source || ' ' || (custom->>'utm_source_2') FROM mirror.deals WHERE "
                    "id = 874100301"),
              "vk tg");
    EXPECT_EQ(
        value("SELECT paid_at AT TIME ZONE 'Europe/Moscow' FROM mirror.deals WHERE id = 874100301"),
        "2026-02-21 08:05:00");
    EXPECT_EQ(value("SELECT tags::text || offer_tags::text FROM mirror.deals WHERE id = 874100301"),
              "{vip,повтор}{набор}");
    EXPECT_EQ(value("SELECT status || ' ' || (status_code IS NULL) || ' ' || (cost IS NULL) || ' ' "
                    "|| currency FROM mirror.deals WHERE id = 874100304"),
              "Требует внимания true true KZT");
    EXPECT_EQ(value("SELECT count(*) FROM journal.reject WHERE reason = 'not money' AND raw = '-'"),
              "1");
    EXPECT_EQ(value("SELECT string_agg(row_no || ' ' || reason, ', ' ORDER BY row_no) FROM "
                    "journal.reject WHERE heading = ''"),
              "4 short row, 5 long row");
    EXPECT_EQ(value("SELECT cost FROM mirror.deals WHERE id = 874100305"), "4990.00");
    EXPECT_EQ(
        value("SELECT count(*) FROM mirror.deals WHERE user_id IS NULL AND status_code = 'false'"),
        "1");
}

TEST_F(Fixtures, LoadingTheSameBodyAgainWritesNoRow) {
    // xmin is the transaction that wrote a row version: equal sums mean that no row was written
    // again.
    const auto versions = [&](const std::string& table) {
        return value("SELECT count(*) || ' ' || sum(xmin::text::bigint) FROM mirror." + table);
    };
    for (const auto& [resource, file] :
         {std::pair("users", "01-users-export.json"), std::pair("deals", "02-deals-export.json"),
          std::pair("payments", "03-payments-export.json"),
          std::pair("deals", "12-awkward-rows.json")}) {
        load(resource, file);
        const std::string before = versions(resource);
        const etl::Loaded again = load(resource, file);
        EXPECT_EQ(again.counts.inserted + again.counts.changed, 0u) << file;
        EXPECT_EQ(again.counts.unchanged + again.counts.duplicate, again.counts.rows) << file;
        EXPECT_EQ(versions(resource), before) << file;
    }
    EXPECT_EQ(value("SELECT count(*) FROM history.deals"), "0");
}

TEST_F(Fixtures, EmptyBodyWhereRowsAreKnownIsRefused) {
    load("deals", "02-deals-export.json");
    const etl::Loaded empty = load("deals", "11-empty-export.json");
    EXPECT_TRUE(empty.red);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "7");
}

TEST_F(Fixtures, GroupsLoadFromTheirList) {
    EXPECT_EQ(load("groups", "04-groups-list.json").counts.inserted, 5u);
    EXPECT_EQ(value("SELECT name FROM mirror.groups WHERE id = 3971958"), "2026");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.groups WHERE last_added_at IS NULL"), "2");
}
