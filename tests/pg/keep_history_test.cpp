// [keep] history: what goes, what never goes, and that nobody takes what is gone for absent. Ten
// years of random nights are loaded into two databases, one of which drops under random policies.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "jobs/sync/analysts.hpp"
#include "jobs/sync/publish.hpp"
#include "jobs/sync/retention.hpp"
#include "jobs/sync/rollback.hpp"
#include "schema/sql.hpp"
#include "tests/support/database.hpp"
#include "tests/support/fixture_load.hpp"

namespace {

using std::chrono::hours;
constexpr hours kDay{24};

struct School {
    test_support::TestDatabase database;
    etl::pg::Connection journal_connection{database.url(), "journal"};
    etl::pg::Connection loading{database.url(), "load"};
    std::unique_ptr<etl::Journal> journal = etl::pg_journal(journal_connection, {});
    std::int64_t run = 0;

    void load(const std::string& resource, const std::string& body, etl::Instant at,
              bool same_run = false) {
        etl::ExportQuery query;
        query.resource = resource;
        if (resource != "groups") {
            query.filter = "created_at";
            query.from = etl::parse_day("2014-01-01");
            query.to = etl::parse_day("2014-12-31");
        }
        if (!same_run || run == 0) run = journal->begin_run("test", "{}");
        etl::ExportRow row = test_support::receive(*journal, run, query, body);
        row.started_at = row.received_at = at;
        journal->save(row);
        const etl::Zone zone("Europe/Moscow");
        etl::pg::Transaction transaction(loading);
        (void)etl::load_export(loading, *journal, config, zone, run, row, {});
        loading.query("UPDATE journal.run SET loaded_at = clock_timestamp() WHERE id = $1",
                      {std::to_string(run)});
        jobs::refresh_facts(loading, run);
        transaction.commit();
    }
    void forget_bodies(etl::Instant before) {
        loading.query(
            "DELETE FROM journal.body b USING journal.export e WHERE e.id = b.export_id AND "
            "e.started_at < $1::timestamptz",
            {etl::format_instant(before)});
    }
    std::int64_t drop(const etl::Config::Keep& keep, etl::Instant now) {
        return jobs::drop_old_versions(loading, keep, {run, now});
    }
    std::string value(const std::string& sql) { return loading.value(sql); }

    etl::Config config;
};

std::string sheet(const std::vector<std::string>& headings,
                  const std::map<int, std::vector<std::string>>& rows) {
    std::string out = "{\"success\":true,\"info\":{\"fields\":[";
    for (std::size_t i = 0; i < headings.size(); ++i)
        out += (i > 0 ? ",\"" : "\"") + headings[i] + "\"";
    out += "],\"items\":[";
    for (const auto& [id, cells] : rows) {
        out += id == rows.begin()->first ? "[" : ",[";
        for (std::size_t i = 0; i < cells.size(); ++i)
            out += (i > 0 ? ",\"" : "\"") + cells[i] + "\"";
        out += "]";
    }
    return out + "]},\"error\":false}";
}

const std::vector<std::string> kDeal = {"ID заказа", "Номер",          "Дата создания",
                                        "Статус",    "Стоимость, RUB", "Оплачено"};
const std::vector<std::string> kUser = {"id", "Email", "Создан",
                                        "id групп пользователя/дата добавления"};
const std::vector<std::string> kPayment = {"Номер",         "Пользователь", "Эл. почта", "Заказ",
                                           "Дата создания", "Статус",       "Сумма"};

// An order whose status and price were others on each day that is named.
class KeptHistory : public testing::Test {
protected:
    void order(const char* day, const std::string& status, const std::string& cost) {
        school_.load("deals",
                     sheet(kDeal, {{1, {"1", "N1", "2014-05-01 10:00:00", status, cost, "0"}}}),
                     at(day));
    }
    static etl::Instant at(const char* day) {
        return etl::Instant(etl::parse_day(day)->time_since_epoch()) + hours{3};
    }
    static etl::Config::Keep keeping(int days, int versions = 0) {
        etl::Config::Keep keep;
        keep.history = kDay * days;
        keep.history_versions = versions;
        return keep;
    }
    void five_states() {
        order("2020-01-01", "Новый", "1");
        order("2021-01-01", "Завершен", "2");
        order("2022-01-01", "Новый", "3");
        order("2023-01-01", "Новый", "4");
        order("2024-01-01", "Новый", "5");
        school_.forget_bodies(at("2024-06-01"));
    }
    std::string costs() {
        return school_.value(
            "SELECT string_agg(cost::int::text, ' ' ORDER BY valid_from) FROM history.deals");
    }
    std::string cost_at(const std::string& moment) {
        return school_.value(
            "SELECT coalesce(max(cost::int::text), 'none') FROM "
            "history.deals_as_of('" +
            moment + "')");
    }
    // SQLSTATE, message and hint of a statement that fails.
    static etl::Error refused(etl::pg::Connection& connection, const std::string& sql) {
        try {
            connection.query(sql);
        } catch (const etl::Error& error) {
            return error;
        }
        return {etl::Kind::unexpected, "nothing was refused"};
    }
    School school_;
};

}  // namespace

