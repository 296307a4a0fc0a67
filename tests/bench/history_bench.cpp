// What a million earlier versions of orders cost: a night's dropping by [keep] history, half of
// them at once, size before and after, as_of; and what partitions would cost instead.
//   GCMIRROR_TEST_URL=… history_bench [VERSIONS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "etl/log.hpp"
#include "jobs/sync/retention.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

namespace {

using SteadyClock = std::chrono::steady_clock;

class Bench {
public:
    explicit Bench(const std::string& versions) : versions_(versions) {}

    void run() {
        read("history_versions");
        connection_.execute("VACUUM (ANALYZE) history.deals");
        say_size("a hundred nights");
        partitions();
        step("a night without anything to drop", [&] { drop(50); });
        step("as_of thirty nights ago", [&] { as_of(); });
        step("fifty nights at once, VACUUM included", [&] { drop(100); });
        step("one night", [&] { drop(101); });
        step("as_of thirty nights ago", [&] { as_of(); });
        say_size("fifty nights and first states");
    }

private:
    void read(const std::string& name) {
        std::string sql = test_support::read_data("../bench/" + name + ".sql");
        for (std::size_t at = 0; (at = sql.find(":versions")) != std::string::npos;)
            sql.replace(at, 9, versions_);
        connection_.execute(sql);
    }
    // After so many nights, with a policy of fifty days.
    void drop(int nights) {
        etl::Config::Keep keep;
        keep.history = std::chrono::hours{24 * 50};
        const etl::Instant first = *etl::parse_instant("2024-01-01T03:00:00Z");
        dropped_ = jobs::drop_old_versions(
            connection_, keep,
            {nights, first + std::chrono::hours{24 * nights + 1}, std::chrono::hours{1}});
    }
    void as_of() {
        (void)connection_.value("SELECT count(*) FROM history.deals_as_of('2024-03-11 12:00Z')");
    }
    void partitions() {
        read("history_partitions");
        const std::string night = " SELECT * FROM parted_newer LIMIT " + versions_ + " / 100";
        step("writing a night, one table", [&] {
            connection_.execute("BEGIN; INSERT INTO history.deals" + night + "; ROLLBACK");
        });
        step("writing a night, partitions",
             [&] { connection_.execute("BEGIN; INSERT INTO parted" + night + "; ROLLBACK"); });
        step("partitions: the first states move", [&] {
            dropped_ = connection_
                           .query(
                               "INSERT INTO parted_first SELECT * FROM parted_older h WHERE NOT "
                               "EXISTS (SELECT FROM parted f WHERE f.id = h.id AND f.valid_to "
                               "< h.valid_to)")
                           .affected();
        });
        step("partitions: the rest is dropped",
             [&] { connection_.execute("DROP TABLE parted_older"); });
        connection_.execute("DROP TABLE parted, parted_first");
    }
    void say_size(const char* when) {
        const auto size = connection_.query(
            "SELECT count(*), pg_table_size('history.deals') / 1000000, "
            "pg_indexes_size('history.deals') / 1000000 FROM history.deals");
        std::printf("%-42s %9s versions, table %s MB, indexes %s MB\n", when,
                    size.text(0, 0).c_str(), size.text(0, 1).c_str(), size.text(0, 2).c_str());
        std::fflush(stdout);
    }
    void step(const char* what, const std::function<void()>& act) {
        connection_.execute("CHECKPOINT");
        dropped_ = 0;
        const std::string before = connection_.value("SELECT pg_current_wal_insert_lsn()");
        const auto begin = SteadyClock::now();
        act();
        const double took = std::chrono::duration<double>(SteadyClock::now() - begin).count();
        std::printf("%-42s %7.2f s, %8lld rows, WAL %s MB\n", what, took,
                    static_cast<long long>(dropped_),
                    connection_
                        .value("SELECT round((pg_current_wal_insert_lsn() - $1::pg_lsn) / 1e6, 1)",
                               {before})
                        .c_str());
        std::fflush(stdout);
    }

    std::string versions_;
    test_support::TestDatabase database_;
    etl::pg::Connection connection_{database_.url(), "bench"};
    std::int64_t dropped_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    etl::log::set_level(etl::log::Level::warning);
    Bench(argc > 1 ? argv[1] : "1000000").run();
}
