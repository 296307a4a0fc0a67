// Faults of the database, of streams and of people's signals around a sync of the real program:
// what passes is tried again, what does not is set aside, and people can take it up or give it up.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "etl/gzip.hpp"
#include "etl/pg.hpp"
#include "tests/support/child.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/hostile_answers.hpp"

namespace {

using test_support::Ended;
using test_support::HostileAnswer;

class Faults : public testing::Test {
protected:
    ~Faults() override {
        std::filesystem::remove_all(dir());
        std::filesystem::remove_all(data());
    }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-faults-" + std::to_string(getpid()));
    }
    static std::filesystem::path data() { return dir().string() + "-data"; }
    [[nodiscard]] Ended run(const std::vector<std::string>& arguments,
                            const std::string& out = {}) const {
        return test_support::run_gcmirror(arguments, school_.environment(database_.url()), out);
    }
    void good_night() {
        const std::string right = school_.next_night();
        const Ended ended = run({"sync"});
        ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
        ASSERT_EQ(figures(), right);
    }
    [[nodiscard]] std::string value(const std::string& sql) const {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }
    void execute(const std::string& sql) const {
        etl::pg::Connection(database_.url(), "test").execute(sql);
    }
    [[nodiscard]] std::string figures() const {
        return value(
            "SELECT concat_ws(' ', (SELECT concat_ws(' ', count(*), sum(cost)) FROM mirror.deals), "
            "(SELECT count(*) FROM mirror.users), (SELECT count(*) FROM mirror.groups))");
    }
    // Each new row of orders runs `statement`, which may ask fault.times() how often that was; the
    // count outlives a rollback.
    void on_each_new_order(const std::string& statement) const {
        execute(
            "CREATE SCHEMA fault; CREATE SEQUENCE fault.n; CREATE FUNCTION fault.times() RETURNS "
            "bigint LANGUAGE sql AS $$ SELECT nextval('fault.n') $$; CREATE FUNCTION fault.run() "
            "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " +
            statement +
            " RETURN new; END $$; CREATE TRIGGER fault BEFORE INSERT ON mirror.deals FOR EACH ROW "
            "EXECUTE FUNCTION fault.run()");
    }

    test_support::TestDatabase database_;
    test_support::HostileSchool school_{dir()};
};

}  // namespace

TEST_F(Faults, ADeadlockACancelledStatementOrALostConnectionCostOneMoreTryFromTheKeptBodies) {
    good_night();
    for (const char* fault :
         {"IF fault.times() = 1 THEN RAISE 'deadlock' USING ERRCODE = '40P01'; END IF;",
          "IF fault.times() = 1 THEN RAISE 'serialization' USING ERRCODE = '40001'; END IF;",
          "IF fault.times() = 1 THEN RAISE 'cancelled' USING ERRCODE = '57014'; END IF;",
          "IF fault.times() = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"}) {
        on_each_new_order(fault);
        good_night();
        EXPECT_GT(std::stoi(value("SELECT last_value FROM fault.n")), 1) << fault;
        EXPECT_EQ(value("SELECT count(*) FROM (SELECT FROM journal.export WHERE service_id <> '' "
                        "GROUP BY service_id HAVING sum(polls) > 1) e"),
                  "0")
            << "asked for a body that it had";
        execute("DROP SCHEMA fault CASCADE");
    }
}

TEST_F(Faults, WhatWasPublishedBeforeTheSecondTryIsInTheSummary) {
    good_night();
    on_each_new_order("IF fault.times() = 1 THEN RAISE 'x' USING ERRCODE = '40P01'; END IF;");
    (void)school_.next_night();
    std::vector<std::string> each = school_.environment(database_.url());
    each.push_back("GCMIRROR_SYNC_PUBLISH=each");
    const Ended ended = test_support::run_gcmirror({"sync"}, each);
    EXPECT_EQ(ended.code, 0) << ended.err;
    for (const char* line : {"groups: 1 rows", "deals: 5 rows, 1 inserted", "users: 5 rows, 1"})
        EXPECT_NE(ended.out.find(line), std::string::npos) << line << "\n" << ended.out;
    EXPECT_NE(ended.out.find("2 inserted"), std::string::npos) << ended.out;
}

