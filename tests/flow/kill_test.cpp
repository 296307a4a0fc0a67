// The process is killed, at each step of the journal and at random moments, and started again: same
// rows, at most one request more.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <sstream>

#include "etl/journal.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/sync/sync.hpp"
#include "schema/table.hpp"
#include "tests/support/database.hpp"
#include "tests/support/forwarding_journal.hpp"

using namespace std::chrono_literals;

namespace {

// Kills its own process right after the n-th step that was committed.
class DyingJournal final : public test_support::ForwardingJournal {
public:
    DyingJournal(std::unique_ptr<etl::Journal> inner, int steps)
        : ForwardingJournal(std::move(inner)), left_(steps) {}
    std::int64_t begin_run(const std::string& job, const std::string& plan) override {
        return after(inner_->begin_run(job, plan));
    }
    void finish_run(std::int64_t run, const std::string& state, int code,
                    const std::string& reason) override {
        inner_->finish_run(run, state, code, reason);
        step();
    }
    etl::Permit before_send(const etl::RequestIntent& intent, int reserve) override {
        return after(inner_->before_send(intent, reserve));
    }
    void after_answer(std::int64_t id, const etl::Answered& answered) override {
        inner_->after_answer(id, answered);
        step();
    }
    std::int64_t intend(std::int64_t run, const etl::ExportQuery& query) override {
        return after(inner_->intend(run, query));
    }
    void save(const etl::ExportRow& row) override {
        inner_->save(row);
        step();
    }
    void started(const etl::ExportRow& row, std::int64_t id,
                 const etl::Answered& answered) override {
        inner_->started(row, id, answered);
        step();
    }
    std::unique_ptr<etl::BodyWriter> body_writer(std::int64_t id) override {
        return std::make_unique<Writer>(*this, inner_->body_writer(id));
    }

private:
    class Writer final : public etl::BodyWriter {
    public:
        Writer(DyingJournal& journal, std::unique_ptr<etl::BodyWriter> inner)
            : journal_(journal), inner_(std::move(inner)) {}
        void write(std::string_view piece) override { inner_->write(piece); }
        std::int64_t commit(const etl::ExportRow& row, std::int64_t id,
                            const etl::Answered& answered, std::uint64_t bytes) override {
            return journal_.after(inner_->commit(row, id, answered, bytes));
        }

    private:
        DyingJournal& journal_;
        std::unique_ptr<etl::BodyWriter> inner_;
    };
    template <typename T>
    T after(T result) {
        step();
        return result;
    }
    void step() {
        if (--left_ == 0) kill(getpid(), SIGKILL);
    }
    int left_;
};

etl::Config config(const std::string& url, const std::string& ca, const std::string& database) {
    etl::Config config;
    config.getcourse.url = url;
    config.getcourse.ca_file = ca;
    config.key = etl::Secret("simulator-read-key");
    config.database = test_support::TestDatabase::settings_of(database);
    config.budget.limit = 100000;
    config.pacing.first_poll = 3ms;
    config.pacing.busy_gap = 5ms;
    config.pacing.longest_gap = 20ms;
    config.pacing.growth = 1;
    return config;
}

// What the child does: one sync, killed after `steps` journal steps; 0: never.
int child(char** argv) {
    etl::log::set_level(etl::log::Level::error);
    const int steps = std::atoi(argv[5]);
    jobs::SyncOptions options;
    options.journal =
        [steps](std::unique_ptr<etl::Journal> inner) -> std::unique_ptr<etl::Journal> {
        return std::make_unique<DyingJournal>(std::move(inner), steps);
    };
    std::ostringstream out, err;
    return jobs::run_sync(config(argv[2], argv[3], argv[4]), options, out, err, {});
}

class Kills : public testing::Test {
protected:
    Kills() : simulator_(options()) { simulator_.start(); }
    ~Kills() override {
        simulator_.stop();
        std::filesystem::remove_all(dir());
    }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-kill-" + std::to_string(getpid()));
    }
    static simulator::SimulatorOptions options() {
        simulator::SimulatorOptions options;
        options.school.users = 40;
        options.school.deals = 60;
        options.school.today = etl::Zone("Europe/Moscow").today(etl::system_clock()->now());
        options.school.begin = options.school.today - std::chrono::days{100};
        options.build_median = 4ms;
        options.build_sigma = 0.05;
        options.limit = 1000000;
        options.dir = dir();
        return options;
    }
    pid_t spawn(const test_support::TestDatabase& database, int steps) {
        const std::string url = simulator_.url(), ca = simulator_.ca_file().string(),
                          number = std::to_string(steps);
        const char* argv[] = {"/proc/self/exe",       "child",        url.c_str(), ca.c_str(),
                              database.url().c_str(), number.c_str(), nullptr};
        pid_t pid = 0;
        EXPECT_EQ(posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(argv),
                              environ),
                  0);
        return pid;
    }
    static int wait(pid_t pid) {
        int status = 0;
        waitpid(pid, &status, 0);
        return status;
    }
    static std::string value(const test_support::TestDatabase& database, const std::string& sql) {
        return etl::pg::Connection(database.url(), "test").value(sql);
    }
    // A killed client's session may go on for a moment: its lock is waited for, bounded.
    static void wait_for_the_lock(const test_support::TestDatabase& database) {
        etl::pg::Connection connection(database.url(), "test");
        for (int i = 0;
             i < 1000 &&
             connection.value(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "application_name IN ('gcmirror: journal', 'gcmirror: load')") != "0";
             ++i)
            usleep(10000);
    }
    static std::string content(const test_support::TestDatabase& database) {
        std::string all;
        for (const char* sql : {"SELECT count(*) || md5(string_agg(id || coalesce(email, '') || "
                                "custom::text, ',' ORDER BY id)) FROM mirror.users",
                                "SELECT count(*) || md5(string_agg(id || status || paid_amount || "
                                "custom::text, ',' ORDER BY id)) FROM mirror.deals",
                                "SELECT count(*) || md5(string_agg(number || status || amount, ',' "
                                "ORDER BY number)) FROM mirror.payments",
                                "SELECT count(*) || md5(string_agg(user_id || ':' || group_id, ',' "
                                "ORDER BY user_id, group_id)) FROM mirror.memberships"})
            all += value(database, sql) + " ";
        return all;
    }
    // Lost: an id that the journal knows and nobody will ask for again. Must be none after a good
    // sync.
    static void expect_nothing_lost(const test_support::TestDatabase& database,
                                    const std::string& rows) {
        EXPECT_EQ(content(database), rows);
        EXPECT_EQ(value(database,
                        "SELECT count(*) FROM journal.export WHERE service_id <> '' AND state NOT "
                        "IN ('loaded')"),
                  "0");
        EXPECT_EQ(value(database, "SELECT count(*) FROM history.deals"), "0");
    }

    simulator::Simulator simulator_;
};

