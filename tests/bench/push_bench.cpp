// Write-back under faults: push_bench [CHANGES] [RATE]. Default 10 000 changes, every fault at 5 %.
// Ends with 1 when a promise is broken. Needs GCMIRROR_TEST_URL.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/push/push.hpp"
#include "jobs/push/send.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/database.hpp"

using namespace std::chrono_literals;
using std::chrono::days;

namespace {

struct Bench {
    simulator::Simulator simulator;
    test_support::TestDatabase database;
    etl::Config config;
    int months = 0;

    explicit Bench(const simulator::SimulatorOptions& options) : simulator(options) {
        simulator.start();
        config.getcourse.url = simulator.url();
        config.getcourse.ca_file = simulator.ca_file().string();
        config.key = etl::Secret("simulator-read-key");
        config.write_key = etl::Secret("simulator-write-key");
        config.database = database.settings();
        config.budget.limit = 100000;
        config.pacing.first_poll = 50ms;
        config.pacing.busy_gap = 50ms;
        config.write_back.gap = 0ms;
        config.write_back.settle_after = 0ms;
        config.write_back.dir = options.dir.string();
    }
    void sync() {
        jobs::SyncOptions options;
        options.query.full = true;
        std::ostringstream out, err;
        const int code = jobs::run_sync(config, options, out, err, {});
        if (code != 0)
            throw std::runtime_error("sync ended with " + std::to_string(code) + ": " + out.str());
    }
    void plan(const std::string& name, const std::string& mode, const std::string& select) {
        std::ofstream(std::filesystem::path(config.write_back.dir) / (name + ".sql"))
            << "-- " << name << "\n-- mode: " << mode << "\n-- limit: 1000000\n"
            << select << "\n";
        std::ostringstream out, err;
        jobs::Context context{config, out, err, false, false, {}};
        jobs::PushOptions options;
        options.name = name;
        options.by = "bench";
        (void)jobs::run_push_plan(context, options);
        options.plan = std::stoll(value("SELECT max(id) FROM outbox.plan"));
        (void)jobs::run_push_approve(context, options);
    }
    // Sends every plan until nothing is left that may be sent; an allowance that is spent begins
    // anew a month later.
    int send_all() {
        int sends = 0;
        for (bool again = true; again && sends < 5000;) {
            again = false;
            const int plans = std::stoi(value("SELECT max(id) FROM outbox.plan"));
            for (int plan = 1; plan <= plans; ++plan) {
                if (value("SELECT count(*) FROM outbox.change WHERE state = 'planned' AND plan_id "
                          "= " +
                          std::to_string(plan)) == "0")
                    continue;
                jobs::SendOptions options;
                options.plan = plan;
                options.day_of = [this](etl::Instant t) {
                    return etl::Day{std::chrono::floor<days>(t).time_since_epoch()} +
                           days{31 * months};
                };
                std::ostringstream out, err;
                ++sends;
                again = true;
                try {
                    if (jobs::run_send(config, options, out, err, {}) == 4) ++months;
                } catch (const etl::Error& error) {
                    if (error.kind() != etl::Kind::refused) throw;
                }
            }
        }
        return sends;
    }
    std::string value(const std::string& sql) const {
        return etl::pg::Connection(database.url(), "bench").value(sql);
    }
    void print_states(const char* when) const {
        const auto found = etl::pg::Connection(database.url(), "bench")
                               .query(
                                   "SELECT state, count(*), count(*) FILTER (WHERE settled_at IS "
                                   "NULL) FROM outbox.change GROUP BY 1 ORDER BY 1");
        std::printf("%-22s", when);
        for (std::size_t i = 0; i < found.rows(); ++i)
            std::printf("  %s %s", found.text(i, 0).c_str(), found.text(i, 1).c_str());
        std::printf("\n");
    }
};

}  // namespace

