// Whole nights against the simulator over HTTPS, with short durations: what the mirror holds, what
// it cost, what survives.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>

#include "etl/error.hpp"
#include "etl/installation.hpp"
#include "etl/log.hpp"
#include "etl/normalizer.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/sync/replay.hpp"
#include "jobs/sync/rollback.hpp"
#include "jobs/sync/sync.hpp"
#include "schema/sql.hpp"
#include "tests/support/database.hpp"
#include "tests/support/facts.hpp"
#include "tests/support/night_calendar.hpp"

using namespace std::chrono_literals;
using std::chrono::days;
using test_support::TestDatabase;

namespace {

etl::Day today() { return etl::Zone("Europe/Moscow").today(etl::system_clock()->now()); }

class Night : public testing::Test {
protected:
    explicit Night(int limit = 1000, std::chrono::milliseconds build = 30ms)
        : simulator_(options(limit, build)) {
        etl::log::set_level(etl::log::Level::error);
        simulator_.start();
    }
    ~Night() override {
        simulator_.stop();
        std::filesystem::remove_all(dir());
    }

    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-night-" + std::to_string(getpid()));
    }
    static simulator::SimulatorOptions options(int limit, std::chrono::milliseconds build = 30ms) {
        simulator::SimulatorOptions options;
        options.school.users = 300;
        options.school.deals = 900;
        options.school.today = today() - days{12};
        options.school.begin = today() - days{700};
        options.build_median = build;
        options.limit = limit;
        options.dir = dir();
        return options;
    }
    etl::Config config(const TestDatabase& database) {
        etl::Config config;
        config.getcourse.url = simulator_.url();
        config.getcourse.ca_file = simulator_.ca_file().string();
        config.key = etl::Secret("simulator-read-key");
        config.database = database.settings();
        config.budget.limit = 1000;
        config.pacing.first_poll = 20ms;
        config.pacing.busy_gap = 50ms;
        config.pacing.longest_gap = 200ms;
        config.pacing.cool_down = 100ms;
        config.timeouts.first_byte = 5s;
        return config;
    }
    int sync(const TestDatabase& database, const jobs::QueryOptions& query = {}) {
        return sync(config(database), query);
    }
    int sync(const etl::Config& with, const jobs::QueryOptions& query = {}) {
        jobs::SyncOptions options;
        options.query = query;
        options.day_of = [this](etl::Instant t) { return nights_.day_of(t); };
        std::ostringstream out, err;
        const int code = jobs::run_sync(with, options, out, err, stop_.get_token());
        said_ = out.str();
        return code;
    }
    static std::string facts_that_differ(const TestDatabase& database) {
        etl::pg::Connection connection(database.url(), "test");
        return test_support::facts_that_differ(connection);
    }
    static std::string value(const TestDatabase& database, const std::string& sql) {
        return etl::pg::Connection(database.url(), "test").value(sql);
    }
    // Digest of what analysts see of a table, without the bookkeeping of runs.
    static std::string content(const TestDatabase& database, const schema::Table& table) {
        std::string columns;
        for (const schema::Column& column : table.columns)
            if (column.type != schema::Type::group_list)
                columns += (columns.empty() ? "" : ", ") + schema::quoted(column.name);
        if (table.has_custom) columns += ", custom";
        return value(database, "SELECT count(*) || ' ' || md5(string_agg(md5(ROW(" + columns +
                                   ")::text), '' ORDER BY " + schema::quoted(table.key.front()) +
                                   ")) FROM mirror." + table.name);
    }

    void next_day() {
        simulator_.advance_day();
        nights_.begin_next();
    }

