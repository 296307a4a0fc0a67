// Bodies are loaded while the run waits for others: the tables are those of a load at its end, and
// nobody waits for what is open meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <random>
#include <set>
#include <sstream>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "jobs/cli/status.hpp"
#include "jobs/sync/load_slot.hpp"
#include "jobs/sync/publish.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/database.hpp"
#include "tests/support/facts.hpp"
#include "tests/support/fixture_load.hpp"
#include "tests/support/night_calendar.hpp"
#include "tests/support/stand_in_school.hpp"

using namespace std::chrono_literals;
using std::chrono::days;
using test_support::StandInRow;
using test_support::StandInSchool;
using test_support::TestDatabase;

namespace {

etl::Day day(const char* text) { return *etl::parse_day(text); }

// What the log says of bodies loaded while waiting, for tests that wait for it.
class Said {
public:
    Said() = default;
    ~Said() {
        etl::log::set_sink([](std::string_view) {});
        etl::log::set_level(etl::log::Level::error);
    }
    Said(const Said&) = delete;
    Said& operator=(const Said&) = delete;
    void listen() {  // anew
        etl::log::set_level(etl::log::Level::info);
        etl::log::set_sink([this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            if (line.find("\"loaded while waiting\"") != std::string_view::npos) ++loaded_;
            if (line.find("loaded again at the end") != std::string_view::npos) given_up_ = true;
            if (line.find("publishing once more") != std::string_view::npos) ++again_;
            changed_.notify_all();
        });
        const std::lock_guard lock(mutex_);
        loaded_ = again_ = 0;
        given_up_ = false;
    }
    // False when that does not come to pass.
    bool wait_for(int loaded) {
        return wait([&] { return loaded_ >= loaded || given_up_; });
    }
    bool wait_for_giving_up() {
        return wait([&] { return given_up_; });
    }
    int loaded() {
        const std::lock_guard lock(mutex_);
        return loaded_;
    }
    bool given_up() {
        const std::lock_guard lock(mutex_);
        return given_up_;
    }
    int published_again() {
        const std::lock_guard lock(mutex_);
        return again_;
    }

private:
    bool wait(const std::function<bool()>& done) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, done);
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    int loaded_ = 0, again_ = 0;
    bool given_up_ = false;
};

// A school, its mirror, and how its nights load.
class Mirrored {
public:
    explicit Mirrored(std::optional<jobs::LoadAhead::Limits> ahead) : ahead_(ahead) {
        school.headings = {
            {"deals",
             {"ID заказа", "Номер", "ID пользователя", "Дата создания", "Дата оплаты", "Статус",
              "Стоимость, RUB", "Оплачено", "Цвет"}},
            {"users", {"id", "Email", "Создан", "Имя", "id групп пользователя/дата добавления"}},
            {"payments", {"Номер", "Заказ", "Дата создания", "Статус", "Сумма"}}};
        school.answer = [this](const std::string& path, const StandInSchool::Start* start) {
            return answer(path, start);
        };
    }
    etl::Config config() const { return test_support::stand_in_config(database.settings()); }
    int night(etl::Day today) { return night(today, config()); }
    int night(etl::Day today, const etl::Config& with) {
        nights_.begin(today);
        said.listen();
        files = 0;
        jobs::SyncOptions options;
        options.ahead = ahead_;
        options.transport = [this] { return school.transport(); };
        options.day_of = [this](etl::Instant t) { return nights_.day_of(t); };
        std::ostringstream out, err;
        const std::stop_source stop;
        stop_ = stop;
        try {
            return jobs::run_sync(with, options, out, err, stop.get_token());
        } catch (const etl::Error& error) {
            return etl::exit_code(error.kind());
        }
    }
    std::string value(const std::string& sql) const {
        return etl::pg::Connection(database.url(), "test").value(sql);
    }

