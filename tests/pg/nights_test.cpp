// The nights of tests/data/nights (README there): bodies in their order, each with the moment the
// service began it, and what must hold afterwards.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "jobs/serve/health.hpp"
#include "jobs/sync/analysts.hpp"
#include "jobs/sync/rollback.hpp"
#include "schema/sql.hpp"
#include "tests/support/database.hpp"
#include "tests/support/facts.hpp"
#include "tests/support/fixture_load.hpp"

namespace {

class Nights : public testing::Test {
protected:
    static etl::ExportQuery window(const std::string& resource, const char* from, const char* to,
                                   const char* filter = "created_at") {
        etl::ExportQuery query;
        query.resource = resource;
        query.filter = filter;
        query.from = etl::parse_day(from);
        query.to = etl::parse_day(to);
        return query;
    }
    static std::string body(const std::string& file) {
        return test_support::read_data("nights/" + file + ".json");
    }
    void begin_run() { run_ = journal_->begin_run("test", "{}"); }

    // A body as the service began it at `at` (the account's time), as the export `service_id`.
    etl::Loaded load(const etl::ExportQuery& query, const std::string& at, const std::string& plain,
                     const std::string& service_id = {}) {
        if (run_ == 0) begin_run();
        etl::ExportRow row = test_support::receive(*journal_, run_, query, plain);
        row.started_at = instant(at);
        row.received_at = instant(at);
        row.service_id = service_id;
        row.repeated = !service_id.empty() &&
                       value("SELECT count(*) FROM journal.export WHERE service_id = '" +
                             service_id + "'") != "0";
        journal_->save(row);
        etl::pg::Transaction transaction(loading_);
        etl::Loaded loaded = etl::load_export(loading_, *journal_, config_, zone_, run_, row, {});
        transaction.commit();
        return loaded;
    }
    etl::Instant instant(const std::string& local) const {
        return *etl::read_timestamp(local, zone_).value;
    }
    std::string value(const std::string& sql) { return loading_.value(sql); }
    static int saying(const etl::Loaded& loaded, const std::string& words) {
        return static_cast<int>(std::count_if(
            loaded.notes.begin(), loaded.notes.end(),
            [&](const std::string& note) { return note.find(words) != std::string::npos; }));
    }
    static std::string all_notes(const etl::Loaded& loaded) {
        std::string text;
        for (const std::string& note : loaded.notes) text += note + "\n";
        return text;
    }

    test_support::TestDatabase database_;
    etl::Config config_;
    etl::Zone zone_{"Europe/Moscow"};
    etl::pg::Connection journal_connection_{database_.url(), "journal"};
    etl::pg::Connection loading_{database_.url(), "load"};
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});
    std::int64_t run_ = 0;
};

}  // namespace

TEST_F(Nights, AnEmptyAnswerOverDaysWithoutRowsCountsAsRead) {
    const auto complete = [&] {
        return value(
            "SELECT string_agg(table_name || ' ' || filter || ' ' || complete, ', ' ORDER "
            "BY id) FROM journal.coverage");
    };
    load(window("payments", "2015-01-01", "2026-01-26"), "2026-01-26 03:30:00",
         body("17/nights-0-exports-0-payments"));
    load(window("deals", "2015-01-01", "2026-01-26"), "2026-01-26 03:30:10",
         body("17/nights-0-exports-1-deals"));
    EXPECT_EQ(value("SELECT count(*) || ' ' || sum(paid_amount) FROM mirror.deals"), "3 12500.00");
    load(window("deals", "2026-02-20", "2026-02-22", "payed_at"), "2026-02-22 03:30:00",
         body("17/nights-2-exports-4-deals"));
    load(window("deals", "2026-01-20", "2026-02-20"), "2026-02-20 03:30:00",
         body("17/nights-2-exports-2-deals"));
    EXPECT_EQ(complete(),
              "payments created_at true, deals created_at true, deals payed_at true, deals "
              "created_at true");
    EXPECT_EQ(value("SELECT count(*) FROM journal.freshness WHERE table_name = 'payments'"), "1");
}