    // Everything mirror and history hold, bookkeeping included: equal text means equal rows.
    static std::string hashes(const TestDatabase& database) {
        std::string all;
        for (const schema::Table* table : schema::tables())
            for (const char* schema_name : {"mirror", "history"})
                all += table->name + " " + schema_name + " " +
                       value(database, schema::content_hash(*table, schema_name)) + "\n";
        return all;
    }
    int rebuild(const TestDatabase& database, const std::function<int(jobs::Context&)>& act) {
        std::ostringstream out, err;
        jobs::Context context{config(database), out, err, false, false, {}};
        const int code = act(context);
        said_ = out.str();
        return code;
    }
    // The journal and the registry of one database into another, as a restored dump would have
    // them.
    static void copy_journal(const TestDatabase& from, const TestDatabase& to) {
        etl::pg::Connection source(from.url(), "test"), target(to.url(), "test");
        for (const char* table : {"journal.run", "journal.export", "journal.body",
                                  "journal.body_chunk", "mirror.custom_fields"}) {
            etl::pg::CopyIn copy(target, std::string("COPY ") + table + " FROM STDIN");
            source.stream(std::string("SELECT * FROM ") + table,
                          [&](const std::vector<std::optional<std::string_view>>& fields) {
                              std::string line;
                              for (std::size_t i = 0; i < fields.size(); ++i) {
                                  if (i > 0) line += '\t';
                                  if (fields[i])
                                      etl::append_copy_text(line, *fields[i]);
                                  else
                                      line += "\\N";
                              }
                              copy.write(line + "\n");
                          });
            copy.finish();
        }
    }

    simulator::Simulator simulator_;
    test_support::NightCalendar nights_{today() - days{12}};
    std::stop_source stop_;
    std::string said_;
};

class SlowService : public Night {
protected:
    SlowService() : Night(1000, 700ms) {}
};

class SmallBudget : public Night {
protected:
    SmallBudget() : Night(12) {}
};

}  // namespace

TEST_F(Night, BringsEveryUserOrderAndPayment) {
    TestDatabase database;
    EXPECT_EQ(sync(database), 0) << said_;
    const simulator::School school(options(1000).school);
    EXPECT_EQ(value(database, "SELECT count(*) FROM mirror.users"),
              std::to_string(school.users(0)));
    EXPECT_EQ(value(database, "SELECT count(*) FROM mirror.deals"),
              std::to_string(school.deals(0)));
    std::int64_t paid = 0, received = 0, payments = 0;
    for (std::int64_t i = 0; i < school.deals(0); ++i) {
        paid += school.deal_state(i, 0).paid;
        for (const auto& payment : school.deal_payments(i, 0)) {
            ++payments;
            if (payment.status == "accepted") received += payment.amount;
        }
    }
    EXPECT_EQ(value(database, "SELECT sum(paid_amount) FROM mirror.deals"),
              etl::format_money(paid));
    EXPECT_EQ(
        value(database, "SELECT sum(amount) FROM mirror.payments WHERE status_code = 'accepted'"),
        etl::format_money(received));
    EXPECT_EQ(value(database, "SELECT count(*) FROM mirror.payments"), std::to_string(payments));
    EXPECT_EQ(paid, received);
    EXPECT_EQ(value(database,
                    "SELECT count(*) FROM mirror.payments_linked WHERE user_matched_by = 'deal'"),
              std::to_string(payments));
    EXPECT_EQ(value(database,
                    "SELECT count(*) FROM mirror.memberships WHERE left_seen_at IS NULL") == "0",
              false);
    EXPECT_EQ(value(database, "SELECT count(*) FROM journal.reject"), "0");
}

TEST_F(Night, TheJournalHoldsOneRowForEveryRequestTheServiceCounted) {
    TestDatabase database;
    EXPECT_EQ(sync(database), 0);
    EXPECT_EQ(value(database, "SELECT count(*) FROM journal.request"),
              std::to_string(simulator_.requests()));
    EXPECT_EQ(sync(database), 0);
    EXPECT_EQ(value(database, "SELECT count(*) FROM journal.request"),
              std::to_string(simulator_.requests()));
    EXPECT_EQ(value(database, "SELECT count(*) FROM journal.request WHERE answered_at IS NULL"),
              "0");
    EXPECT_EQ(value(database,
                    "SELECT count(*) FROM journal.request WHERE what LIKE '%simulator-read-key%' "
                    "OR message LIKE '%simulator-read-key%'"),
              "0");
}

