// What each role sees: the list in jobs/report/ROLES.md is what the catalog says, masked readers
// see nobody, and the ways out of a role are closed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "etl/error.hpp"
#include "etl/login.hpp"
#include "etl/pg.hpp"
#include "jobs/sync/masks.hpp"
#include "schema/personal.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

using etl::Error;

namespace {

const std::vector<std::string> kRoles = {"gcmirror_reader", "gcmirror_masked", "gcmirror_writer"};
constexpr const char* kMarker = "ZZmarkerZZ";

// In the way of every word that people may have typed; the second half has brackets before it.
constexpr const char* kMarkAll = R"sql(
UPDATE mirror.users SET email = 'ZZmarkerZZ' || id || '@x.org', email_key = 'zzmarkerzz' || id || '@x.org',
    first_name = '(ZZmarkerZZ) ' || id, last_name = 'ZZmarkerZZ', phone = '(495) ZZmarkerZZ' || id,
    phone_key = 'ZZmarkerZZ', partner_email = '(ZZmarkerZZ)@x.org';
UPDATE mirror.deals SET user_name = '(ZZmarkerZZ) A', email = '(ZZmarkerZZ)@x.org', phone = '(ZZmarkerZZ)',
    content = 'Course of ZZmarkerZZ', manager = '(ZZmarkerZZ) / (ZZmarkerZZ)', tags = '{ZZmarkerZZ}',
    offer_tags = '{(ZZmarkerZZ)}', promo_code = 'ZZmarkerZZ', promotion = 'ZZmarkerZZ',
    order_partner_email = '(ZZmarkerZZ)', order_partner_name = '(ZZmarkerZZ)',
    user_partner_email = '(ZZmarkerZZ)', user_partner_name = '(ZZmarkerZZ)',
    custom = coalesce(custom, '{}') || '{"prichina": "(ZZmarkerZZ)"}';
UPDATE mirror.payments SET user_name = '(ZZmarkerZZ)', email = '(ZZmarkerZZ)@x.org';
UPDATE mirror.groups SET name = '(ZZmarkerZZ) ' || id;
UPDATE report.settings SET refusal_field = 'prichina';
DELETE FROM report.exclusions;
INSERT INTO report.exclusions VALUES ('email', 'zzmarkerzz1@x.org', 'ZZmarkerZZ'), ('tag', 'ZZmarkerZZ', 'ZZmarkerZZ');
INSERT INTO report.access_rules VALUES ('%ZZmarkerZZ%', '%ZZmarkerZZ%') ON CONFLICT DO NOTHING;
SELECT report.refresh_facts();
ANALYZE;
)sql";

class RolesSee : public testing::Test {
protected:
    std::string value(const std::string& sql, const std::vector<etl::pg::Param>& given = {}) {
        return connection_.value(sql, given);
    }
    [[nodiscard]] std::string url_as(const std::string& role) const {
        std::string url = database_.url();
        const std::size_t user = url.find("user=");
        return url.replace(user, url.find('&', user) - user, "user=" + role);
    }
    void mark() {
        connection_.execute(kMarkAll);
        etl::pg::Transaction transaction(connection_);
        jobs::refresh_masks(connection_, etl::Secret("a key for the tests, at least this long"));
        transaction.commit();
    }

    test_support::TestDatabase database_ = test_support::TestDatabase::with_small_school();
    etl::pg::Connection connection_{database_.url(), "test"};
};

// Columns of masked views by what is done to them.
constexpr const char* kMaskedColumns =
    "SELECT coalesce(string_agg(name, ', ' ORDER BY name), 'none') FROM (SELECT DISTINCT "
    "a.attname::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN "
    "report.masking m ON m.column_name = a.attname WHERE c.relnamespace = 'report'::regnamespace "
    "AND c.relkind = 'v' AND a.attnum > 0 AND report.masked_column(a.attname::text, a.atttypid) ";

}  // namespace

TEST_F(RolesSee, ALoginWhoseNameIsNoneIsAMistakeOfWhoeverTypedIt) {
    for (const char* name : {"a b", "", "1st", "o'brien"}) {
        try {
            (void)etl::add_login(connection_, name, false, false);
            ADD_FAILURE() << "taken: " << name;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), etl::Kind::usage) << error.what();
            EXPECT_NE(std::string(error.what()).find("expected letters"), std::string::npos)
                << error.what();
        }
    }
}

