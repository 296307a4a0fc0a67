// One contract for both journals: in PostgreSQL and in memory.
#include "etl/journal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "etl/error.hpp"
#include "etl/gzip.hpp"
#include "etl/journal_pg.hpp"
#include "tests/support/database.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/wire.hpp"

using namespace etl;
using namespace std::chrono_literals;

namespace {

Moment this_moment() {
    const BootTime boot = boot_time();
    return {system_clock()->now(), boot.boot_id, boot.since_boot};
}

// What a contract test needs: a journal, and the same journal as another process sees it.
struct Bench {
    virtual ~Bench() = default;
    virtual Journal& journal() = 0;
};

struct InMemory final : Bench {
    std::unique_ptr<Journal> it;
    explicit InMemory(const BudgetRules& rules)
        : it(test_support::memory_journal(rules, this_moment)) {}
    Journal& journal() override { return *it; }
};

struct InPostgres final : Bench {
    test_support::TestDatabase database;
    pg::Connection connection{database.url(), "journal"};
    std::unique_ptr<Journal> it;
    explicit InPostgres(const BudgetRules& rules) : it(pg_journal(connection, rules)) {}
    Journal& journal() override { return *it; }
};

using Make = std::unique_ptr<Bench> (*)(const BudgetRules&);
template <typename T>
std::unique_ptr<Bench> make(const BudgetRules& rules) {
    return std::make_unique<T>(rules);
}

class JournalContract : public testing::TestWithParam<Make> {
protected:
    Journal& open(const BudgetRules& rules = {}) {
        bench_ = GetParam()(rules);
        return bench_->journal();
    }
    std::unique_ptr<Bench> bench_;
};

ExportQuery deals() {
    ExportQuery query;
    query.resource = "deals";
    query.filter = "created_at";
    query.from = parse_day("2026-09-01");
    query.to = parse_day("2026-09-07");
    return query;
}

RequestIntent poll(std::int64_t run, std::int64_t export_id, bool counts = true) {
    return {run, export_id, "poll", "/exports/1", "test", counts};
}

std::string figures() {
    std::string plain;
    for (int i = 0; i < 400000; ++i) plain += std::to_string(i * 7919LL * 104729 % 1000003);
    return plain;
}

}  // namespace

TEST_P(JournalContract, AnExportComesBackAsItWasSaved) {
    Journal& journal = open();
    const std::int64_t run = journal.begin_run("sync", "{}");
    ExportRow row = journal.export_row(journal.intend(run, deals()));
    EXPECT_EQ(row.state, ExportState::intended);
    row.state = ExportState::started;
    row.service_id = "60000001";
    row.started_at = journal.now();
    row.not_ready = 12s;
    row.polls = 2;
    row.headings = {"ID заказа", "a\"b", ""};
    const Permit permit = journal.before_send(poll(run, row.id), 0);
    journal.started(row, permit.request_id, {});

    const ExportRow back = journal.export_row(row.id);
    EXPECT_EQ(back.state, ExportState::started);
    EXPECT_EQ(back.service_id, "60000001");
    EXPECT_EQ(back.started_at, row.started_at);
    EXPECT_EQ(back.not_ready, 12s);
    EXPECT_EQ(back.headings, row.headings);
    EXPECT_EQ(back.query.from, deals().from);
    EXPECT_EQ(journal.exports({ExportState::started, ExportState::late}).size(), 1u);
    EXPECT_TRUE(journal.exports({ExportState::received}).empty());
    EXPECT_EQ(journal.export_with_service_id("60000001"), row.id);
    EXPECT_FALSE(journal.export_with_service_id("1"));
}

TEST_P(JournalContract, TheLimitHoldsAndWhatDoesNotCountIsFree) {
    Journal& journal = open({3, 2h, 1});
    const std::int64_t run = journal.begin_run("sync", "{}");
    EXPECT_GT(journal.before_send(poll(run, 0), 0).request_id, 0);
    EXPECT_GT(journal.before_send(poll(run, 0, false), 0).request_id, 0);
    EXPECT_EQ(journal.before_send(poll(run, 0), 1).request_id, 0);  // a foreign reserve on top
    EXPECT_GT(journal.before_send(poll(run, 0), 0).request_id, 0);
    const Permit third = journal.before_send(poll(run, 0), 0);
    EXPECT_EQ(third.request_id, 0);
    EXPECT_GT(third.decision.wait, 119min);
    EXPECT_LE(third.decision.wait, 2h + 1s);
    EXPECT_EQ(journal.ledger().size(), 2u);
}