TEST_F(Night, ASecondSyncWithNothingChangedWritesNoRow) {
    TestDatabase database;
    sync(database);
    std::map<std::string, std::string> before;
    for (const schema::Table* table : schema::tables())
        before[table->name] =
            value(database,
                  "SELECT count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) FROM mirror." +
                      table->name);
    const auto facts = [&] {
        return value(database,
                     "SELECT count(*) || ' ' || sum(xmin::text::bigint) FROM (SELECT xmin FROM "
                     "report.fact_orders UNION ALL SELECT xmin FROM report.fact_payments UNION ALL "
                     "SELECT xmin FROM report.fact_buyers UNION ALL SELECT xmin FROM "
                     "report.fact_changes UNION ALL SELECT xmin FROM report.fact_group_days) f");
    };
    const std::string written = facts();
    EXPECT_EQ(sync(database), 0);
    EXPECT_NE(said_.find("0 inserted, 0 changed"), std::string::npos) << said_;
    EXPECT_NE(said_.find("no row was written"), std::string::npos) << said_;
    for (const schema::Table* table : schema::tables())
        EXPECT_EQ(
            value(database,
                  "SELECT count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) FROM mirror." +
                      table->name),
            before[table->name])
            << table->name;
    EXPECT_EQ(facts(), written);
}

// Late payments are found by the status they change; an order entered with an old date only by the
// sweep, within its time.
TEST_F(Night, LatePaymentsRefundsAndBackdatedOrdersAreFoundByLookBackChangesAndSweep) {
    TestDatabase nightly;
    etl::Config swept = config(nightly);
    swept.sync.sweep = 24h * 5;
    sync(swept);
    for (int night = 0; night < 12; ++night) {
        if (night < 7)
            next_day();
        else
            nights_.begin_next();  // a quiet night
        ASSERT_EQ(sync(swept), 0) << said_;
    }
    TestDatabase fresh;
    sync(fresh);
    EXPECT_EQ(content(nightly, schema::deals()), content(fresh, schema::deals()));
    EXPECT_EQ(content(nightly, schema::payments()), content(fresh, schema::payments()));
    EXPECT_NE(value(nightly, "SELECT count(*) FROM history.deals"), "0");
    EXPECT_EQ(facts_that_differ(nightly), "");
    EXPECT_EQ(
        value(
            nightly,
            "SELECT count(*) FROM (SELECT id FROM mirror.deals GROUP BY id HAVING count(*) > 1) d"),
        "0");
    EXPECT_EQ(value(nightly,
                    "SELECT count(*) FROM journal.certificate WHERE rows <> inserted + changed + "
                    "unchanged + duplicate + set_aside + older"),
              "0");
}

TEST_F(Night, AFullReadAfterTenNightsAgreesInEveryTable) {
    TestDatabase nightly;
    sync(nightly);
    for (int night = 0; night < 10; ++night) next_day();
    jobs::QueryOptions full;
    full.full = true;
    ASSERT_EQ(sync(nightly, full), 0) << said_;
    TestDatabase fresh;
    sync(fresh);
    for (const schema::Table* table :
         {&schema::users(), &schema::deals(), &schema::payments(), &schema::groups()})
        EXPECT_EQ(content(nightly, *table), content(fresh, *table)) << table->name;
    const std::string members =
        "SELECT count(*) || ' ' || md5(string_agg(user_id || ':' || group_id || ':' || joined_on, "
        "',' ORDER BY user_id, group_id)) FROM mirror.memberships WHERE left_seen_at IS NULL";
    EXPECT_EQ(value(nightly, members), value(fresh, members));
}