// GCMIRROR_KILLS: how many at random moments, and then after each step of the journal; else some of
// both. The bench of tests/bench/README.md runs a thousand.
const char* wanted() { return std::getenv("GCMIRROR_KILLS"); }

}  // namespace

TEST_F(Kills, AfterEachJournalStepTheNextRunFinishesWithAtMostOneRequestMore) {
    test_support::TestDatabase undisturbed;
    ASSERT_EQ(wait(spawn(undisturbed, 0)), 0);
    const std::string rows = content(undisturbed);
    bool finished = false;
    int step = 1;
    for (; !finished && step < 200; step += wanted() == nullptr ? 4 : 1) {
        test_support::TestDatabase database;
        const int status = wait(spawn(database, step));
        finished = WIFEXITED(status);  // fewer steps than that: the run ended by itself
        const bool published =
            value(database, "SELECT count(*) FROM journal.run WHERE loaded_at IS NOT NULL") == "1";
        if (!published) {
            wait_for_the_lock(database);
            ASSERT_EQ(wait(spawn(database, 0)), 0) << "step " << step;
        }
        expect_nothing_lost(database, rows);
        // Polls depend on how long a build takes; what a kill may add is counted apart from them:
        // starts and lists.
        EXPECT_LE(
            std::stoi(value(database, "SELECT count(*) FROM journal.request WHERE kind <> 'poll'")),
            6)
            << "step " << step;
        EXPECT_LE(
            std::stoi(value(
                database, "SELECT count(*) FROM journal.request WHERE answer IN ('', 'Unclear')")),
            1)
            << "step " << step;
    }
    EXPECT_GT(step, 15);
    EXPECT_TRUE(finished);
}

TEST_F(Kills, AtRandomMomentsNoExportIsLostAndNoRowTwice) {
    const int kills = wanted() == nullptr ? 8 : std::atoi(wanted());
    test_support::TestDatabase undisturbed;
    ASSERT_EQ(wait(spawn(undisturbed, 0)), 0);
    const std::string rows = content(undisturbed);
    const int usual =
        std::stoi(value(undisturbed, "SELECT count(*) FROM journal.request WHERE kind <> 'poll'"));
    std::mt19937 random(20261125);
    int killed = 0, extra = 0, nights = 0;
    while (killed < kills && nights < 4 * kills) {
        ++nights;
        test_support::TestDatabase database;
        const pid_t pid = spawn(database, 0);
        usleep(20000 + random() % 400000);  // the moment is the point of it: nothing is waited for
        kill(pid, SIGKILL);
        const bool was_killed = WIFSIGNALED(wait(pid));
        killed += was_killed ? 1 : 0;
        if (was_killed &&
            value(database, "SELECT count(*) FROM journal.run WHERE loaded_at IS NOT NULL") ==
                "0") {
            wait_for_the_lock(database);
            ASSERT_EQ(wait(spawn(database, 0)), 0);
        }
        expect_nothing_lost(database, rows);
        const int more =
            std::stoi(
                value(database, "SELECT count(*) FROM journal.request WHERE kind <> 'poll'")) -
            usual;
        EXPECT_LE(more, 1);
        extra += more;
    }
    EXPECT_GE(killed, kills);
    std::cout << killed << " kills in " << nights
              << " nights: 0 lost exports, 0 rows missing or twice, " << extra
              << " extra starts and lists\n";
}

int main(int argc, char** argv) {
    if (argc == 6 && std::string(argv[1]) == "child") return child(argv);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