TEST_F(KeptHistory, StaysWholeWithoutAPolicy) {
    five_states();
    EXPECT_EQ(school_.drop({}, at("2034-01-01")), 0);
    EXPECT_EQ(costs(), "1 2 3 4");
    EXPECT_EQ(school_.value("SELECT string_agg(dropped_until::text, '') FROM history.horizon"), "");
}

TEST_F(KeptHistory, LosesByAgeWhatEndedLongAgoButNeverTheFirstStateNorThePresentOne) {
    five_states();
    EXPECT_EQ(school_.drop(keeping(300), at("2024-01-02")), 2);
    EXPECT_EQ(costs(), "1 4");
    EXPECT_EQ(school_.value("SELECT cost::int FROM mirror.deals"), "5");
    EXPECT_EQ(school_.value("SELECT versions || ' ' || policy || ' ' || (valid_from AT TIME ZONE "
                            "'UTC') || ' ' || (valid_to AT TIME ZONE 'UTC') FROM "
                            "journal.history_dropped"),
              "2 [keep] history = \"300d\" 2021-01-01 03:00:00 2023-01-01 03:00:00");
    EXPECT_EQ(school_.drop(keeping(300), at("2024-01-02")), 0) << "nothing is left to drop";
}

TEST_F(KeptHistory, LosesByNumberAllButTheNewestAndTheFirst) {
    five_states();
    EXPECT_EQ(school_.drop(keeping(0, 2), at("2024-01-02")), 1);
    EXPECT_EQ(costs(), "1 3 4");
    EXPECT_EQ(school_.drop(keeping(3650, 1), at("2024-01-02")), 1) << "either is enough";
    EXPECT_EQ(costs(), "1 4");
}

TEST_F(KeptHistory, RefusesAMomentThatItNoLongerHoldsAndIsExactBesideIt) {
    five_states();
    school_.drop(keeping(300), at("2024-01-02"));
    EXPECT_EQ(cost_at("2020-06-01"), "1") << "before the first gap";
    EXPECT_EQ(cost_at("2023-01-01 03:00Z"), "4");
    EXPECT_EQ(cost_at("2024-06-01"), "5");
    for (const char* sql : {"SELECT * FROM history.deals_as_of('2021-01-01 03:00Z')",
                            "SELECT count(*) FROM history.deals_as_of('2022-12-31')"}) {
        const etl::Error error = refused(school_.loading, sql);
        EXPECT_EQ(error.sqlstate(), "22008") << error.what();
        EXPECT_NE(std::string(error.what()).find("whole from 2023-01-01 03:00:00"),
                  std::string::npos)
            << error.what();
    }
    etl::pg::Transaction transaction(school_.loading);
    school_.loading.execute("SET LOCAL gcmirror.as_of = '2022-06-01'");
    EXPECT_EQ(school_.value("SELECT count(*) FROM history.users_at"), "0")
        << "of users all is held";
    EXPECT_EQ(refused(school_.loading, "SELECT * FROM history.deals_at WHERE false").sqlstate(), "")
        << "asks for nothing";
    EXPECT_EQ(refused(school_.loading, "SELECT count(*) FROM report.orders").sqlstate(), "22008");
}