TEST_F(Night, ReplayGivesTheSameRowsAndHashesAndRollbackEveryStateBefore) {
    TestDatabase database;
    constexpr int kNights = 10;
    std::vector<std::string> before;  // state before run i + 1
    for (int night = 0; night < kNights; ++night) {
        before.push_back(hashes(database));
        ASSERT_EQ(sync(database), 0) << said_;
        next_day();
    }
    const std::string last = hashes(database),
                      chain =
                          value(database,
                                "SELECT hash FROM journal.certificate ORDER BY id DESC LIMIT 1");
    const std::int64_t requests = simulator_.requests();
    EXPECT_EQ(facts_that_differ(database), "");

    ASSERT_EQ(
        rebuild(database, [](jobs::Context& context) { return jobs::run_replay(context, ""); }), 0);
    EXPECT_EQ(hashes(database), last);
    EXPECT_EQ(value(database, "SELECT hash FROM journal.certificate ORDER BY id DESC LIMIT 1"),
              chain);  // every figure of every load is the same again

    TestDatabase empty;
    copy_journal(database, empty);
    ASSERT_EQ(rebuild(empty, [](jobs::Context& context) { return jobs::run_replay(context, ""); }),
              0);
    EXPECT_EQ(hashes(empty), last);
    EXPECT_EQ(value(empty,
                    "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'mirror' "
                    "AND table_name = 'deals_wide'"),
              value(database,
                    "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'mirror' "
                    "AND table_name = 'deals_wide'"));

    for (int run = kNights; run >= 1; run -= 3) {
        ASSERT_EQ(
            rebuild(database,
                    [run](jobs::Context& context) { return jobs::run_rollback(context, run); }),
            0);
        EXPECT_EQ(hashes(database), before[static_cast<std::size_t>(run - 1)])
            << "before run " << run;
    }
    EXPECT_EQ(simulator_.requests(), requests);
    EXPECT_EQ(value(database, "SELECT count(*) FROM journal.coverage"), "0");
    EXPECT_THROW(
        rebuild(database,
                [](jobs::Context& context) { return jobs::run_rollback(context, kNights); }),
        etl::Error);
}

TEST_F(Night, AReaderInALoopNeverSeesOneTableOfTonightWithAnotherOfLastNight) {
    TestDatabase database;
    sync(database);
    for (int night = 0; night < 4; ++night) next_day();
    std::atomic<bool> over = false;
    std::atomic<int> reads = 0, torn = 0;
    std::thread reader([&] {
        etl::pg::Connection connection(database.url(), "reader");
        while (!over) {
            // Rows of the newest run stand in all tables or in none: the simulated school grows in
            // both every day.
            const auto seen = connection.query(
                "SELECT (SELECT max(run_id) FROM mirror.users), (SELECT max(run_id) FROM "
                "mirror.deals)");
            ++reads;
            if (seen.text(0, 0) != seen.text(0, 1)) ++torn;
        }
    });
    EXPECT_EQ(sync(database), 0);
    over = true;
    reader.join();
    EXPECT_GT(reads, 10);
    EXPECT_EQ(torn, 0);
}

TEST_F(Night, CustomFieldsStandInTheWideViewTheSameNight) {
    TestDatabase database;
    sync(database);
    EXPECT_EQ(value(database,
                    "SELECT count(*) FROM mirror.deals_wide WHERE data_zvonka IS NOT NULL") == "0",
              false);
    EXPECT_EQ(value(database,
                    "SELECT data_type FROM information_schema.columns WHERE table_name = "
                    "'deals_wide' AND column_name = 'data_zvonka'"),
              "date");
    EXPECT_EQ(value(database, "SELECT count(*) FROM mirror.users_wide WHERE field_10558673") == "0",
              false);
}

TEST_F(Night, AWrongKeyEndsWithAdviceAndTouchesNothing) {
    TestDatabase database;
    sync(database);
    const std::string before = content(database, schema::deals());
    etl::Config wrong = config(database);
    wrong.key = etl::Secret("a-wrong-key");
    try {
        sync(wrong);
        FAIL() << "a wrong key was accepted";
    } catch (const etl::Error& error) {
        EXPECT_EQ(error.kind(), etl::Kind::refused);
        EXPECT_NE(error.hint().find("GETCOURSE_KEY"), std::string::npos);
    }
    EXPECT_EQ(content(database, schema::deals()), before);
    EXPECT_EQ(value(database,
                    "SELECT state || ' ' || exit_code FROM journal.run ORDER BY id DESC LIMIT 1"),
              "failed 5");
}