TEST_P(JournalContract, ABodyIsKeptWholeOrNotAtAll) {
    Journal& journal = open();
    const std::int64_t run = journal.begin_run("sync", "{}");
    ExportRow row = journal.export_row(journal.intend(run, deals()));
    const Permit permit = journal.before_send(poll(run, row.id), 0);
    { journal.body_writer(row.id)->write("half a body"); }
    EXPECT_EQ(journal.export_row(row.id).body_id, 0);

    const std::string plain = figures(), bytes = gzip(plain);
    ASSERT_GT(bytes.size(), 1024u * 1024u);  // more than one chunk
    row.state = ExportState::received;
    row.started_at = journal.now() - 10s;
    row.received_at = journal.now();
    row.polls = 1;
    const auto writer = journal.body_writer(row.id);
    for (std::size_t at = 0; at < bytes.size(); at += 100000)
        writer->write(std::string_view(bytes).substr(at, 100000));
    row.body_id = writer->commit(row, permit.request_id, {}, plain.size());

    EXPECT_EQ(journal.export_row(row.id).body_id, row.body_id);
    EXPECT_EQ(journal.export_row(row.id).state, ExportState::received);
    std::string back;
    journal.read_body(row.body_id, [&](std::string_view piece) { back.append(piece); });
    EXPECT_EQ(gunzip(back), plain);
    const auto times = journal.build_times("deals", 10);
    ASSERT_EQ(times.size(), 1u);
    EXPECT_EQ(times[0].upper, *row.received_at - *row.started_at);
    EXPECT_EQ(times[0].days, 7);
}

INSTANTIATE_TEST_SUITE_P(Both, JournalContract, testing::Values(&make<InMemory>, &make<InPostgres>),
                         [](const testing::TestParamInfo<Make>& made) {
                             return made.index == 0 ? "memory" : "postgres";
                         });

TEST(PgJournal, TwoProcessesTogetherNeverSpendMoreThanTheLimit) {
    test_support::TestDatabase database;
    const auto spend = [&](int& sent) {
        pg::Connection connection(database.url(), "journal");
        const auto journal = pg_journal(connection, {50, 2h, 10});
        const std::int64_t run = journal->begin_run("sync", "{}");
        for (int i = 0; i < 60; ++i)
            if (journal->before_send(poll(run, 0), 0).request_id != 0) ++sent;
    };
    int first = 0, second = 0;
    std::thread other([&] { spend(second); });
    spend(first);
    other.join();
    EXPECT_EQ(first + second, 40);
}

namespace {

// Breaks the journal's connection within a step, and looks at what is there afterwards.
class Breaks : public testing::Test {
protected:
    void end_session() {
        watch_.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = "
            "'gcmirror: journal' AND datname = current_database()");
    }
    // The first statement that does `event` to `table` ends its session; `when` is BEFORE, or
    // DEFERRED: within COMMIT.
    void break_once(const std::string& event, const std::string& table, const std::string& when) {
        const bool late = when == "DEFERRED";
        watch_.execute(
            "DROP SCHEMA IF EXISTS fault CASCADE; CREATE SCHEMA fault; CREATE SEQUENCE fault.n; "
            "CREATE FUNCTION fault.run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
            "nextval('fault.n') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; "
            "RETURN new; END $$; CREATE " +
            std::string(late ? "CONSTRAINT TRIGGER fault AFTER " : "TRIGGER fault BEFORE ") +
            event + " ON journal." + table + (late ? " DEFERRABLE INITIALLY DEFERRED" : "") +
            " FOR EACH ROW EXECUTE FUNCTION fault.run()");
    }
    // A request, its export and its body, each step of them once.
    std::int64_t whole_export(Journal& journal) {
        const std::int64_t run = journal.begin_run("sync", "{}");
        ExportRow row = journal.export_row(journal.intend(run, deals()));
        Permit permit = journal.before_send({run, row.id, "start", "/deals", "test", true}, 0);
        row.state = ExportState::started;
        row.service_id = std::to_string(68000000 + row.id);
        row.started_at = journal.now();
        journal.started(row, permit.request_id, {});
        permit = journal.before_send(poll(run, row.id), 0);
        journal.after_answer(permit.request_id, {});
        permit = journal.before_send(poll(run, row.id), 0);
        row.state = ExportState::received;
        row.received_at = journal.now();
        const auto writer = journal.body_writer(row.id);
        writer->write(gzip("a body"));
        row.body_id = writer->commit(row, permit.request_id, {}, 6);
        journal.finish_run(run, "done", 0, "");
        return row.body_id;
    }
    // Of each export so far, and no more.
    void expect_one_of_each(Journal& journal, std::int64_t body, const std::string& what) {
        std::string back;
        journal.read_body(body, [&](std::string_view piece) { back.append(piece); });
        EXPECT_EQ(gunzip(back), "a body") << what;
        const int n = ++exports_;
        EXPECT_EQ(
            watch_.value(
                "SELECT concat_ws(' ', (SELECT count(*) FROM journal.run WHERE state = 'done'), "
                "(SELECT count(*) FROM journal.run), (SELECT count(*) FROM journal.export), "
                "(SELECT "
                "count(*) FROM journal.request WHERE answered_at IS NOT NULL), (SELECT count(*) "
                "FROM journal.request), (SELECT count(*) FROM journal.body))"),
            fmt::format("{0} {0} {0} {1} {1} {0}", n, 3 * n))
            << what;
        watch_.execute("DROP SCHEMA IF EXISTS fault CASCADE");
    }