TEST_F(Faults, ABodyThatTheDatabaseRefusesIsSetAsideListedAndTakenUpAgainByAPerson) {
    good_night();
    EXPECT_NE(run({"export", "list"}).out.find("no export is open"), std::string::npos);
    for (const char* state : {"23514", "0A000"}) {  // the other classes: unit_etl, PgErrors
        on_each_new_order("RAISE 'no room for this' USING ERRCODE = '" + std::string(state) + "';");
        const std::string right = school_.next_night();
        const Ended bad = run({"sync"});
        EXPECT_EQ(bad.code, 3) << bad.out << bad.err;
        EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), school_.people());
        const Ended list = run({"export", "list"});
        EXPECT_EQ(list.code, 0);
        EXPECT_NE(list.out.find("no room for this"), std::string::npos) << list.out;
        execute("DROP SCHEMA fault CASCADE");
        const std::string id =
            value("SELECT max(id) FROM journal.export WHERE state = 'refused' AND body_id > 0");
        const Ended retry = run({"export", "retry", id});
        EXPECT_EQ(retry.code, 0) << retry.err;
        const std::string before = value("SELECT count(*) FROM journal.request");
        const Ended good = run({"sync"});
        EXPECT_EQ(good.code, 0) << good.out << good.err;
        EXPECT_EQ(figures(), right);
        EXPECT_EQ(value("SELECT state FROM journal.export WHERE id = " + id), "loaded");
        EXPECT_EQ(run({"export", "retry", id}).code, 2) << "one that is loaded";
    }
}

TEST_F(Faults, AnOpenExportIsGivenUpByAPersonAndNeverPolledAgain) {
    good_night();
    school_.say({"909", HostileAnswer::Place::poll,
                 [](const HostileAnswer::Asked&) {
                     return test_support::http(
                         test_support::refusal("\"Файл еще не создан \"", "909"));
                 },
                 4});
    (void)school_.next_night();
    EXPECT_EQ(run({"sync"}).code, 4);
    const std::string id = value("SELECT min(id) FROM journal.export WHERE state = 'late'");
    EXPECT_NE(run({"export", "list"}).out.find(id), std::string::npos);
    const Ended drop = run({"export", "drop", id});
    EXPECT_EQ(drop.code, 0) << drop.err;
    const std::string polls = value("SELECT polls FROM journal.export WHERE id = " + id);
    const Ended twice = run({"export", "drop", id});
    EXPECT_EQ(twice.code, 2);
    EXPECT_NE(twice.err.find("expected one that is intended"), std::string::npos) << twice.err;
    EXPECT_EQ(run({"export", "drop", "999999"}).code, 2);
    school_.be_good();
    good_night();
    EXPECT_EQ(value("SELECT polls FROM journal.export WHERE id = " + id), polls);
}

TEST_F(Faults, WhatCannotBeWrittenIsNoExitOfZero) {
    good_night();
    const std::vector<std::string> csv = {"report", "revenue_by_day", "--format", "csv"};
    ASSERT_EQ(run(csv).code, 0) << run(csv).err;
    for (const std::vector<std::string>& command :
         {csv, {"status"}, {"plan"}, {"report"}, {"export", "list"}}) {
        const Ended full = run(command, "/dev/full");
        EXPECT_NE(full.code, 0) << command[0];
        EXPECT_FALSE(full.err.empty()) << command[0];
    }
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);  // nobody reads
    EXPECT_NE(run(csv, "/proc/self/fd/" + std::to_string(ends[1])).code, 0);
    close(ends[1]);
}