TEST_F(SlowService, AnExportThatIsNotReadyInTimeLeavesTheRunPartialAndIsCollectedNextTime) {
    TestDatabase database;
    etl::Config hasty = config(database);
    hasty.pacing.export_deadline = 10ms;  // much shorter than a build: every export is late
    EXPECT_EQ(sync(hasty), 4);
    EXPECT_NE(said_.find("partial"), std::string::npos) << said_;
    EXPECT_EQ(value(database, "SELECT state FROM journal.run"), "partial");
    EXPECT_NE(value(database, "SELECT count(*) FROM journal.export WHERE state = 'late'"), "0");
    for (int i = 0; i < 1000 && simulator_.building(); ++i) usleep(10000);  // until the next night
    EXPECT_EQ(sync(database), 0) << said_;
    // The late ones were collected by their ids: no question was asked twice.
    EXPECT_EQ(value(database,
                    "SELECT count(*) FROM (SELECT what FROM journal.request WHERE kind = 'start' "
                    "AND answer = 'Started' GROUP BY what HAVING count(*) > 1) t"),
              "0");
    EXPECT_EQ(value(database, "SELECT count(*) FROM journal.export WHERE state <> 'loaded'"), "0");
    EXPECT_EQ(value(database, "SELECT count(*) FROM mirror.users"), "300");
}

TEST_F(Night, WithoutTheColumnOfGroupsEachGroupIsReadByItself) {
    TestDatabase with, without;
    const std::string members =
        "SELECT count(*) || ' ' || md5(string_agg(user_id || ':' || group_id || ':' || "
        "coalesce(joined_on::text, (joined_at AT TIME ZONE 'Europe/Moscow')::date::text), ',' "
        "ORDER BY user_id, group_id)) FROM mirror.memberships WHERE left_seen_at IS NULL";
    jobs::QueryOptions full;
    full.full = true;
    sync(with);
    simulator_.omit_groups(true);
    EXPECT_EQ(sync(without), 0) << said_;
    EXPECT_EQ(value(without, members), value(with, members));
    for (int night = 0; night < 5; ++night) next_day();  // some join, some leave
    etl::pg::Connection(without.url(), "test")
        .execute(
            "UPDATE journal.coverage SET as_of = as_of - interval '40 days'");  // the sweep's time
                                                                                // has passed
    EXPECT_EQ(sync(without), 0) << said_;
    simulator_.omit_groups(false);
    sync(with, full);
    EXPECT_EQ(value(without, members), value(with, members));
    EXPECT_NE(
        value(without, "SELECT count(*) FROM mirror.memberships WHERE left_seen_at IS NOT NULL"),
        "0");
}

TEST_F(Night, AnOldSnapshotIsNoticedAskedForOtherwiseOnceAndFreshensNothing) {
    TestDatabase database;
    sync(database);
    sync(database);
    simulator_.repeat_ids(true);
    EXPECT_EQ(sync(database), 0) << said_;
    EXPECT_NE(value(database, "SELECT count(*) FROM journal.export WHERE repeated"), "0");
    EXPECT_EQ(value(database,
                    "SELECT count(*) FROM journal.coverage c JOIN journal.export e ON e.id = "
                    "c.export_id WHERE e.repeated AND c.complete"),
              "0");
    // Each repeated answer is followed by the same question over a window that begins a day
    // earlier.
    EXPECT_EQ(
        value(database,
              "SELECT count(*) FROM journal.export e WHERE repeated AND NOT EXISTS (SELECT FROM "
              "journal.export o WHERE o.run_id = e.run_id AND o.resource = e.resource "
              "AND o.filter = e.filter AND o.to_day = e.to_day AND o.from_day = e.from_day - 1)"),
        "0");
}