    int exports_ = 0;
    test_support::TestDatabase database_;
    pg::Connection watch_{database_.url(), "test"};
};

}  // namespace

TEST_F(Breaks, AConnectionThatBreaksWhileABodyIsWrittenLosesNothingOfIt) {
    pg::Connection connection(database_.url(), "journal");
    connection.reopen_within(20s);
    const auto journal = pg_journal(connection, {});
    const std::int64_t run = journal->begin_run("sync", "{}");
    ExportRow row = journal->export_row(journal->intend(run, deals()));
    const Permit permit = journal->before_send(poll(run, row.id), 0);
    const auto writer = journal->body_writer(row.id);
    const std::string plain = figures(), body = gzip(plain);
    const std::size_t most = 1100000;  // of which the first chunk has been written
    ASSERT_GT(body.size(), most);
    writer->write(std::string_view(body).substr(0, most));
    end_session();
    writer->write(std::string_view(body).substr(most));
    row.state = ExportState::received;
    row.body_id = writer->commit(row, permit.request_id, {}, plain.size());
    std::string back;
    journal->read_body(row.body_id, [&](std::string_view piece) { back.append(piece); });
    EXPECT_TRUE(gunzip(back) == plain);
    EXPECT_EQ(connection.opened(), 2);
}

TEST_F(Breaks, AStepWhoseStatementOrCommitBreaksIsDoneOnceAndOnlyOnce) {
    for (const char* when : {"BEFORE", "DEFERRED"})
        for (const auto& [event, table] :
             std::vector<std::pair<std::string, std::string>>{{"INSERT", "run"},
                                                              {"UPDATE", "run"},
                                                              {"INSERT", "export"},
                                                              {"UPDATE", "export"},
                                                              {"INSERT", "request"},
                                                              {"UPDATE", "request"},
                                                              {"INSERT", "body"},
                                                              {"UPDATE", "body"},
                                                              {"INSERT", "body_chunk"}}) {
            const std::string what = std::string(when) + " " + event + " " + table;
            break_once(event, table, when);
            pg::Connection connection(database_.url(), "journal");
            connection.reopen_within(20s);
            const auto journal = pg_journal(connection, {});
            std::int64_t body = 0;
            ASSERT_NO_THROW(body = whole_export(*journal)) << what;
            EXPECT_GT(connection.opened(), 1) << what << ": nothing broke";
            expect_one_of_each(*journal, body, what);
        }
}

TEST_F(Breaks, AStepWhoseCommitIsDoneAndNotAnsweredIsNotDoneAgain) {
    test_support::Wire wire(database_.url());
    for (int nth = 1;; ++nth) {  // the answer to the nth COMMIT of an export is lost
        pg::Connection connection(wire.url(), "journal");
        connection.reopen_within(20s);
        const auto journal = pg_journal(connection, {});
        wire.lose_commit_of("journal", nth);
        const std::int64_t body = whole_export(*journal);
        if (wire.lost() < nth) {
            EXPECT_GT(nth, 6);
            break;
        }
        expect_one_of_each(*journal, body, "COMMIT " + std::to_string(nth));
    }
}

TEST(PgJournal, ADamagedBodyIsNotRead) {
    test_support::TestDatabase database;
    pg::Connection connection(database.url(), "journal");
    const auto journal = pg_journal(connection, {});
    const std::int64_t run = journal->begin_run("sync", "{}");
    ExportRow row = journal->export_row(journal->intend(run, deals()));
    const auto writer = journal->body_writer(row.id);
    writer->write(gzip("a body"));
    row.body_id = writer->commit(row, journal->before_send(poll(run, row.id), 0).request_id, {}, 6);
    connection.query(
        "UPDATE journal.body_chunk SET data = set_byte(data, 12, 0) WHERE body_id = $1",
        {std::to_string(row.body_id)});
    EXPECT_THROW(journal->read_body(row.body_id, [](std::string_view) {}), Error);
}

TEST(PgJournal, ARequestOfAJumpedClockStillCountsByTimeSinceBoot) {
    test_support::TestDatabase database;
    pg::Connection connection(database.url(), "journal");
    const auto journal = pg_journal(connection, {1, 2h, 0});
    const std::int64_t run = journal->begin_run("sync", "{}");
    ASSERT_GT(journal->before_send(poll(run, 0), 0).request_id, 0);
    connection.execute(
        "UPDATE journal.request SET sent_at = sent_at - interval '1 day'");  // as if the clock had
                                                                             // jumped a day ahead
                                                                             // since
    EXPECT_EQ(journal->before_send(poll(run, 0), 0).request_id, 0);
}
