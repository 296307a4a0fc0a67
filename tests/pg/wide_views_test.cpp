// The wide views widen after anything that may happen to a field, keep what they showed, and say
// what could not be done.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/sync/wide_views.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

namespace {

class WideViews : public testing::Test {
protected:
    WideViews() { connection_.execute(test_support::read_data("reports/school.sql")); }
    std::string value(const std::string& sql) { return connection_.value(sql); }
    std::vector<std::string> columns() {
        const auto found = connection_.query(
            "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
            "attrelid = 'mirror.deals_wide'::regclass AND attnum > 0 ORDER BY attnum");
        std::vector<std::string> out;
        for (std::size_t i = 0; i < found.rows(); ++i) out.push_back(found.text(i, 0));
        return out;
    }
    test_support::TestDatabase database_;
    etl::pg::Connection connection_{database_.url(), "test"};
};

}  // namespace

TEST_F(WideViews, WidenAfterAnySequenceOfNewApprovedFrozenAndRenamedFields) {
    std::mt19937 random(17);
    const auto one_of = [&](std::vector<const char*> words) {
        return std::string(words[random() % words.size()]);
    };
    int next = 0;
    std::vector<std::string> before = columns();
    for (int step = 0; step < 60; ++step) {
        const std::string some =
            "name = (SELECT name FROM mirror.custom_fields ORDER BY md5(name || '" +
            std::to_string(step) + "') LIMIT 1)";
        switch (random() % 6) {
            case 0:
            case 1:
                ++next;
                connection_.query(
                    "INSERT INTO mirror.custom_fields (table_name, title, name, type, position, "
                    "policy) VALUES ('deals', $1, $1, $2, $3, $4)",
                    {"f" + std::to_string(next), one_of({"text", "date", "numeric", "boolean"}),
                     std::to_string(next), one_of({"evolve", "evolve", "quarantine", "freeze"})});
                break;
            case 2:
                connection_.execute("UPDATE mirror.custom_fields SET policy = 'evolve' WHERE " +
                                    some);
                break;
            case 3:
                connection_.execute("UPDATE mirror.custom_fields SET policy = 'freeze' WHERE " +
                                    some);
                break;
            case 4:
                connection_.execute("UPDATE mirror.custom_fields SET title = 'T" +
                                    std::to_string(step) + "', type = '" +
                                    one_of({"text", "date", "numeric"}) + "' WHERE " + some);
                break;
            default:  // a base column of a later release, sometimes named as a field is
                connection_.execute("ALTER TABLE mirror.deals ADD COLUMN IF NOT EXISTS f" +
                                    std::to_string(random() % 40) + " integer");
                connection_.execute(
                    "UPDATE mirror.deals SET custom = custom || '{\"f1\": \"soon\", "
                    "\"f2\": \"x\", \"f3\": \"y\"}'");
        }
        jobs::widen_views(connection_);
        ASSERT_EQ(value("SELECT coalesce(string_agg(what || ': ' || text, ', '), '') FROM "
                        "journal.undone"),
                  "")
            << "step " << step;
        const std::vector<std::string> now = columns();
        ASSERT_GE(now.size(), before.size());
        for (std::size_t i = 0; i < before.size(); ++i) ASSERT_EQ(now[i], before[i]) << step;
        before = now;
        ASSERT_EQ(value("SELECT coalesce(string_agg(name, ', '), '') FROM mirror.custom_fields f "
                        "WHERE policy = 'evolve' AND NOT EXISTS (SELECT FROM pg_attribute WHERE "
                        "attrelid = 'mirror.deals_wide'::regclass AND attname = f.name)"),
                  "")
            << "step " << step;
        ASSERT_EQ(value("SELECT coalesce(string_agg(attname, ', '), '') FROM pg_attribute b WHERE "
                        "attrelid = 'mirror.deals'::regclass AND attnum > 0 AND NOT attisdropped "
                        "AND attname NOT IN ('custom', 'row_hash') AND NOT EXISTS (SELECT FROM "
                        "pg_attribute w WHERE w.attrelid = 'mirror.deals_wide'::regclass AND "
                        "w.attname IN (b.attname, b.attname || '_built_in'))"),
                  "")
            << "step " << step;
        ASSERT_EQ(value("SELECT count(*) FROM mirror.deals_wide"), "12");
    }
}

TEST_F(WideViews, WhatCouldNotBeDoneIsKeptWithItsReasonAndDoneTheNextTime) {
    connection_.execute(
        "INSERT INTO mirror.custom_fields (table_name, title, name, type, position) VALUES "
        "('deals', 'A', 'a', 'text', 1)");
    etl::pg::Connection reader(database_.url(), "somebody's tool");
    {
        etl::pg::Transaction transaction(reader);
        (void)reader.value("SELECT count(*) FROM mirror.deals_wide");
        jobs::widen_views(connection_);
        EXPECT_NE(value("SELECT text FROM journal.undone WHERE what = 'mirror.deals_wide'")
                      .find("a reader holds the view (postgres"),
                  std::string::npos)
            << value("SELECT text FROM journal.undone");
    }
    jobs::widen_views(connection_);
    EXPECT_EQ(value("SELECT count(*) FROM journal.undone"), "0");
    EXPECT_EQ(value("SELECT count(a) FROM mirror.deals_wide"), "0");
}