    TestDatabase database;
    StandInSchool school;
    Said said;
    int files = 0;                            // polls of this night that got one
    int stop_at = 0;                          // the file at which the night is stopped; 0: none
    std::function<void(int file)> meanwhile;  // before the answer with this file
    std::string groups = "[]";

private:
    std::optional<std::string> answer(const std::string& path, const StandInSchool::Start* start) {
        if (path.ends_with("/groups")) return "{\"success\":true,\"info\":" + groups + "}";
        if (start == nullptr || path.find("/exports/") == std::string::npos) return std::nullopt;
        ++files;
        // Two lists came before the first file.
        if (ahead_ && files > 1) {
            EXPECT_TRUE(said.wait_for(2 + files - 1)) << "file " << files;
        }
        if (meanwhile) meanwhile(files);
        if (files == stop_at) stop_.request_stop();
        return std::nullopt;
    }
    std::optional<jobs::LoadAhead::Limits> ahead_;
    test_support::NightCalendar nights_;
    std::stop_source stop_;
};

// All that the mirror and the account of its loads hold, but for moments and numbers of lines.
std::multiset<std::string> content(const Mirrored& mirrored) {
    etl::pg::Connection connection(mirrored.database.url(), "test");
    const auto tables = connection.query(
        "SELECT table_schema, table_name, string_agg(quote_ident(column_name), ', ' ORDER BY "
        "ordinal_position) FROM information_schema.columns c JOIN pg_class k ON k.oid = "
        "(quote_ident(table_schema) || '.' || quote_ident(table_name))::regclass AND k.relkind IN "
        "('r', 'p') WHERE (table_schema IN ('mirror', 'history') OR (table_schema = 'report' AND "
        "table_name LIKE 'fact%') OR (table_schema = 'journal' AND table_name IN ('export', "
        "'reject', 'coverage', 'certificate', 'heading', 'absence', 'absence_ended'))) AND NOT "
        "(table_name = 'fact_changes' AND data_type LIKE 'timestamp%') AND NOT (table_schema = "
        "'journal' AND (data_type LIKE 'timestamp%' OR column_name IN ('polls', "
        "'not_ready') OR (column_name = 'id' AND table_name <> 'export'))) AND column_name NOT IN "
        "('valid_from', 'valid_to', 'as_of', 'missing_since', 'left_seen_at', 'since', 'first_at', "
        "'made_at', 'first_seen', 'seq', 'changed_seq', 'stale_in') AND data_type <> 'bytea' GROUP "
        "BY 1, 2 "
        "ORDER BY 1, 2");
    std::multiset<std::string> lines;
    for (std::size_t i = 0; i < tables.rows(); ++i) {
        const std::string table = tables.text(i, 0) + "." + tables.text(i, 1);
        const auto found =
            connection.query("SELECT regexp_replace(ROW(" + tables.text(i, 2) +
                             ")::text, '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d(?!:)', 'a moment', "
                             "'g') FROM " +
                             table);
        for (std::size_t n = 0; n < found.rows(); ++n) lines.insert(table + " " + found.text(n, 0));
    }
    return lines;
}

// What one has and the other has not.
std::string difference(const std::multiset<std::string>& one,
                       const std::multiset<std::string>& other) {
    std::vector<std::string> only;
    std::set_symmetric_difference(one.begin(), one.end(), other.begin(), other.end(),
                                  std::back_inserter(only));
    std::string text;
    for (const std::string& line : only) text += line + "\n";
    return text;
}