TEST_F(KeptHistory, TellsAMaskedLoginThatAMomentIsGoneAsItTellsTheOwner) {
    five_states();
    school_.drop(keeping(300), at("2024-01-02"));
    for (const char* login : {"gcmirror_reader", "gcmirror_masked"}) {
        const std::string orders =
            login == std::string("gcmirror_masked") ? "masked.orders" : "report.orders";
        etl::pg::Transaction transaction(school_.loading);
        school_.loading.execute(std::string("SET LOCAL ROLE ") + login);
        EXPECT_EQ(school_.value("SELECT count(*) FROM " + orders), "1") << login;
        school_.loading.execute("SET LOCAL gcmirror.as_of = '2023-06-01'");
        EXPECT_EQ(school_.value("SELECT cost::int FROM " + orders), "4") << login;
        school_.loading.execute("SET LOCAL gcmirror.as_of = '2022-06-01'");
        const etl::Error error = refused(school_.loading, "SELECT * FROM " + orders);
        EXPECT_EQ(error.sqlstate(), "22008") << login << ": " << error.what();
    }
}

TEST_F(KeptHistory, KeepsEachStatusOfAnOrderThoughItsVersionsAreGone) {
    five_states();
    const std::string statuses =
        "SELECT string_agg(status || ' ' || extract(year FROM since) || '-' || coalesce(extract("
        "year FROM until)::text, ''), ', ' ORDER BY since) FROM history.deal_statuses";
    const std::string changes =
        "SELECT string_agg(day || ' ' || from_status || ' ' || to_status, ', ' ORDER BY day) FROM ";
    const std::string before = school_.value(statuses),
                      changed = school_.value(changes + "history.order_changes");
    EXPECT_EQ(before, "Новый 2020-2021, Завершен 2021-2022, Новый 2022-");
    school_.drop(keeping(1), at("2024-06-02"));
    EXPECT_EQ(costs(), "1 4") << "the newest load can be taken back";
    EXPECT_EQ(school_.value(statuses), before);
    EXPECT_EQ(school_.value(changes + "history.order_changes"), changed);
    EXPECT_EQ(school_.value("SELECT count(*) FROM history.dropped_statuses"), "2")
        << "a version within a status is not needed";
    order("2024-06-03", "Отменен", "6");
    EXPECT_EQ(school_.value(changes + "report.changes"), changed + ", 2024-06-03 Новый Отменен");
}

TEST_F(KeptHistory, HoldsWhatARollbackOfRunsWithKeptBodiesNeedsAndRefusesAnEarlierOne) {
    five_states();
    order("2024-07-01", "Новый", "6");
    const std::string run = std::to_string(school_.run);
    order("2024-08-01", "Новый", "7");
    school_.drop(keeping(1), at("2030-01-01"));
    EXPECT_EQ(costs(), "1 5 6") << "the bodies of July and August are kept";
    const auto take_back = [&](const std::string& since) {
        etl::pg::Transaction transaction(school_.loading);
        jobs::take_back(school_.loading, since);
        transaction.commit();
    };
    try {
        take_back("3");
        ADD_FAILURE() << "rolled back to what is no longer held";
    } catch (const etl::Error& error) {
        EXPECT_EQ(error.kind(), etl::Kind::usage);
        EXPECT_NE(std::string(error.what()).find("cannot be taken back to before run 3"),
                  std::string::npos)
            << error.what();
        EXPECT_NE(error.hint().find("before run 6"), std::string::npos) << error.hint();
    }
    take_back(run);
    EXPECT_EQ(school_.value("SELECT cost::int FROM mirror.deals"), "5");
    EXPECT_EQ(costs(), "1");
}