TEST_F(RolesSee, WhatTheGeneratedListSays) {
    std::string text =
        "# What each role sees\n\nMade from the catalog by `GCMIRROR_UPDATE_GOLDEN=1 "
        "pg_roles`; a test holds it against every build.\n";
    for (const std::string& role : kRoles) {
        text += fmt::format("\n## {}\n\n", role);
        const auto read = connection_.query(
            "SELECT n.nspname, string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c JOIN "
            "pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') "
            "AND n.nspname !~ '^pg_|^information_schema$' AND has_schema_privilege($1, n.oid, "
            "'USAGE') AND has_table_privilege($1, c.oid, 'SELECT') GROUP BY 1 ORDER BY 1",
            {role});
        for (std::size_t i = 0; i < read.rows(); ++i)
            text += fmt::format("- reads `{}`: {}\n", read.text(i, 0), read.text(i, 1));
        const auto written = connection_.query(
            "SELECT n.nspname || '.' || c.relname, string_agg(a.attname, ', ' ORDER BY a.attnum) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON "
            "a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind IN ('r', "
            "'v', 'p') AND n.nspname !~ '^pg_|^information_schema$' AND has_schema_privilege($1, "
            "n.oid, 'USAGE') AND (has_column_privilege($1, c.oid, a.attnum, 'INSERT') OR "
            "has_column_privilege($1, c.oid, a.attnum, 'UPDATE')) GROUP BY 1 ORDER BY 1",
            {role});
        for (std::size_t i = 0; i < written.rows(); ++i)
            text += fmt::format("- writes `{}`: {}\n", written.text(i, 0), written.text(i, 1));
        const std::string creates = value(
            "SELECT coalesce(string_agg(nspname, ', ' ORDER BY nspname), 'nothing') FROM "
            "pg_namespace WHERE nspname !~ '^pg_' AND has_schema_privilege($1, oid, 'CREATE')",
            {role});
        text += fmt::format("- creates in: {}\n", creates);
    }
    text += "\n## The columns of masked\n\n";
    for (const auto& [what, condition] :
         {std::pair("shown as keyed hashes", "LIKE '%journal.mask%'"),
          std::pair("shown without whom they name", "LIKE '%(hidden)%'"),
          std::pair("left out", "LIKE 'NULL::%'"),
          std::pair("as they are, declared plain",
                    "NOT LIKE '%journal.mask%' AND m.kind = 'plain'")})
        text +=
            fmt::format("- {}: {}\n", what, value(std::string(kMaskedColumns) + condition + ") x"));
    text += "- numbers, days and moments as they are\n";
    const std::string file = test_support::data_folder() + "/../../jobs/report/ROLES.md";
    if (std::getenv("GCMIRROR_UPDATE_GOLDEN") != nullptr) std::ofstream(file) << text;
    std::ifstream in(file);
    EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(in), {}))
        << "GCMIRROR_UPDATE_GOLDEN=1 pg_roles writes the list anew; look at the difference";
}

TEST_F(RolesSee, EveryColumnOfWordsIsDeclaredAndTheDatabaseHasTheSameList) {
    for (const auto& [column, personal] : schema::personal_columns())
        EXPECT_EQ(
            value("SELECT kind FROM report.masking WHERE column_name = $1", {std::string(column)}),
            schema::name_of(personal))
            << column;
    EXPECT_EQ(value("SELECT count(*) FROM report.masking"),
              std::to_string(schema::personal_columns().size()));
    EXPECT_EQ(value("SELECT coalesce(string_agg(DISTINCT attname::text, ', '), '') FROM "
                    "pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = "
                    "'report'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 AND "
                    "report.masked_column(attname::text, atttypid) LIKE 'NULL::%' AND attname NOT "
                    "IN ('tags', 'offer_tags')"),
              "")
        << "schema/personal.cpp and a migration say what they are";
}

TEST_F(RolesSee, NoMarkerOfAPersonAppearsInAnyMaskedCell) {
    mark();
    ASSERT_NE(value("SELECT count(*) FROM report.orders WHERE orders::text LIKE '%ZZmarkerZZ%'"),
              "0");
    etl::pg::Connection masked(url_as("gcmirror_masked"), "masked");
    const auto views = connection_.query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'masked'::regnamespace");
    ASSERT_GT(views.rows(), 50u);
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < views.rows(); ++i) {
        const std::string view = "masked." + views.text(i, 0);
        const auto found = masked.query("SELECT count(*), count(*) FILTER (WHERE v::text ILIKE '%" +
                                        std::string(kMarker) + "%') FROM " + view + " v");
        rows += found.number(0, 0);
        EXPECT_EQ(found.text(0, 1), "0") << view;
    }
    EXPECT_GT(rows, 100);
    EXPECT_NE(masked.value("SELECT count(DISTINCT product) FROM masked.orders"), "0")
        << "still told apart";
}

TEST_F(RolesSee, AColumnThatNobodyDeclaredIsLeftOut) {
    connection_.execute(
        "CREATE VIEW report.zz_new AS SELECT id AS user_id, email AS somebody, custom, "
        "ARRAY[email] "
        "AS all_of_them FROM mirror.users; SELECT report.publish_masked(), report.grant_roles()");
    EXPECT_EQ(value("SELECT count(user_id) > 0 AND count(somebody) + count(custom) + "
                    "count(all_of_them) = 0 FROM masked.zz_new"),
              "t");
}

TEST_F(RolesSee, ANameOfTenThousandLettersStopsNoSync) {
    connection_.execute(
        "UPDATE mirror.users SET first_name = (SELECT string_agg(md5(i::text), '') FROM "
        "generate_series(1, 400) i) WHERE id = 1");
    etl::pg::Transaction transaction(connection_);
    EXPECT_NO_THROW(
        jobs::refresh_masks(connection_, etl::Secret("a key for the tests, at least this long")));
    EXPECT_EQ(value("SELECT coalesce(person_name, 'hidden') FROM masked.people WHERE user_id = 1"),
              "hidden");
}