TEST_F(Nights, AnEmptyAnswerOverKnownRowsIsDoubtedAndTheDaysStayAsTheyWereRead) {
    load(window("deals", "2026-03-27", "2026-05-06"), "2026-05-06 03:30:00",
         body("17/nights-5-exports-2-deals"));
    const etl::Loaded doubtful = load(window("deals", "2026-04-01", "2026-04-30"),
                                      "2026-05-07 12:00:00", body("17/doubtful-exports-0-deals"));
    EXPECT_TRUE(doubtful.red);
    EXPECT_NE(doubtful.reason.find("not believed"), std::string::npos);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NOT NULL"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM journal.coverage"), "1");
    EXPECT_EQ(value("SELECT state FROM journal.export ORDER BY id DESC LIMIT 1"), "refused");
}

TEST_F(Nights, AStatusWithoutACodeIsNewInTheRunThatMetItFirstAndAgainAfterFourHundredRuns) {
    const auto night = [&](const std::string& status, const std::string& other) {
        run_ = journal_->begin_run("sync", "{}");
        load(
            window("deals", "2026-01-01", "2026-01-31"), "2026-02-01 03:30:00",
            R"({"success":true,"info":{"fields":["ID заказа","Дата создания","Стоимость, RUB","Статус"],)"
            R"("items":[["1","2026-01-05 10:00:00","1",")" +
                status + R"("],["2","2026-01-06 10:00:00","2",")" + other +
                R"("]]},"error":false})");
        loading_.query("UPDATE journal.run SET loaded_at = clock_timestamp() WHERE id = $1",
                       {std::to_string(run_)});
        std::string said;
        for (const std::string& one :
             jobs::read_facts(loading_, config_, etl::system_clock()->now()).new_statuses)
            said += one + ", ";
        return said;
    };
    EXPECT_EQ(night("Новый", "Завершен"), "") << "labels with a code are nobody's news";
    EXPECT_EQ(night("Странный", "Новый"), "deals: Странный, ");
    EXPECT_EQ(night("Странный", "Иной"), "deals: Иной, ");
    EXPECT_EQ(night("Иной", "Странный"), "");
    const auto runs = [&](int n) {
        loading_.execute("INSERT INTO journal.run (job) SELECT 'sync' FROM generate_series(1, " +
                         std::to_string(n) + ")");
    };
    runs(398);
    EXPECT_EQ(night("Странный", "Новый"), "");
    runs(399);
    EXPECT_EQ(night("Странный", "Новый"), "deals: Странный, ") << "400 runs since it was met";
}

TEST_F(Nights, ARepeatedExportIsAsOldAsItsFirstStartAndChangesNothing) {
    const auto deals = [&](const char* from, const char* at, const char* id, const char* file) {
        begin_run();
        return load(window("deals", from, "2026-05-14"), at, body(file), id);
    };
    const auto state = [&] {
        return value(
            "SELECT count(*) || ' ' || sum(paid_amount) || ' ' || max(status) FILTER "
            "(WHERE number = '9411') FROM mirror.deals");
    };
    const auto fresh = [&] {
        return value(
            "SELECT to_char(as_of AT TIME ZONE 'Europe/Moscow', 'HH24:MI:SS') FROM "
            "report.clock");
    };
    deals("2026-05-10", "2026-05-14 09:00:00", "67100411", "18/runs-0-starts-0-deals");
    EXPECT_EQ(state() + " " + fresh(), "2 2450.00 Новый 09:00:00");
    deals("2026-05-09", "2026-05-14 12:10:00", "67100422", "18/runs-1-starts-0-deals");
    EXPECT_EQ(state() + " " + fresh(), "3 6050.00 Завершен 12:10:00");
    const etl::Loaded again =
        deals("2026-05-10", "2026-05-14 17:40:00", "67100411", "18/runs-2-starts-0-deals");
    EXPECT_EQ(state() + " " + fresh(), "3 6050.00 Завершен 12:10:00");
    EXPECT_EQ(saying(again,
                     "the service gave the export of 2026-05-14 09:00 again at 2026-05-14 "
                     "17:40"),
              1)
        << all_notes(again);
    deals("2026-05-08", "2026-05-14 17:40:20", "67100433", "18/runs-2-starts-1-deals");
    EXPECT_EQ(state() + " " + fresh(), "3 7240.00 Ожидаем возврата 17:40:20");
    deals("2026-05-07", "2026-05-14 18:30:00", "67100411", "18/runs-3-starts-0-deals");
    EXPECT_EQ(state() + " " + fresh(), "3 7240.00 Ожидаем возврата 17:40:20");
    load(window("deals", "2026-05-10", "2026-05-15"), "2026-05-15 09:00:00",
         body("18/runs-4-starts-0-deals"), "67100499");
    EXPECT_EQ(state() + " " + fresh(), "3 7240.00 Ожидаем возврата 09:00:00");
    EXPECT_EQ(value("SELECT string_agg(number || ' ' || n, ', ' ORDER BY number) FROM (SELECT "
                    "number, count(*) AS n FROM (SELECT number FROM mirror.deals UNION ALL SELECT "
                    "number FROM history.deals) v GROUP BY 1) c"),
              "9411 3, 9412 1, 9413 2");
    EXPECT_EQ(value("SELECT count(*) FROM journal.absence"), "0");
}