TEST_F(KeptHistory, AStatementThatFailsDropsNothingAndSaysNothingOfDropping) {
    five_states();
    school_.loading.execute(
        "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no "
        "room'; END $$; CREATE TRIGGER refuse BEFORE INSERT ON journal.history_dropped FOR EACH "
        "ROW EXECUTE FUNCTION pg_temp.refuse()");
    EXPECT_THROW(school_.drop(keeping(300), at("2024-01-02")), etl::Error);
    EXPECT_EQ(costs(), "1 2 3 4");
    EXPECT_EQ(school_.value("SELECT count(*) FROM history.dropped_statuses"), "0");
    school_.loading.execute("DROP TRIGGER refuse ON journal.history_dropped");
    EXPECT_EQ(school_.drop(keeping(300), at("2024-01-02")), 2);
}

TEST_F(KeptHistory, IsDroppedAtTheEndOfANightWhichAFailureOfThatDoesNotCost) {
    five_states();
    const etl::Zone zone("Europe/Moscow");
    etl::Config config;
    config.keep.history = kDay * 300;
    const auto night = [&] {
        const std::int64_t run = school_.journal->begin_run("test", "{}");
        jobs::RunFindings findings;
        jobs::OpenLoad open;
        (void)jobs::publish({config, zone, school_.loading, *school_.journal, run, {}}, findings,
                            open);
    };
    school_.loading.execute("ALTER TABLE journal.history_dropped ADD CHECK (versions < 0)");
    night();
    EXPECT_EQ(costs(), "1 2 3 4");
    school_.loading.execute(
        "ALTER TABLE journal.history_dropped DROP CONSTRAINT history_dropped_versions_check");
    night();
    EXPECT_EQ(costs(), "1") << "the newest load is the one of this night, which ended nothing";
}

TEST_F(KeptHistory, StopsWithinItsTimeAndGoesOnTheNextNight) {
    five_states();
    EXPECT_EQ(jobs::drop_old_versions(school_.loading, keeping(300),
                                      {school_.run, at("2024-01-02"), etl::Duration{-1}}),
              0);
    EXPECT_EQ(costs(), "1 2 3 4");
    EXPECT_EQ(school_.drop(keeping(300), at("2024-01-02")), 2);
}

TEST_F(KeptHistory, KeepsBothStatesOfARowThatChangedTwiceAtOneInstant) {
    order("2020-01-01", "Новый", "1");
    order("2020-01-01", "Новый", "2");  // the first state stood for no time at all
    order("2021-01-01", "Новый", "3");
    order("2021-01-01", "Новый", "4");
    order("2022-01-01", "Новый", "5");
    order("2023-01-01", "Новый", "6");
    school_.forget_bodies(at("2024-06-01"));
    EXPECT_EQ(school_.drop(keeping(1), at("2024-01-02")), 2);
    EXPECT_EQ(costs(), "1 2 5");
    EXPECT_EQ(cost_at("2020-06-01"), "2");
    EXPECT_EQ(cost_at("2022-06-01"), "5");
}

namespace {

// Two schools that live through the same nights; the second never drops anything.
class TenYears {
public:
    explicit TenYears(std::uint64_t seed) : random_(seed) {}