TEST_F(RolesSee, NoWayLeadsOutOfARole) {
    mark();
    for (const std::string& role : kRoles) {
        etl::pg::Connection other(url_as(role), role);
        other.execute("SET default_transaction_read_only = off; SET statement_timeout = 0");
        for (const char* way :
             {"SET ROLE postgres",
              "SET SESSION AUTHORIZATION postgres",
              "ALTER ROLE CURRENT_USER SUPERUSER",
              "CREATE ROLE another",
              "GRANT pg_read_all_data TO CURRENT_USER",
              "SELECT pg_read_file('postgresql.conf')",
              "SELECT pg_ls_dir('.')",
              "COPY (SELECT 1) TO PROGRAM 'true'",
              "COPY pg_class TO '/tmp/gcmirror-way-out'",
              "SELECT lo_import('/etc/passwd')",
              "SELECT * FROM pg_authid",
              "SELECT * FROM pg_statistic",
              "SELECT * FROM journal.request",
              "SELECT * FROM journal.mask",
              "SELECT * FROM journal.body_chunk",
              "SELECT * FROM outbox.audit",
              "CREATE SCHEMA mine",
              "CREATE TABLE public.mine (a int)",
              "CREATE EXTENSION dblink",
              "SELECT report.add_reader('somebody')",
              "SELECT report.publish_masked()",
              "SELECT report.refresh_facts()",
              "UPDATE report.masking SET kind = 'plain'",
              "DELETE FROM mirror.users",
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
              "LOCK TABLE lock.sync",
              "ALTER DATABASE postgres SET jit = off"})
            EXPECT_THROW(other.execute(way), Error) << role << ": " << way;
        EXPECT_EQ(other.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'postgres' "
                              "AND query NOT IN ('', '<insufficient privilege>')"),
                  "0")
            << role;
        EXPECT_EQ(other.value("SELECT count(*) FROM pg_roles WHERE rolname <> current_user AND "
                              "pg_has_role(current_user, oid, 'MEMBER')"),
                  "0")
            << role;
    }
    for (const std::string& role : {kRoles[0], kRoles[2]}) {
        if (role == kRoles[0]) continue;  // the reader may see people
        etl::pg::Connection writer(url_as(role), role);
        EXPECT_THROW(writer.execute("SELECT * FROM report.orders"), Error);
        EXPECT_THROW(writer.execute("UPDATE outbox.change SET state = 'confirmed'"), Error);
        EXPECT_THROW(writer.execute("INSERT INTO outbox.change (state) VALUES ('approved')"),
                     Error);
    }
}

TEST_F(RolesSee, TheMaskedReaderLearnsNothingFromStatisticsErrorsHistoryOrTime) {
    mark();
    etl::pg::Connection masked(url_as("gcmirror_masked"), "masked");
    masked.execute("SET default_transaction_read_only = off");
    for (const char* way :
         {"SELECT * FROM history.users", "SELECT * FROM history.deals_as_of(now())",
          "SELECT * FROM history.orders_then()", "SELECT * FROM mirror.users_wide",
          "SELECT * FROM report.people", "SELECT * FROM report.exclusions",
          "SELECT mirror.as_date('x')", "CREATE TEMP TABLE mine (a int)",
          "CREATE FUNCTION masked.leak(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
          "CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
          "DO $$ BEGIN EXECUTE 'CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE sql AS "
          "''SELECT true'''; END $$",
          "CREATE VIEW masked.mine AS SELECT 1"})
        EXPECT_THROW(masked.execute(way), Error) << way;
    for (const char* statistics : {"pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"})
        EXPECT_EQ(masked.value(std::string("SELECT count(*) FROM ") + statistics +
                               " s WHERE s::text ILIKE '%zzmarkerzz%'"),
                  "0")
            << statistics;
    // A cast that fails names what it saw: it may have seen hashes only.
    for (const char* cast :
         {"SELECT person_name::int FROM masked.people", "SELECT email::date FROM masked.orders",
          "SELECT 1 / (length(phone) - length(phone)) FROM masked.people",
          "SELECT product::uuid FROM masked.orders WHERE product::jsonb IS NOT NULL",
          "SELECT set_config('gcmirror.as_of', 'x', false), count(*) FROM masked.people"}) {
        try {
            (void)masked.query(cast);
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find("arkerZZ"), std::string::npos) << error.what();
        }
        masked.execute("RESET gcmirror.as_of");
    }
    masked.execute("SET gcmirror.as_of = '2026-03-15'");
    EXPECT_EQ(masked.value("SELECT count(*) FROM masked.people p WHERE p::text ILIKE "
                           "'%zzmarkerzz%' OR p::text ILIKE '%example.org%'"),
              "0");
    const auto plan = masked.query("EXPLAIN SELECT * FROM masked.people WHERE email = 'x'");
    for (std::size_t i = 0; i < plan.rows(); ++i)
        EXPECT_EQ(plan.text(i, 0).find("arkerZZ"), std::string::npos);
}