TEST_F(Nights, AnExportWhoseFirstStartLostItsAnswerIsAsOldAsThatStart) {
    begin_run();
    const etl::ExportQuery query = window("deals", "2026-05-10", "2026-05-14");
    etl::ExportRow lost = journal_->export_row(journal_->intend(run_, query));
    lost.state = etl::ExportState::unclear;
    journal_->save(lost);
    loading_.execute("UPDATE journal.export SET intended_at = '2026-05-14 09:00:00+03'");
    load(query, "2026-05-14 17:40:00", body("18/runs-2-starts-0-deals"), "67100411");
    EXPECT_EQ(value("SELECT to_char(as_of AT TIME ZONE 'Europe/Moscow', 'HH24:MI:SS') FROM "
                    "report.clock"),
              "09:00:00");
    EXPECT_EQ(value("SELECT count(*) || ' ' || sum(paid_amount) FROM mirror.deals"), "2 2450.00");
}

TEST_F(Nights, NobodyIsNoPersonAndNoUnreadableRow) {
    etl::ExportQuery query;
    query.resource = "users";
    const etl::Loaded first = load(query, "2026-05-30 03:30:00", body("19/bodies-0-users"));
    EXPECT_FALSE(first.red) << first.reason;
    EXPECT_TRUE(first.amber);
    EXPECT_EQ(first.counts.inserted, 5u);
    EXPECT_EQ(first.counts.nobody, 7u);
    EXPECT_EQ(first.counts.set_aside, 1u);
    EXPECT_EQ(first.counts.rejects, 2u);  // the cell, and the row that has no key without it
    EXPECT_EQ(saying(first, "no such person: zlatta@example.com"), 1) << all_notes(first);
    EXPECT_EQ(value("SELECT rows || ' ' || inserted || ' ' || nobody || ' ' || set_aside FROM "
                    "journal.certificate"),
              "13 5 7 1");
    const etl::Loaded second = load(query, "2026-05-31 03:30:00", body("19/bodies-1-users"));
    EXPECT_FALSE(second.red || second.amber);
    EXPECT_EQ(second.counts.nobody, 3u);
    EXPECT_EQ(second.counts.rejects, 0u);
    const etl::Loaded third = load(query, "2026-06-01 03:30:00", body("19/bodies-2-users"));
    EXPECT_EQ(third.counts.unchanged, 3u);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "5");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users WHERE id = -1 OR missing_since IS NOT NULL"),
              "0");
}