TEST_F(Night, LostAndCutAnswersCostRequestsButNoRow) {
    TestDatabase disturbed, quiet;
    etl::Config hasty = config(disturbed);
    hasty.timeouts.first_byte = 1s;  // an answer too many that is lost costs requests, too
    simulator_.lose_answers(3);
    EXPECT_EQ(sync(hasty), 0) << said_;
    simulator_.cut_answers(4);
    jobs::QueryOptions full;
    full.full = true;
    EXPECT_EQ(sync(hasty, full), 0) << said_;
    sync(quiet);
    for (const schema::Table* table : schema::tables())
        EXPECT_EQ(content(disturbed, *table), content(quiet, *table)) << table->name;
}

TEST_F(SmallBudget, WhatDoesNotFitIsPostponedAndTheNextSyncGoesOn) {
    TestDatabase database;
    etl::Config small = config(database);
    small.budget.limit = 6;
    small.budget.reserve = 2;
    small.sync.deadline = 1s;
    EXPECT_EQ(sync(small), 4) << said_;
    EXPECT_EQ(value(database, "SELECT count(*) FROM journal.request"), "4");
    EXPECT_EQ(simulator_.requests(), 4);
    EXPECT_NE(said_.find("postponed"), std::string::npos);
}

TEST_F(SmallBudget, AForeignersUseIsBelievedOverOurOwnCount) {
    TestDatabase database;
    simulator_.spend(12);
    etl::Config patient = config(database);
    patient.sync.deadline = 500ms;
    EXPECT_EQ(sync(patient), 4) << said_;
    EXPECT_LE(simulator_.requests(), 6);
    EXPECT_EQ(value(database, "SELECT count(*) FROM mirror.deals"), "0");
}

TEST_F(Night, ARestoredBackupGoesOnWithoutALostOrDoubleRequest) {
    TestDatabase original, restored(false);
    ASSERT_EQ(sync(original), 0);
    const std::string file = (dir() / "backup.dump").string();
    ASSERT_EQ(std::system(("pg_dump -Fc -f '" + file + "' '" + original.url() + "'").c_str()), 0);
    ASSERT_EQ(
        std::system(
            ("pg_restore -d '" + restored.url() + "' --exit-on-error '" + file + "'").c_str()),
        0);
    EXPECT_EQ(hashes(restored), hashes(original));
    EXPECT_EQ(value(restored, "SELECT count(*) FROM journal.request"),
              value(original, "SELECT count(*) FROM journal.request"));

    next_day();
    // A copy must not send or count a second time until somebody says that it goes on.
    const std::int64_t before = static_cast<std::int64_t>(simulator_.requests());
    EXPECT_THROW((void)sync(restored), etl::Error);
    EXPECT_EQ(static_cast<std::int64_t>(simulator_.requests()), before);
    {
        etl::pg::Connection connection(restored.url(), "test");
        (void)etl::adopt_database(connection, config(restored));
    }
    ASSERT_EQ(sync(restored), 0) << said_;
    const std::int64_t of_restored = static_cast<std::int64_t>(simulator_.requests()) - before;
    ASSERT_EQ(sync(original), 0) << said_;
    const std::int64_t of_original =
        static_cast<std::int64_t>(simulator_.requests()) - before - of_restored;
    for (const schema::Table* table : schema::tables())
        EXPECT_EQ(content(restored, *table), content(original, *table)) << table->name;
    // The same questions; how many polls a build needs is chance.
    const char* questions =
        "SELECT string_agg(what, E'\\n' ORDER BY id) FROM journal.request WHERE run_id = (SELECT "
        "max(id) FROM journal.run) AND kind <> 'poll'";
    EXPECT_EQ(value(restored, questions), value(original, questions));
    EXPECT_LE(std::abs(of_restored - of_original), 6);
    EXPECT_EQ(value(restored,
                    "SELECT count(*) FROM report.orders WHERE NOT counted AND set_apart IS NULL"),
              "0");  // the views came, too
}