int main(int argc, char** argv) {
    const long changes = argc > 1 ? std::atol(argv[1]) : 10000;
    const double rate = argc > 2 ? std::atof(argv[2]) : 0.05;
    etl::log::set_level(etl::log::Level::error);
    simulator::SimulatorOptions options;
    options.school.users = std::max(300L, changes);
    options.school.deals = std::max(600L, changes);
    options.school.today = etl::Zone("Europe/Moscow").today(etl::system_clock()->now());
    options.school.begin = options.school.today - days{700};
    options.build_median = 50ms;
    options.limit = 1000000;
    options.dir = std::filesystem::temp_directory_path() /
                  ("gcmirror-push-bench-" + std::to_string(getpid()));
    Bench bench(options);
    bench.sync();
    const std::string part = std::to_string(changes / 10);
    const char* kLeft = "SELECT count(*) FROM mirror.memberships WHERE left_seen_at IS NOT NULL";
    const long left = std::stol(bench.value(kLeft));
    bench.plan("fields", "update",
               "SELECT email, 'x' || id AS \"field:reg_utm_source\", (id % 1000)::text AS "
               "\"field:LTV\" FROM mirror.users WHERE email <> '' ORDER BY id LIMIT 3 * " +
                   part);
    bench.plan("groups", "update",
               "SELECT email, '[\"2026\", \"Пустая группа\"]' AS group_add FROM mirror.users WHERE "
               "email <> '' ORDER BY id LIMIT 2 * " +
                   part);
    bench.plan("people", "create",
               "SELECT 'new' || n || '@example.org' AS email, 'Новый' AS first_name, 'x' AS "
               "\"field:reg_utm_source\" FROM generate_series(1, " +
                   part + ") n");
    bench.plan(
        "orders", "create",
        "SELECT 'buyer' || n % 700 || '@example.org' AS email, 'offer-' || n AS offer_code, '990' "
        "AS deal_cost, 'дорого' AS \"field:Причина отказа\" FROM generate_series(1, 2 * " +
            part + ") n");
    bench.plan("sales", "create",
               "SELECT email, 'course-' || id AS offer_code, '5000' AS deal_cost, 'payed' AS "
               "deal_status FROM mirror.users WHERE email <> '' ORDER BY id DESC LIMIT " +
                   part);
    bench.plan("cancel", "update",
               "SELECT number AS deal_number, 'cancelled' AS deal_status, cost AS deal_cost FROM "
               "mirror.deals WHERE status_code IN ('new', 'payed') AND number IS NOT NULL ORDER BY "
               "id LIMIT " +
                   part);
    const long planned = std::stol(bench.value("SELECT count(*) FROM outbox.change"));
    std::printf("%ld changes, each of seven faults at %.0f %%\n", planned, rate * 100);
    bench.simulator.set_import_faults({rate, rate, rate, rate, rate, rate, rate});
    const auto begin = std::chrono::steady_clock::now();
    const int first = bench.send_all();
    bench.print_states("sent");
    bench.sync();
    bench.print_states("after one sync");
    const int second = bench.send_all();
    bench.print_states("sent again");
    bench.sync();
    bench.print_states("after two syncs");
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const std::string requests = bench.value("SELECT count(*) FROM outbox.attempt");
    std::printf("%s requests in %d sends and %.0f s, over %d months of allowance\n\n",
                requests.c_str(), first + second, took, bench.months + 1);

    struct Promise {
        const char* name;
        long figure, wanted;
    };
    const auto number = [&](const std::string& sql) { return std::stol(bench.value(sql)); };
    long imports = 0;
    for (const std::string& line : bench.simulator.log())
        imports += line.starts_with("POST /pl/api/users") || line.starts_with("POST /pl/api/deals")
                       ? 1
                       : 0;
    const Promise promises[] = {
        {"orders with one number", bench.simulator.most_orders_of_one_number(), 1},
        {"payments of one order", bench.simulator.most_payments_of_one_order(), 1},
        {"e-mails of more than one person",
         number("SELECT count(*) FROM (SELECT 1 FROM mirror.users WHERE missing_since IS NULL AND "
                "email_key <> '' GROUP BY email_key HAVING count(*) > 1) x"),
         0},
        {"people whose groups were replaced", static_cast<long>(bench.simulator.lost_memberships()),
         0},
        {"memberships lost", number(kLeft) - left, 0},
        {"changes without a final verdict",
         number("SELECT count(*) FROM outbox.change WHERE settled_at IS NULL"), 0},
        {"changes without a verdict's row",
         number("SELECT count(*) FROM outbox.change c WHERE NOT EXISTS (SELECT FROM outbox.verdict "
                "v WHERE v.change_id = c.id AND v.final)"),
         0},
        {"confirmed that the school does not show",
         number(
             "SELECT count(*) FROM outbox.change c WHERE c.state = 'confirmed' AND c.object = "
             "'deals' AND NOT EXISTS (SELECT FROM mirror.deals d WHERE d.number = c.deal_number)"),
         0},
        {"imports without a line in the journal",
         imports - number("SELECT count(*) FROM journal.request WHERE kind = 'import'"), 0},
        {"breaks of the audit", number("SELECT count(*) FROM outbox.audit_breaks"), 0},
    };
    int broken = 0;
    for (const Promise& promise : promises) {
        const bool holds = promise.figure <= promise.wanted;
        broken += holds ? 0 : 1;
        std::printf("%-42s %8ld  %s\n", promise.name, promise.figure, holds ? "" : "BROKEN");
    }
    bench.simulator.stop();
    std::filesystem::remove_all(options.dir);
    return broken == 0 ? 0 : 1;
}