class ColumnAway : public Nights {
protected:
    struct Night {
        etl::Loaded deals, users;
    };
    Night night(int n) {
        begin_run();
        const std::string day = "2026-10-0" + std::to_string(5 + n);
        const std::string file = "20/nights-" + std::to_string(n) + "-bodies-";
        Night out;
        out.deals = load(window("deals", "2026-08-01", day.c_str()), day + " 03:30:00",
                         body(file + "0-deals"));
        out.users = load(window("users", "2026-08-01", day.c_str()), day + " 03:30:20",
                         body(file + "1-users"));
        return out;
    }
    std::string outcome(const Night& n) {
        const etl::LoadCounts& c = n.deals.counts;
        return std::to_string(c.inserted) + "," + std::to_string(c.changed) + "," +
               std::to_string(c.unchanged) + " " +
               value(
                   "SELECT sum(cost) || ' ' || sum(paid_amount) || ' ' || sum(tax) FROM "
                   "mirror.deals") +
               " " + value("SELECT count(*) FROM mirror.memberships WHERE left_seen_at IS NULL");
    }
    std::string tax_account() {  // of the newest load of deals: body, table
        return value(
                   "SELECT coalesce(sum((b->>'tax')::numeric)::text, 'no column') FROM "
                   "journal.certificate c, jsonb_array_elements(c.money->'body') b WHERE c.id = "
                   "(SELECT max(id) FROM journal.certificate WHERE table_name = 'deals')") +
               " " +
               value(
                   "SELECT coalesce(sum((b->>'tax')::numeric)::text, 'no column') FROM "
                   "journal.certificate c, jsonb_array_elements(c.money->'table') b WHERE c.id = "
                   "(SELECT max(id) FROM journal.certificate WHERE table_name = 'deals')");
    }
    std::string memberships_as_of() {
        return value(
            "SELECT to_char(as_of AT TIME ZONE 'Europe/Moscow', 'DD') FROM "
            "journal.freshness WHERE table_name = 'memberships'");
    }
};

TEST_F(ColumnAway, ACellEmptiedWhileItsColumnWasAwayIsEmptiedWhenItComesBack) {
    EXPECT_EQ(outcome(night(0)), "3,0,0 2475.00 2475.00 136.45 3");
    EXPECT_EQ(tax_account(), "136.45 136.45");
    EXPECT_EQ(outcome(night(1)), "1,0,3 3115.00 2475.00 136.45 3");
    EXPECT_EQ(tax_account(), "no column no column");
    EXPECT_EQ(outcome(night(2)), "0,1,3 3155.00 2515.00 136.45 3");
    EXPECT_EQ(memberships_as_of(), "05");
    EXPECT_EQ(outcome(night(3)), "0,3,1 3155.00 2515.00 98.20 3");
    EXPECT_EQ(tax_account(), "98.20 98.20");
    EXPECT_EQ(memberships_as_of(), "08");
    EXPECT_EQ(outcome(night(4)), "0,0,4 3155.00 2515.00 98.20 2");
    EXPECT_EQ(tax_account(), "98.20 98.20");
    EXPECT_EQ(value("SELECT string_agg(number || ' ' || coalesce(tax::text, '-') || ' ' || "
                    "coalesce(manager, '-') || ' ' || coalesce(custom->>'kanal', '-'), ', ' ORDER "
                    "BY number) FROM mirror.deals"),
              "9511 - - -, 9512 46.20 Семён Лесной / Забота сайт, 9513 20.00 Роза Полева / Забота "
              "сайт, 9514 32.00 Семён Лесной / Забота -");
    EXPECT_EQ(value("SELECT string_agg(number || ' ' || n, ', ' ORDER BY number) FROM (SELECT "
                    "number, count(*) AS n FROM (SELECT number FROM mirror.deals UNION ALL SELECT "
                    "number FROM history.deals) v GROUP BY 1) c"),
              "9511 2, 9512 1, 9513 3, 9514 2");
}

TEST_F(ColumnAway, AbsentColumnsAreNamedWithTheMomentTheirValuesAreOfAndNothingElseHasMoved) {
    const Night first = night(0);
    EXPECT_FALSE(first.deals.amber || first.users.amber);
    for (const int n : {1, 2}) {
        const Night away = night(n);
        EXPECT_TRUE(away.deals.amber && away.users.amber) << n;
        for (const char* title : {"Налог", "Менеджер", "Канал"})
            EXPECT_EQ(saying(away.deals, "no column \"" + std::string(title) + "\""), 1)
                << all_notes(away.deals);
        EXPECT_EQ(saying(away.deals, "stays as of 2026-10-05 03:30"), 3) << all_notes(away.deals);
        EXPECT_EQ(saying(away.users, "memberships stay as of 2026-10-05 03:30"), 1)
            << all_notes(away.users);
        EXPECT_EQ(saying(away.deals, "stands at column") + saying(away.users, "stands at column"),
                  0)
            << all_notes(away.deals) << all_notes(away.users);
    }
    const Night back = night(3);
    EXPECT_FALSE(back.deals.amber || back.users.amber);
    EXPECT_EQ(saying(back.deals, "is back"), 3) << all_notes(back.deals);
    EXPECT_EQ(saying(back.users, "is back"), 1) << all_notes(back.users);
    EXPECT_EQ(saying(night(4).deals, "is back"), 0);
}

