#include "tests/support/moved_clock.hpp"

namespace test_support {

MovedClock::MovedClock(const std::string& database_url) : connection_(database_url, "clock") {
    // a copy of a database has the schema already, but not the setting
    connection_.execute(R"(
        DO $$ BEGIN
            IF to_regclass('moved.clock') IS NULL THEN
                CREATE SCHEMA moved;
                CREATE TABLE moved.clock (shift interval NOT NULL);
                INSERT INTO moved.clock VALUES ('0');
                CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
                    AS 'SELECT pg_catalog.clock_timestamp() + shift FROM moved.clock';
                CREATE FUNCTION moved.now() RETURNS timestamptz LANGUAGE sql STABLE
                    AS 'SELECT pg_catalog.now() + shift FROM moved.clock';
            END IF;
            EXECUTE format('ALTER DATABASE %I SET search_path = moved, pg_catalog, public',
                           current_database());
        END $$)");
}

void MovedClock::set(const std::string& local) {
    connection_.query(
        "UPDATE moved.clock SET shift = ($1::timestamp AT TIME ZONE 'Europe/Moscow') - "
        "pg_catalog.clock_timestamp()",
        {local});
    // as on a machine that was started again since: else each request of the test's few minutes
    // counts as young by the time since boot, and every later permit reads them all
    connection_.execute(
        "DO $$ BEGIN IF to_regclass('journal.request') IS NOT NULL THEN UPDATE journal.request SET "
        "boot_id = 'an earlier start' WHERE boot_id <> 'an earlier start'; END IF; END $$");
}

std::string MovedClock::now() {
    return connection_.value(
        "SELECT to_char(moved.clock_timestamp() AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
}

}  // namespace test_support