TEST_F(Faults, NoAnswerTakesMoreThan256MegabytesOfMemory) {
    good_night();
    constexpr long kMost = 256 * 1024;
    const auto cell = [](const HostileAnswer::Asked& asked) {
        std::string body = asked.good;
        const auto at = body.find("заметка");
        body.replace(at, std::string("заметка").size(), std::string(120'000'000, 'x'));
        return test_support::http(body);
    };
    const auto bomb = [](std::size_t blanks) {
        return [bytes = etl::gzip(R"({"success":true,"info":{"fields":["a"],"items":[)" +
                                  std::string(blanks, ' '))](const HostileAnswer::Asked&) {
            return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bytes;
        };
    };
    const auto words = [](const HostileAnswer::Asked&) {
        return test_support::http(
            test_support::refusal('"' + std::string(150'000'000, 'y') + '"', "987"));
    };
    const auto headings = [](const HostileAnswer::Asked&) {
        return test_support::http(R"({"success":true,"info":{"fields":[")" +
                                  std::string(150'000'000, 'z') + R"("],"items":[]}})");
    };
    const std::vector<HostileAnswer> answers = {
        {"a cell of 120 MB", HostileAnswer::Place::poll, cell, 0, HostileAnswer::Then::close, 1},
        {"a bomb", HostileAnswer::Place::poll, bomb(500'000'000), 0, HostileAnswer::Then::close, 1},
        {"150 MB of words", HostileAnswer::Place::poll, words, 0, HostileAnswer::Then::close, 1},
        {"a heading of 150 MB", HostileAnswer::Place::poll, headings, 0, HostileAnswer::Then::close,
         1},
        {"a list of 150 MB", HostileAnswer::Place::groups, words, 0, HostileAnswer::Then::close,
         1}};
    for (const HostileAnswer& answer : answers) {
        (void)school_.next_night();
        school_.say(answer);
        std::vector<std::string> patient = school_.environment(database_.url());
        std::erase_if(patient, [](const std::string& line) { return line.find("TIMEOUTS") < 20; });
        const Ended ended = test_support::run_gcmirror({"sync"}, patient);
        std::cout << value(
                         "SELECT string_agg(answer || ' ' || bytes || ' bytes ' || left(message, "
                         "100), '; ') FROM journal.request WHERE run_id = (SELECT max(id) FROM "
                         "journal.run) AND (bytes > 1000000 OR bytes BETWEEN 400000 AND 700000)")
                  << '\n';
        EXPECT_LT(ended.code, 5) << answer.name << ended.err;
        EXPECT_LT(ended.peak_kb, kMost) << answer.name;
        std::cout << answer.name << ": " << ended.peak_kb / 1024 << " MB, exit " << ended.code
                  << '\n';
        school_.be_good();
        good_night();
    }
}

// What systemd does without KillMode=mixed, and Ctrl-C in a terminal: the private PostgreSQL gets
// the signal, too.
TEST_F(Faults, ASignalToTheWholeGroupEndsAsStoppedAndTheNextSyncGoesOn) {
    std::vector<std::string> environment = school_.environment("");
    std::erase(environment, "GCMIRROR_DATABASE_URL=");
    std::erase(environment, "GCMIRROR_PACING_FIRST_POLL=1ms");
    environment.push_back("GCMIRROR_DATABASE_DATA_DIR=" + data().string());
    std::vector<std::string> waiting = environment;
    waiting.push_back("GCMIRROR_PACING_FIRST_POLL=60s");
    waiting.push_back("GCMIRROR_PACING_LONGEST_GAP=60s");
    waiting.push_back("GCMIRROR_PACING_EXPORT_DEADLINE=10m");
    test_support::Child child({test_support::program(), "sync"}, waiting, {}, true);
    for (int i = 0; i < 6000 && child.said().find("being built") == std::string::npos; ++i)
        usleep(10000);  // bounded: until it waits for a file
    ASSERT_EQ(kill(-child.pid(), SIGTERM), 0);
    const Ended stopped = child.wait();
    EXPECT_EQ(stopped.code, 8) << stopped.out << stopped.err;
    environment.push_back("GCMIRROR_PACING_FIRST_POLL=1ms");
    const Ended next = test_support::run_gcmirror({"sync"}, environment);
    EXPECT_EQ(next.code, 0) << next.out << next.err;
    const Ended state = test_support::run_gcmirror(
        {"db", "psql", "--", "-Atc", "SELECT string_agg(state, ',' ORDER BY id) FROM journal.run"},
        environment);
    EXPECT_NE(state.out.find("stopped,done"), std::string::npos) << state.out << state.err;
    (void)test_support::run_gcmirror({"db", "stop"}, environment);
}