TEST_F(Nights, ARowIsMarkedAfterTwoAbsencesInARowAndCountingBeginsAnewWhenItWasSeen) {
    const auto after = [&](int export_no) {
        begin_run();
        const std::string day = (export_no < 9 ? "0" : "") + std::to_string(export_no + 1);
        const etl::Loaded loaded =
            load(window("deals", "2026-06-01", "2026-07-31"), "2026-07-" + day + " 03:30:00",
                 body("24/exports-" + std::to_string(export_no) + "-deals"));
        // A report of money shows what vanished apart, with the reason, and loses nothing.
        jobs::refresh_facts(loading_, std::nullopt);
        EXPECT_EQ(value("SELECT coalesce(sum(paid_amount) FILTER (WHERE counted), 0) || ' ' || "
                        "coalesce(sum(paid_amount) FILTER (WHERE set_apart = 'vanished'), 0) FROM "
                        "report.orders"),
                  value("SELECT coalesce(sum(paid_amount) FILTER (WHERE missing_since IS NULL), 0) "
                        "|| ' ' || coalesce(sum(paid_amount) FILTER (WHERE missing_since IS NOT "
                        "NULL), 0) FROM mirror.deals"))
            << export_no;
        const auto list = [&](const std::string& from, const std::string& moment) {
            return value("SELECT coalesce(string_agg(number || ' ' || to_char(" + moment +
                         " AT TIME ZONE 'Europe/Moscow', 'FMDD'), ', ' ORDER BY number), '-') "
                         "FROM mirror.deals d " +
                         from);
        };
        return value(
                   "SELECT coalesce(sum(paid_amount) FILTER (WHERE missing_since IS NULL), 0) || "
                   "' ' || coalesce(sum(paid_amount) FILTER (WHERE missing_since IS NOT NULL), "
                   "0) FROM mirror.deals") +
               " | " + list("WHERE missing_since IS NOT NULL", "missing_since") + " | " +
               list("JOIN journal.absence a ON a.row_key = d.id::text", "a.as_of") + " | " +
               std::to_string(loaded.counts.marked_missing) +
               std::to_string(loaded.counts.missing_once) + std::to_string(loaded.notes.size());
    };
    EXPECT_EQ(after(0), "9180.00 0 | - | - | 000");
    EXPECT_EQ(after(1), "9180.00 0 | - | 9712 2 | 011");
    EXPECT_EQ(after(2), "6880.00 2300.00 | 9712 2 | - | 101");
    EXPECT_EQ(after(3), "9180.00 0 | - | - | 000");
    EXPECT_EQ(after(4), "9180.00 0 | - | 9712 5 | 011");
    EXPECT_EQ(after(5), "6880.00 2300.00 | 9712 5 | - | 101");
    EXPECT_EQ(after(6), "6880.00 2300.00 | 9712 5 | 9714 7 | 011");
    EXPECT_EQ(after(7), "6920.00 2300.00 | 9712 5 | - | 000");
    EXPECT_EQ(after(8), "6920.00 2300.00 | 9712 5 | 9714 9 | 011");
    EXPECT_EQ(after(9), "5400.00 3820.00 | 9712 5, 9714 9 | - | 101");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "4");
}