class Ahead : public testing::Test {
protected:
    static void put(StandInSchool& school, const char* table, const std::string& name,
                    std::map<std::string, std::string> cells, const std::string& created,
                    const std::string& changed) {
        StandInRow row;
        row.cells = std::move(cells);
        if (!created.empty()) row.days["created_at"] = created;
        row.days["status_changed_at"] = changed;
        school.rows[table][name] = row;
    }
    // What the day brings: new and changed rows of all tables, some of them odd.
    static void live(Mirrored& mirrored, etl::Day today, unsigned seed, bool odd) {
        std::mt19937 random(seed);
        const std::string date = etl::format_day(today);
        for (int i = 0; i < 12; ++i) {
            const std::string n = std::to_string(1000 + random() % 60);
            const std::string created =
                etl::format_day(today - days{static_cast<int>(random() % 20)});
            const std::string groups =
                random() % 2 == 0 ? "11:2026-02-20" : "11:2026-02-20, 12:2026-02-21";
            put(mirrored.school, "users", n,
                {{"id", n},
                 {"Email", n + "@example.com"},
                 {"Создан", created + " 10:00:00"},
                 {"Имя", "Имя " + std::to_string(random() % 9)},
                 {"id групп пользователя/дата добавления", groups}},
                created, date);
            const bool bad = odd && random() % 3 == 0;
            put(mirrored.school, "deals", n,
                {{"ID заказа", n},
                 {"Номер", n},
                 {"ID пользователя", n},
                 {"Дата создания", created + " 11:00:00"},
                 {"Статус", random() % 2 == 0 ? "Новый" : "Завершен"},
                 {"Стоимость, RUB", bad ? "много" : std::to_string(random() % 900) + ".50"},
                 {"Оплачено", "0.00"},
                 {"Цвет", "цвет " + std::to_string(random() % 5)}},
                created, date);
            put(mirrored.school, "payments", n,
                {{"Номер", n},
                 {"Заказ", n},
                 {"Дата создания", created + " 12:00:00"},
                 {"Статус", "Получен"},
                 {"Сумма", std::to_string(random() % 900) + ".00"}},
                created, date);
        }
    }

    Mirrored ahead_{jobs::LoadAhead::Limits()};
};

// One school told to two mirrors.
class Beside : public Ahead {
protected:
    void both(const std::function<void(Mirrored&)>& act) {
        act(ahead_);
        act(at_the_end_);
    }
    void night(const char* today, int code) {
        EXPECT_EQ(ahead_.night(day(today)), code) << today;
        EXPECT_GT(ahead_.said.loaded(), 3) << today;
        EXPECT_EQ(at_the_end_.night(day(today)), code) << today;
        EXPECT_EQ(at_the_end_.said.loaded(), 0);
        const auto rows = content(ahead_);
        EXPECT_EQ(difference(rows, content(at_the_end_)), "") << today;
        EXPECT_GT(rows.size(), 100u);
    }

    Mirrored at_the_end_{std::nullopt};
};

}  // namespace

TEST_F(Ahead, ABodyIsLoadedBeforeTheNextExportIsReceived) {
    live(ahead_, day("2026-03-01"), 1, false);
    std::vector<int> loaded;
    ahead_.meanwhile = [&](int) { loaded.push_back(ahead_.said.loaded()); };
    EXPECT_EQ(ahead_.night(day("2026-03-01")), 0);
    ASSERT_EQ(loaded.size(), 3u);
    EXPECT_EQ(loaded[0], 0) << "lists alone begin nothing";
    EXPECT_EQ(loaded[1], 3) << "fields, groups, payments";
    EXPECT_EQ(loaded[2], 4);
    EXPECT_FALSE(ahead_.said.given_up());
    EXPECT_NE(ahead_.value("SELECT count(*) FROM mirror.deals"), "0");
}

