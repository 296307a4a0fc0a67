// The wide views widen after anything that may happen to a field, keep what they showed, and say
// what could not be done.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "etl/field_values.hpp"
#include "etl/journal_pg.hpp"
#include "etl/json.hpp"
#include "etl/pg.hpp"
#include "jobs/sync/wide_views.hpp"
#include "tests/support/database.hpp"
#include "tests/support/fixture_load.hpp"

namespace {

class WideViews : public testing::Test {
protected:
    std::string value(const std::string& sql) { return connection_.value(sql); }
    std::vector<std::string> columns() {
        const auto found = connection_.query(
            "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
            "attrelid = 'mirror.deals_wide'::regclass AND attnum > 0 ORDER BY attnum");
        std::vector<std::string> out;
        for (std::size_t i = 0; i < found.rows(); ++i) out.push_back(found.text(i, 0));
        return out;
    }
    test_support::TestDatabase database_ = test_support::TestDatabase::with_small_school();
    etl::pg::Connection connection_{database_.url(), "test"};
};

// Near a date, a number, a yes or no, and none of them.
std::string odd_value(std::mt19937& random) {
    const auto digits = [&](std::size_t count) {
        std::string text;
        while (count-- > 0) text += static_cast<char>('0' + random() % 10);
        return text;
    };
    const auto pick = [&](const std::vector<std::string>& of) { return of[random() % of.size()]; };
    const auto day = [&] {
        return pick({"01", "28", "29", "30", "31", "00", "32", "1", digits(2)});
    };
    const auto month = [&] { return pick({"01", "02", "04", "12", "00", "13", digits(2)}); };
    const auto year = [&] {
        return pick({"2024", "2023", "1900", "2000", "0000", "0001", "9999", "224", digits(4)});
    };
    std::string text;
    switch (random() % 5) {
        case 0:
            text = year() + pick({"-", "-", "-", ".", "/"}) + month() + "-" + day();
            break;
        case 1:
            text = day() + "." + month() + pick({".", ".", ".", "-"}) + year();
            break;
        case 2:
            for (std::size_t parts = 1 + random() % 5; parts > 0; --parts)
                text += pick({digits(1 + random() % 4), " ", "\u00a0", "\u202f", "\u2009", "'", ",",
                              ".", "-", "+", digits(3), "1e5", digits(random() % 210)});
            break;
        case 3:
            text = pick({"Да", "да", "ДА", "Нет", "нет", "1", "0", "true", "TRUE", "Yes", "no",
                         "да ", " нет", "ложь", "-", "2"});
            break;
        default:
            text = pick({"скоро", "2024-02-29T10:00", "29.02.2024 10:00", "12 990,50 руб.", "½",
                         "٣", "1,5\n", "2024-01-01\n", "\n2024-01-01", "NaN", "Infinity"});
    }
    if (random() % 12 == 0) text += pick({" ", "\n", "x", " 10:00", "\u00a0", "0"});
    return text;
}

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

TEST_F(WideViews, WhatSurelyReadsIsAValueForTheServerAndOfDatesAndNumbersNothingElseIs) {
    std::mt19937 random(5);
    std::vector<std::string> values;
    for (int i = 0; i < 20000; ++i) values.push_back(odd_value(random));
    for (const std::string type : {"date", "numeric", "boolean"}) {
        const auto read = connection_.query(
            "SELECT mirror.as_" + type +
                "(v) IS NOT NULL FROM unnest($1::text[]) WITH ORDINALITY u(v, n) ORDER BY n",
            {etl::pg::array_literal(values)});
        ASSERT_EQ(read.rows(), values.size());
        int sure = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const bool surely = etl::surely_reads(type, values[i]);
            sure += surely ? 1 : 0;
            if (type == "boolean" && !surely) continue;
            ASSERT_EQ(surely, read.flag(i, 0)) << type << " \"" << values[i] << '"';
        }
        EXPECT_GT(sure, 500) << type;
    }
}