class TakenBack : public Nights {
protected:
    // A run of its own with one body; returns its number.
    std::string run(int export_no, const std::string& plain) {
        begin_run();
        const std::string at = "2026-07-0" + std::to_string(export_no + 1) + " 03:30:00";
        load(window("deals", "2026-06-01", "2026-07-31"), at, plain);
        return std::to_string(run_);
    }
    std::string run(int export_no) {
        return run(export_no, body("24/exports-" + std::to_string(export_no) + "-deals"));
    }
    void take_back(const std::string& run) {
        etl::pg::Transaction transaction(loading_);
        jobs::take_back(loading_, run);
        transaction.commit();
    }
    std::string missing() {
        return value(
            "SELECT coalesce(string_agg(d.number || CASE WHEN m.marked THEN ' marked ' ELSE ' once "
            "' END || to_char(m.since AT TIME ZONE 'Europe/Moscow', 'FMDD'), ', ' ORDER BY 1), "
            "'-') FROM journal.missing_now m JOIN mirror.deals d ON d.id::text = m.row_key");
    }
    std::string open_rejects() {
        return value(
            "SELECT count(*) FILTER (WHERE closed_at IS NULL) || ' of ' || count(*) FROM "
            "journal.reject");
    }
};

TEST_F(TakenBack, WhatWasMissingOnceOrMarkedBeforeARunIsSoAgainWhenTheRunIsTakenBack) {
    run(0);
    run(1);
    EXPECT_EQ(missing(), "9712 once 2");
    const std::string marking = run(2);
    EXPECT_EQ(missing(), "9712 marked 2");
    take_back(marking);
    EXPECT_EQ(missing(), "9712 once 2");
    run(2);
    EXPECT_EQ(missing(), "9712 marked 2");
    const std::string seeing = run(3);
    EXPECT_EQ(missing(), "-");
    take_back(seeing);
    EXPECT_EQ(missing(), "9712 marked 2");
    run(3);
    const std::string lacking = run(4), again = run(5);
    EXPECT_EQ(missing(), "9712 marked 5");
    take_back(lacking);
    EXPECT_EQ(missing(), "-") << "both runs are taken back";
}

TEST_F(TakenBack, ACellThatALaterRunCouldReadIsWrongAgainAndARefusedBodyKeepsItsRejects) {
    std::string bad = body("24/exports-0-deals");
    const std::size_t cost = bad.find("\"2300.00\"");
    ASSERT_NE(cost, std::string::npos);
    bad.replace(cost, 9, "\"много\"");
    run(0, bad);
    EXPECT_EQ(open_rejects(), "1 of 1");
    const std::string good = run(1, body("24/exports-0-deals"));
    EXPECT_EQ(open_rejects(), "0 of 1");
    config_.sync.red_rejects = 0.01;
    std::string refused = body("24/exports-0-deals");
    const std::size_t id = refused.find("\"91209");
    refused.insert(id == std::string::npos ? 0 : id + 1, "x");
    run(2, refused);
    EXPECT_EQ(value("SELECT state FROM journal.export ORDER BY id DESC LIMIT 1"), "refused");
    EXPECT_EQ(value("SELECT rows || ' ' || (reason LIKE '%could not be read%') FROM "
                    "journal.refused_now"),
              "4 true");
    const std::string rejects_of_refused = value(
        "SELECT count(*) FROM journal.reject r JOIN journal.export e ON e.id = r.export_id WHERE "
        "e.state = 'refused'");
    EXPECT_NE(rejects_of_refused, "0");
    take_back(good);
    EXPECT_EQ(value("SELECT count(*) FROM journal.reject WHERE closed_at IS NULL AND raw = "
                    "'много'"),
              "1");
    EXPECT_EQ(value("SELECT count(*) FROM journal.reject r JOIN journal.export e ON e.id = "
                    "r.export_id WHERE e.state = 'refused'"),
              rejects_of_refused);
    EXPECT_EQ(value("SELECT cost FROM mirror.deals WHERE number = '9712'"), "");
    config_.sync.red_rejects = 0.2;
    run(4, body("24/exports-0-deals"));
    EXPECT_EQ(value("SELECT count(*) FROM journal.refused_now"), "0") << "its days were read since";
}