// With a refused body, bodies that a stopped night left, exports given again, and groups read one
// by one.
TEST_F(Beside, NightsThatLoadWhileTheyWaitLeaveTheSameTablesAsThoseThatLoadAtTheirEnd) {
    const auto lives = [this](const char* today, unsigned seed, bool odd) {
        both([&](Mirrored& one) { live(one, day(today), seed, odd); });
    };
    both([](Mirrored& one) { one.groups = R"([{"id":11,"name":"A"},{"id":12,"name":"B"}])"; });
    lives("2026-03-01", 1, false);
    night("2026-03-01", 0);
    lives("2026-03-02", 2, true);
    night("2026-03-02", 3);
    both([](Mirrored& one) {  // whose rows are none: refused
        for (int i = 0; i < 30; ++i)
            put(one.school, "deals", "none " + std::to_string(i),
                {{"ID заказа", "none"}, {"Номер", std::to_string(i)}}, "", "2026-03-03");
    });
    lives("2026-03-03", 3, false);
    night("2026-03-03", 3);
    EXPECT_EQ(ahead_.value("SELECT count(*) FROM journal.export WHERE state = 'refused'"), "1");
    both([](Mirrored& one) {
        for (int i = 0; i < 30; ++i) one.school.rows["deals"].erase("none " + std::to_string(i));
        one.stop_at = 3;
    });
    lives("2026-03-04", 4, false);
    night("2026-03-04", 8);
    EXPECT_NE(ahead_.value("SELECT count(*) FROM journal.export WHERE state = 'received'"), "0");
    both([](Mirrored& one) { one.stop_at = 0; });
    lives("2026-03-05", 5, false);
    night("2026-03-05", 0);
    EXPECT_EQ(ahead_.value("SELECT count(*) FROM journal.export WHERE state = 'received'"), "0");
    // Asked again on the same day: the first question about orders gets its export of the morning.
    both([](Mirrored& one) {
        one.school.repeat = [morning = one.school.starts,
                             asked = 0](const StandInSchool::Start& start) mutable {
            std::optional<std::string> again;
            for (const StandInSchool::Start& before : morning)
                if (start.table == "deals" && before.table == start.table &&
                    before.filter == start.filter && asked == 0)
                    again = before.export_id;
            asked += again ? 1 : 0;
            return again;
        };
    });
    lives("2026-03-05", 6, false);
    night("2026-03-05", 0);
    EXPECT_EQ(ahead_.value("SELECT count(*) FROM journal.export WHERE repeated"), "1");
    both([](Mirrored& one) {  // people come without their groups: members group by group
        one.school.repeat = nullptr;
        one.school.headings["users"].pop_back();
        one.groups =
            R"([{"id":11,"name":"A","last_added_at":"2026-03-06 01:00:00"},{"id":12,"name":"B","last_added_at":"2026-03-06 02:00:00"}])";
        for (const char* group : {"groups/11/users", "groups/12/users"}) {
            one.school.headings[group] = {"id", "Email", "Добавлен в группу"};
            for (const char* id : {"1001", "1002"})
                one.school.rows[group][id].cells = {{"id", id},
                                                    {"Добавлен в группу", "2026-03-06 01:00:00"}};
        }
    });
    lives("2026-03-06", 7, false);
    night("2026-03-06", 3);
}

// What the dashboard, the commands and people do to a school's database while a night goes on.
TEST_F(Ahead, NobodyWaitsForTheTransactionThatIsOpenMeanwhile) {
    live(ahead_, day("2026-03-01"), 1, false);
    EXPECT_EQ(ahead_.night(day("2026-03-01")), 0);
    live(ahead_, day("2026-03-02"), 2, false);
    int looked = 0;
    ahead_.meanwhile = [&](int file) {
        if (file != 5) return;
        ++looked;
        etl::pg::Connection other(ahead_.database.url(), "test");
        other.execute("SET lock_timeout = '2s'");
        EXPECT_EQ(other.value("SELECT state || ' ' || (backend_xid IS NOT NULL) FROM "
                              "pg_stat_activity WHERE datname = current_database() AND "
                              "application_name = 'gcmirror: load'"),
                  "idle in transaction true");
        // Readers are kept out of nothing; what people write to is not touched.
        EXPECT_EQ(
            other.value("SELECT coalesce(string_agg(c.oid::regclass || ' ' || l.mode, ', '), '') "
                        "FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON "
                        "c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
                        "a.datname = current_database() AND a.application_name = 'gcmirror: load' "
                        "AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND NOT (l.mode = "
                        "'RowExclusiveLock' AND n.nspname IN ('mirror', 'history', 'journal'))"),
            "");
        other.execute(
            "INSERT INTO report.exclusions (kind, value) VALUES ('email_domain', "
            "'example.com')");
        other.execute("UPDATE report.settings SET part_payed_is_won = NOT part_payed_is_won");
        other.execute("UPDATE mirror.custom_fields SET policy = 'freeze'");
        other.execute(
            "CREATE OR REPLACE VIEW report.of_somebody AS SELECT id FROM mirror.deals; "
            "DROP VIEW report.of_somebody");
        EXPECT_NE(other.value("SELECT count(*) FROM report.orders"), "0");
        std::ostringstream out, err;
        const etl::Config with = ahead_.config();
        jobs::Context context{with, out, err, false, false, {}};
        (void)jobs::run_status(context);
        EXPECT_NE(out.str(), "");
    };
    EXPECT_EQ(ahead_.night(day("2026-03-02")), 0);
    EXPECT_EQ(looked, 1);
    EXPECT_FALSE(ahead_.said.given_up());
    etl::pg::Connection connection(ahead_.database.url(), "test");
    EXPECT_EQ(test_support::facts_that_differ(connection), "");
    EXPECT_EQ(ahead_.value("SELECT count(*) FROM mirror.users u WHERE NOT EXISTS (SELECT FROM "
                           "report.fact_excluded e WHERE e.user_id = u.id)"),
              "0");
}