    void live(int nights) {
        const auto step = std::chrono::duration_cast<etl::Duration>(kDay * 3650) / nights;
        for (int i = 0; i < nights && !testing::Test::HasFatalFailure(); ++i) {
            if (below(12) > 0) now_ += step;  // else a second time at the same instant
            moments_.insert(now_);
            night();
            if (i == 5 || below(6) == 0) change_policy();
            if (below(3) == 0) {
                for (School* school : {&keeps_, &twin_})
                    school->forget_bodies(now_ - step * static_cast<int>(1 + below(5)));
            }
            dropped_ += keeps_.drop(keep_, now_);
            ASSERT_EQ(keeps_.drop(keep_, now_), 0) << "what may go goes at once";
            if (below(10) == 0) take_back();
            if (i % 2 == 1) compare();
        }
    }
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }
    [[nodiscard]] int refused() const { return refused_; }
    [[nodiscard]] int equal() const { return equal_; }

private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    std::string any(const std::vector<std::string>& words) { return words[below(words.size())]; }

    void change_policy() {
        keep_ = {};
        if (below(6) == 0) return;
        if (below(3) > 0) keep_.history = kDay * static_cast<int>(30 + below(900));
        if (below(3) == 0) keep_.history_versions = 1 + static_cast<int>(below(4));
    }
    void night() {
        const bool same_run = below(8) == 0;
        const std::string resource = any({"deals", "deals", "users", "payments"});
        auto& rows = rows_[resource];
        for (int id = 1; id <= 12; ++id) {
            if (rows.count(id) > 0 && below(3) > 0) continue;
            if (rows.count(id) == 0 && below(2) == 0) continue;
            rows[id] = row(resource, id);
        }
        if (rows.empty()) return;
        if (below(5) == 0) rows.erase(rows.begin());  // missing once, then marked, then back
        const std::string body = sheet(resource == "deals"   ? kDeal
                                       : resource == "users" ? kUser
                                                             : kPayment,
                                       rows);
        for (School* school : {&keeps_, &twin_}) school->load(resource, body, now_, same_run);
    }
    std::vector<std::string> row(const std::string& resource, int id) {
        const std::string no = std::to_string(id), day = "2014-03-0" + std::to_string(1 + id % 9);
        if (resource == "deals")
            return {no,
                    "N" + no,
                    day + " 10:00:00",
                    any({"Новый", "Завершен", "Отменен"}),
                    std::to_string(below(3)),
                    "0"};
        if (resource == "users")
            return {no, "a" + std::to_string(below(3)) + "@b.ru", day + " 10:00:00",
                    any({"", "7:2014-01-01", "7:2014-01-01, 8:2014-02-01", "8:2014-02-01"})};
        return {no,
                "Анна",
                "a@b.ru",
                "N" + no,
                day + " 11:00:00",
                any({"Получен", "Ожидается"}),
                std::to_string(below(3))};
    }
    void take_back() {
        const std::string run = std::to_string(keeps_.run);
        for (School* school : {&keeps_, &twin_}) {
            etl::pg::Transaction transaction(school->loading);
            jobs::take_back(school->loading, run);
            jobs::refresh_facts(school->loading, std::nullopt);
            transaction.commit();
        }
    }
    // Content at a moment; nothing when it is refused.
    static std::optional<std::string> at(School& school, const std::string& rows) {
        try {
            return school.value(
                "SELECT count(*) || coalesce(md5(string_agg(r, ',' ORDER BY r)), "
                "'') FROM (SELECT t::text AS r FROM " +
                rows + " t) x");
        } catch (const etl::Error& error) {
            EXPECT_EQ(error.sqlstate(), "22008") << error.what();
            return std::nullopt;
        }
    }
    void compare() {
        std::vector<etl::Instant> moments(moments_.begin(), moments_.end());
        for (const schema::Table* table : schema::tables()) {
            const std::string& name = table->name;
            ASSERT_EQ(keeps_.value(schema::content_hash(*table, "mirror")),
                      twin_.value(schema::content_hash(*table, "mirror")));
            for (int i = 0; i < 3; ++i) {
                etl::Instant moment = moments[below(moments.size())];
                if (below(2) == 0) moment += std::chrono::microseconds{-1};
                compare_at(name, etl::format_instant(moment));
            }
            ASSERT_EQ(first_states(keeps_, *table), first_states(twin_, *table)) << name;
        }
        for (const char* view : {"history.deal_statuses", "history.order_changes",
                                 "report.fact_changes", "report.orders"})
            ASSERT_EQ(at(keeps_, view), at(twin_, view)) << view;
    }
    void compare_at(const std::string& name, const std::string& moment) {
        const std::string rows = "history." + name + "_as_of('" + moment + "')";
        const auto held = at(keeps_, rows);
        const bool gone = keeps_.value("SELECT count(*) FROM history.horizon WHERE table_name = '" +
                                       name + "' AND dropped_from <= '" + moment +
                                       "' AND dropped_until > '" + moment + "'") == "1";
        ASSERT_EQ(held.has_value(), !gone) << rows;
        for (School* school : {&keeps_, &twin_})
            school->loading.execute("SET gcmirror.as_of = '" + moment + "'");
        const auto viewed = at(keeps_, "history." + name + "_at");
        const auto whole = at(twin_, "history." + name + "_at");
        for (School* school : {&keeps_, &twin_}) school->loading.execute("RESET gcmirror.as_of");
        ASSERT_EQ(viewed.has_value(), held.has_value()) << rows;
        if (!held) return void(++refused_);
        ++equal_;
        ASSERT_EQ(*held, at(twin_, rows).value()) << rows;
        ASSERT_EQ(*viewed, whole.value()) << rows;
    }
    // Since when each row has been known, by the versions that are left.
    static std::string first_states(School& school, const schema::Table& table) {
        const std::string key = key_columns(table);
        const auto of = [&](const char* where) {
            return "SELECT " + key + ", valid_from FROM " + where + "." + table.name;
        };
        return school.value(
            "SELECT coalesce(string_agg(r::text, ',' ORDER BY r), '') FROM (SELECT " + key +
            ", min(valid_from) FROM (" + of("mirror") + " UNION ALL " + of("history") +
            ") a GROUP BY " + key + ") r");
    }
    static std::string key_columns(const schema::Table& table) {
        std::string out;
        for (const std::string& column : table.key) out += (out.empty() ? "" : ", ") + column;
        return out;
    }

