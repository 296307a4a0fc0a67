// One contract for both journals: in PostgreSQL and in memory.
#include "etl/journal.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "etl/error.hpp"
#include "etl/gzip.hpp"
#include "etl/journal_pg.hpp"
#include "tests/support/database.hpp"
#include "tests/support/memory_journal.hpp"

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

    std::string plain;
    for (int i = 0; i < 400000; ++i) plain += std::to_string(i * 7919LL * 104729 % 1000003);
    const std::string bytes = gzip(plain);
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