TEST_F(Beside, AConnectionThatBreaksWhileItsTransactionWaitsCostsNothing) {
    for (const int file : {2, 3}) {
        const etl::Day today = day("2026-03-01") + days{file};
        live(ahead_, today, 1, false);
        live(at_the_end_, today, 1, false);
        ahead_.meanwhile = [&](int now) {
            if (now == file) {
                EXPECT_EQ(ahead_.value("SELECT count(pg_terminate_backend(pid, 5000)) FROM "
                                       "pg_stat_activity WHERE datname = current_database() AND "
                                       "application_name = 'gcmirror: load'"),
                          "1");
            }
        };
        EXPECT_EQ(ahead_.night(today), 0) << file;
        EXPECT_EQ(at_the_end_.night(today), 0) << file;
        EXPECT_EQ(difference(content(ahead_), content(at_the_end_)), "") << file;
    }
}

TEST_F(Ahead, ADatabaseThatEndsIdleTransactionsDoesNotEndOurs) {
    etl::pg::Connection(ahead_.database.url(), "test")
        .execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout "
            "= 100', current_database()); IF current_setting('server_version_num')::int >= 170000 "
            "THEN EXECUTE format('ALTER DATABASE %I SET transaction_timeout = 100', "
            "current_database()); END IF; END $$");
    live(ahead_, day("2026-03-01"), 1, false);
    ahead_.meanwhile = [&](int file) {
        if (file == 3) ahead_.value("SELECT pg_sleep(0.4)");  // its time passes
    };
    EXPECT_EQ(ahead_.night(day("2026-03-01")), 0);
    EXPECT_FALSE(ahead_.said.given_up());
    EXPECT_EQ(ahead_.said.published_again(), 0);
}

TEST_F(Ahead, ASchoolOfAFleetThatWaitsForItsServiceLetsOthersLoad) {
    etl::Config with = ahead_.config();
    with.fleet.slots = ahead_.database.folder().string();
    std::filesystem::create_directories(with.fleet.slots);
    with.fleet.loads_at_once = 1;
    live(ahead_, day("2026-03-01"), 1, false);
    int free = 0;
    ahead_.meanwhile = [&](int file) {
        if (file < 2) return;
        const auto clock = etl::system_clock();
        const jobs::LoadSlot slot(
            with.fleet, *clock, {}, [](const std::string&) {}, 5s);
        free += slot.held() ? 1 : 0;
    };
    EXPECT_EQ(ahead_.night(day("2026-03-01"), with), 0);
    EXPECT_EQ(free, 2);
    EXPECT_FALSE(ahead_.said.given_up());
}

namespace {

// One body, without a service.
class OneBody : public testing::Test {
protected:
    OneBody() {
        loading_.reopen_within(10s);
        said_.listen();
        etl::ExportQuery query;
        query.resource = "payments";
        query.filter = "created_at";
        query.from = day("2026-01-01");
        query.to = day("2026-03-01");
        row_ = test_support::receive(*journal_, run_, query, body());
    }
    static std::string body() {
        return R"({"success":true,"info":{"fields":["Номер","Заказ","Дата создания","Статус","Сумма"],"items":[["1","2","2026-02-03 10:00:00","Получен","5.00"]]}})";
    }
    void publish() {
        (void)jobs::publish({config_, zone_, loading_, *journal_, run_, {}}, findings_, open_);
        EXPECT_EQ(value("SELECT count(*) || ' ' || (SELECT count(*) FROM journal.certificate) FROM "
                        "mirror.payments"),
                  "1 1");
        EXPECT_FALSE(open_.transaction);
    }
    std::string value(const std::string& sql) {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }
    [[nodiscard]] std::string state() {
        return value(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND "
            "application_name = 'gcmirror: load'");
    }