TEST_F(WideViews, OfMoreFieldsThanAViewHoldsTheMostFilledAndTheNewestAreShownAndTheRestIsSaidOnce) {
    connection_.execute(
        "INSERT INTO mirror.custom_fields (table_name, title, name, type, position, first_seen) "
        "SELECT 'deals', 'Field ' || n, 'field_' || n, 'text', 1000 + n, '2026-01-01' FROM "
        "generate_series(1, 2000) n;"
        "UPDATE mirror.deals SET custom = custom || jsonb_build_object('field_7', 'x', 'field_9', "
        "''); UPDATE mirror.deals SET custom = custom || jsonb_build_object('field_8', 'y') WHERE "
        "id = (SELECT min(id) FROM mirror.deals)");
    const auto has = [&](const std::string& field) {
        return value(
                   "SELECT count(*) FROM pg_attribute WHERE attrelid = "
                   "'mirror.deals_wide'::regclass AND attname = '" +
                   field + "'") == "1";
    };
    const auto comment = [&] {
        return value("SELECT obj_description('mirror.deals_wide'::regclass, 'pg_class')");
    };
    const std::string plain = comment();
    jobs::widen_views(connection_);
    EXPECT_EQ(columns().size(), 1400U);
    EXPECT_TRUE(has("field_7")) << "filled everywhere";
    EXPECT_TRUE(has("field_8")) << "filled once";
    EXPECT_TRUE(has("field_2000")) << "the newest of the empty ones";
    EXPECT_FALSE(has("field_9")) << "an empty text fills nothing";
    EXPECT_NE(comment().find(plain + " Of the school's fields "), std::string::npos);
    EXPECT_EQ(value("SELECT count(*) FROM journal.undone"), "0");
    EXPECT_EQ(value("SELECT mirror.say_left_out('deals')"), "") << "once";
    EXPECT_EQ(value("SELECT count(field_7) FROM mirror.deals_wide"), "12");

    connection_.execute(
        "INSERT INTO mirror.custom_fields (table_name, title, name, type, position, first_seen) "
        "VALUES ('deals', 'Later', 'later', 'text', 5000, '2026-03-01')");
    jobs::widen_views(connection_);
    EXPECT_EQ(columns().size(), 1401U);
    EXPECT_TRUE(has("later"));
    connection_.execute(
        "UPDATE mirror.custom_fields SET policy = 'freeze' WHERE NOT EXISTS (SELECT FROM "
        "pg_attribute WHERE attrelid = 'mirror.deals_wide'::regclass AND attname = name)");
    jobs::widen_views(connection_);
    EXPECT_EQ(comment(), plain);
}

TEST_F(WideViews, AFieldDeletedInGetCourseIsMarkedGoneAndASettingThatPointsAtItSaysSo) {
    connection_.execute(
        "INSERT INTO mirror.custom_fields (table_name, title, name, type, position) VALUES "
        "('deals', 'Причина', 'prichina_2', 'text', 900);"
        "UPDATE report.settings SET refusal_field = 'prichina_2', time_zone = 'Asia/Vladivostok'");
    const auto body = [&](const std::string& moment, const std::string& headings) {
        connection_.query(
            "INSERT INTO journal.export (run_id, resource, state, intended_at, started_at, "
            "headings) SELECT min(id), 'deals', 'loaded', $1::timestamptz, $1::timestamptz, "
            "$2::text[] FROM journal.run",
            {moment, headings});
        jobs::widen_views(connection_);
    };
    const auto comment = [&] {
        return value(
            "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = "
            "'mirror.deals_wide'::regclass AND attname = 'prichina_2'");
    };
    body("2026-11-01 20:00Z", "{ID заказа}");
    EXPECT_EQ(comment(), "Причина") << "no body ever had it";
    body("2026-11-02 20:00Z", "{ID заказа,Причина}");
    EXPECT_EQ(comment(), "Причина");
    EXPECT_EQ(value("SELECT count(*) FROM journal.undone"), "0");
    body("2026-11-03 20:00Z", "{ID заказа}");
    body("2026-11-04 20:00Z", "{ID заказа}");
    EXPECT_EQ(comment(), "Причина (gone since 2026-11-04)") << "in the account's zone";
    EXPECT_NE(value("SELECT text FROM journal.undone WHERE what = 'report.settings.refusal_field'")
                  .find("is gone from GetCourse since 2026-11-04"),
              std::string::npos);
    body("2026-11-05 20:00Z", "{ID заказа,Причина}");
    EXPECT_EQ(comment(), "Причина") << "it is back";
    EXPECT_EQ(value("SELECT count(*) FROM journal.undone"), "0");
}