namespace {

// One database of two that get the same bodies of people; in the other a stranger stands in the
// table, so that everybody goes by the stage.
class PeopleOnce {
public:
    explicit PeopleOnce(bool staged) {
        if (staged)
            loading_.execute(
                "INSERT INTO mirror.users (id, row_hash, run_id, export_id, valid_from, "
                "missing_since) VALUES (999999, 0, 0, 0, now(), now())");
    }
    void load(const std::string& resource, const std::string& rows) {
        etl::ExportQuery query;
        query.resource = resource;
        query.group_id = resource == "group_users" ? 1 : 0;
        const std::int64_t run = journal_->begin_run("test", "{}");
        etl::ExportRow row =
            test_support::receive(*journal_, run, query,
                                  R"({"success":true,"info":{"fields":["id","Email","Имя",)"
                                  R"("id групп пользователя/дата добавления"],"items":[)" +
                                      rows + "]}}");
        row.started_at = row.received_at = started_ += std::chrono::hours{1};
        journal_->save(row);
        etl::pg::Transaction transaction(loading_);
        const etl::Loaded loaded = etl::load_export(loading_, *journal_, {}, zone_, run, row, {});
        transaction.commit();
        for (const std::uint64_t figure :
             {loaded.counts.inserted, loaded.counts.duplicate, loaded.counts.nobody,
              loaded.counts.rejects, loaded.counts.memberships})
            said_ += std::to_string(figure) + " ";
    }
    std::string state() {
        loading_.execute("DELETE FROM mirror.users WHERE id = 999999");
        std::string all = said_ + "\n";
        for (const schema::Table* table : {&schema::users(), &schema::memberships()})
            for (const char* where : {"mirror", "history"})
                all += loading_.value(schema::content_hash(*table, where)) + "\n";
        return all + test_support::journal_lines(loading_,
                                                 {"certificate", "reject", "coverage", "absence"});
    }
    std::string value(const std::string& sql) { return loading_.value(sql); }

private:
    test_support::TestDatabase database_;
    etl::Zone zone_{"Europe/Moscow"};
    etl::pg::Connection journal_connection_{database_.url(), "journal"};
    etl::pg::Connection loading_{database_.url(), "load"};
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});
    etl::Instant started_ = *etl::parse_instant("2026-05-10T00:00:00Z");
    std::string said_;
};

std::string people(std::mt19937& random) {
    const char* groups[] = {R"("")",
                            R"("1:2025-12-19, 2")",
                            R"("2:2025-01-02,2:2024-01-02, 3")",
                            R"("1")",
                            R"("VIP")",
                            "null",
                            R"("1:2025-12-20,4:2026-01-01")",
                            R"("3:2025-02-30")"};
    std::string rows;
    for (int id = 1; id <= 40; ++id) {
        if (random() % 4 == 0) continue;
        const std::string who = random() % 15 == 0 ? "-1" : std::to_string(id);
        std::string row = "[" + who + ",\"p" + std::to_string(id) + "@x.ru\",\"Имя\"";
        if (random() % 12 > 0) row += std::string(",") + groups[random() % std::size(groups)];
        rows += (rows.empty() ? "" : ",") + row + "]";
        if (random() % 200 == 0) rows += "," + row + "]";  // a key twice: by the stage
    }
    return rows;
}

}  // namespace

TEST(PeopleOfAFirstLoad, AreTheSameStraightIntoTheirTableAndByTheStage) {
    const char* rounds = std::getenv("GCMIRROR_PEOPLE_ROUNDS");
    int members = 0;
    for (unsigned seed = 0; seed < (rounds != nullptr ? std::stoul(rounds) : 3); ++seed) {
        std::mt19937 random(seed);
        PeopleOnce direct(false), staged(true);
        const bool group_first = seed % 2 == 1;
        const std::string group = people(random), first = people(random);
        for (PeopleOnce* school : {&direct, &staged}) {
            if (group_first) school->load("group_users", group);
            school->load("users", first);
        }
        ASSERT_EQ(direct.state(), staged.state()) << "seed " << seed;
        members += std::stoi(direct.value("SELECT count(*) FROM mirror.memberships"));
        const std::string second = people(random);
        for (PeopleOnce* school : {&direct, &staged}) school->load("users", second);
        ASSERT_EQ(direct.state(), staged.state()) << "seed " << seed << ", second";
    }
    EXPECT_GT(members, 50);  // three rounds make 94
}