namespace {

// A school with typed fields of people, and loads of odd values into it.
class TypedSchool {
public:
    TypedSchool() {
        etl::ExportQuery query;
        query.resource = "fields";
        test_support::load_body(
            connection, *journal_, {}, query,
            R"({"success":true,"info":[{"id":1,"type":"date","title":"D","context_type":"user"},)"
            R"({"id":2,"type":"number","title":"N","context_type":"user"},)"
            R"({"id":3,"type":"checkbox","title":"B","context_type":"user"},)"
            R"({"id":4,"type":"date","title":"E","context_type":"user"}]})");
    }

    void load(std::mt19937& random) {
        const bool odd = random() % 3 > 0, with_e = random() % 2 == 0;
        const auto cell = [&](const char* plain) {
            return "," + etl::json_string(odd && random() % 3 == 0 ? odd_value(random) : plain);
        };
        std::string rows;
        for (std::size_t id = 1 + random() % 3, end = id + random() % 12; id < end; ++id)
            rows += (rows.empty() ? "[" : ",[") + std::to_string(id) + cell("2026-01-05") +
                    cell("1 000,50") + cell("Да") + (with_e ? cell("05.01.2026") : "") + "]";
        etl::ExportQuery query;
        query.resource = "users";
        test_support::load_body(
            connection, *journal_, {}, query,
            std::string(R"({"success":true,"info":{"fields":["id","D","N","B")") +
                (with_e ? R"(,"E")" : "") + R"(],"items":[)" + rows + "]}}");
    }

    // Fields of which the registry says something else than the rows do.
    std::string wrong_misfits() {
        std::string sql =
            "SELECT coalesce(string_agg(name, ' '), '') FROM mirror.custom_fields f WHERE false";
        for (const std::string type : {"date", "numeric", "boolean"})
            sql +=
                " OR (type = '" + type +
                "' AND misfits <> (SELECT count(*) FROM mirror.users t WHERE t.custom->>f.name IS "
                "NOT NULL AND mirror.as_" +
                type + "(t.custom->>f.name) IS NULL))";
        return connection.value(sql);
    }
    std::string as_text(const std::string& name) {
        return connection.value("SELECT count(*) FROM mirror.custom_fields WHERE name = '" + name +
                                "' AND type = 'text'");
    }
    std::string unread(const std::string& name, const std::string& type) {
        return connection.value(
            "SELECT (count(*) > 0)::int FROM mirror.users t WHERE "
            "t.custom->>'" +
            name + "' IS NOT NULL AND mirror.as_" + type + "(t.custom->>'" + name + "') IS NULL");
    }

private:
    test_support::TestDatabase database_;
    etl::pg::Connection journal_connection_{database_.url(), "journal"};
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});

public:
    etl::pg::Connection connection{database_.url(), "load"};
};

}  // namespace

TEST(WideViewsOfLoads, TypesAndMisfitsAreWhatTheRowsSayThoughTheValuesWereSeenPassing) {
    std::mt19937 random(11);
    int as_text = 0, misfits = 0;
    for (int school = 0; school < 5; ++school) {
        TypedSchool typed;
        for (int night = 0; night < 8; ++night) {
            typed.load(random);
            ASSERT_EQ(typed.wrong_misfits(), "") << school << " " << night;
            if (night == 0)
                for (const auto& [name, type] : {std::pair("d", "date"), std::pair("n", "numeric"),
                                                 std::pair("b", "boolean")}) {
                    ASSERT_EQ(typed.as_text(name), typed.unread(name, type)) << name << school;
                    as_text += typed.as_text(name) == "1" ? 1 : 0;
                }
            jobs::widen_views(typed.connection);
            misfits += std::stoi(typed.connection.value(
                "SELECT count(*) FROM mirror.custom_fields WHERE misfits > 0"));
        }
    }
    EXPECT_GT(as_text, 0);
    EXPECT_LT(as_text, 15);
    EXPECT_GT(misfits, 0);
}
