// Databases of earlier releases (tests/data/releases: pg_dump of a small mirrored school): each is
// upgraded, loses nothing, and goes on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "etl/config.hpp"
#include "etl/log.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "jobs/sync/replay.hpp"
#include "jobs/sync/rollback.hpp"
#include "schema/sql.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

namespace {

std::string content(etl::pg::Connection& connection) {
    std::string all;
    for (const schema::Table* table : schema::tables())
        for (const char* where : {"mirror", "history"})
            all += table->name + " " + where + " " +
                   connection.value(schema::content_hash(*table, where)) + "\n";
    for (const char* table : {"run", "export", "request", "body", "certificate", "coverage"})
        all += std::string(table) + " " +
               connection.value(
                   std::string("SELECT count(*) || ' ' || coalesce(sum(id), 0) FROM journal.") +
                   table) +
               "\n";
    return all;
}

}  // namespace

TEST(Upgrade, EveryReleaseIsUpgradedWithAllItHoldsAndCanBeRebuiltFromItsBodies) {
    etl::log::set_level(etl::log::Level::error);
    int releases = 0;
    for (const auto& file : std::filesystem::directory_iterator(
             std::filesystem::path(test_support::data_folder()) / "releases")) {
        SCOPED_TRACE(file.path().filename().string());
        ++releases;
        const test_support::TestDatabase database(false);
        ASSERT_EQ(
            std::system(("gzip -dc '" + file.path().string() + "' | psql -qX -v ON_ERROR_STOP=1 '" +
                         database.url() + "' >/dev/null")
                            .c_str()),
            0);
        etl::pg::Connection connection(database.url(), "test");
        const std::string before = content(connection);
        const std::string migration = connection.value("SELECT max(number) FROM migration.applied");
        EXPECT_NE(file.path().filename().string().find("migration-" + migration + "."),
                  std::string::npos);
        etl::migrate(connection);
        EXPECT_EQ(content(connection), before);
        EXPECT_GT(std::stoi(connection.value("SELECT count(*) FROM report.orders")), 0);
        EXPECT_EQ(connection.value("SELECT count(*) FROM outbox.change"), "0");
        etl::Config config;
        config.database.url = database.url();
        config.getcourse.account = "school";
        std::ostringstream out, err;
        jobs::Context context{config, out, err, false, false, {}};
        EXPECT_EQ(jobs::run_replay(context, ""), 0) << out.str();
        std::istringstream was(before), is(content(connection));
        for (std::string a, b; std::getline(was, a) && std::getline(is, b);)
            if (a.find(" mirror ") != std::string::npos) {
                EXPECT_EQ(a, b);
            }
    }
    EXPECT_GT(releases, 0);
}