    std::mt19937_64 random_;
    School keeps_, twin_;
    etl::Config::Keep keep_;
    etl::Instant now_ = etl::Instant(etl::parse_day("2015-01-01")->time_since_epoch()) + hours{3};
    std::set<etl::Instant> moments_;
    std::map<std::string, std::map<int, std::vector<std::string>>> rows_;
    std::int64_t dropped_ = 0;
    int refused_ = 0, equal_ = 0;
};

int setting(const char* name, int otherwise) {
    const char* given = std::getenv(name);
    return given == nullptr ? otherwise : std::atoi(given);
}

}  // namespace

TEST(TenYearsOfHistory, IsAtEachMomentThatOfATwinWhichDropsNothingOrRefused) {
    const int seeds = setting("GCMIRROR_KEEP_SEEDS", 1);
    const auto first = static_cast<std::uint64_t>(setting("GCMIRROR_PROPERTY_SEED", 1));
    std::int64_t dropped = 0;
    int refused = 0, equal = 0;
    for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(seeds); ++seed) {
        SCOPED_TRACE("GCMIRROR_PROPERTY_SEED=" + std::to_string(seed));
        TenYears years(seed);
        years.live(40);
        ASSERT_FALSE(HasFatalFailure());
        dropped += years.dropped();
        refused += years.refused();
        equal += years.equal();
    }
    std::cout << dropped << " versions dropped, " << equal << " moments equal, " << refused
              << " refused\n";
    EXPECT_GT(dropped, 20);
    EXPECT_GT(refused, 20);
    EXPECT_GT(equal, 80);
}