    TestDatabase database_;
    Said said_;
    etl::Config config_;
    etl::Zone zone_{"Europe/Moscow"};
    etl::pg::Connection journal_connection_{database_.url(), "journal"};
    etl::pg::Connection loading_{database_.url(), "load"};
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});
    std::int64_t run_ = journal_->begin_run("test", "{}");
    etl::ExportRow row_;
    jobs::RunFindings findings_;
    jobs::OpenLoad open_;
};

}  // namespace

TEST_F(OneBody, WhateverFailsOfWhatWasLoadedBeforeIsDoneAnew) {
    open_.load({config_, zone_, loading_, *journal_, run_, {}}, row_);
    EXPECT_EQ(state(), "idle in transaction");
    EXPECT_THROW(loading_.execute("SELECT 1 / 0"), etl::Error);
    publish();
    EXPECT_EQ(said_.published_again(), 1);
}

TEST_F(OneBody, WhatWasLoadedStaysWithItsTransactionUntilItIsPublished) {
    jobs::LoadAhead ahead(config_, zone_, loading_, run_, {}, open_, {});
    ahead.received(row_);
    ASSERT_TRUE(said_.wait_for(1));
    ahead.finish();
    EXPECT_EQ(open_.loaded.size(), 1u);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.payments"), "0");
    publish();
    EXPECT_EQ(said_.published_again(), 0);
}

TEST_F(OneBody, ATransactionIsNotLeftOpenForLong) {
    for (const jobs::LoadAhead::Limits limits :
         {jobs::LoadAhead::Limits{1ms, 1h}, jobs::LoadAhead::Limits{1h, 1ms}}) {
        said_.listen();
        jobs::LoadAhead ahead(config_, zone_, loading_, run_, {}, open_, limits);
        ahead.received(row_);
        ASSERT_TRUE(said_.wait_for_giving_up());
        ahead.finish();
        EXPECT_EQ(said_.loaded(), 1);
        EXPECT_EQ(state(), "idle");
    }
    publish();
}

TEST_F(OneBody, ABodyThatIsOlderThanOneLoadedIsLoadedInItsOrder) {
    jobs::LoadAhead ahead(config_, zone_, loading_, run_, {}, open_, {});
    ahead.received(row_);
    ASSERT_TRUE(said_.wait_for(1));
    const auto older = [&](std::chrono::hours by) {
        etl::ExportRow row = test_support::receive(*journal_, run_, row_.query, body());
        row.started_at = *row_.started_at - by;
        journal_->save(row);
        return row;
    };
    const etl::ExportRow first = older(1h);
    ahead.received(first);
    ASSERT_TRUE(said_.wait_for(3)) << "both anew";
    EXPECT_FALSE(said_.given_up());
    const etl::ExportRow before_first = older(2h);
    ahead.received(before_first);
    ASSERT_TRUE(said_.wait_for_giving_up()) << "not again and again";
    ahead.finish();
    EXPECT_EQ(state(), "idle");
    const jobs::Published published =
        jobs::publish({config_, zone_, loading_, *journal_, run_, {}}, findings_, open_);
    std::vector<std::int64_t> order;
    for (const etl::Loaded& one : published.loaded) order.push_back(one.export_id);
    EXPECT_EQ(order, (std::vector{before_first.id, first.id, row_.id}));
}

TEST_F(OneBody, AConnectionThatBreaksIsOpenedAnewWhileTheRunStillWaits) {
    jobs::LoadAhead ahead(config_, zone_, loading_, run_, {}, open_, {});
    ahead.received(row_);
    ASSERT_TRUE(said_.wait_for(1));
    EXPECT_EQ(value("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE "
                    "datname = current_database() AND application_name IN ('gcmirror: load', "
                    "'gcmirror: bodies')"),
              "2");
    ahead.received(test_support::receive(*journal_, run_, row_.query, body()));
    ASSERT_TRUE(said_.wait_for(3)) << "both anew";
    ahead.finish();
    EXPECT_FALSE(said_.given_up());
    EXPECT_EQ(open_.loaded.size(), 2u);
    EXPECT_EQ(state(), "idle in transaction");
}
