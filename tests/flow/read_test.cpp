// What has been read and what has not: nights against a stand-in service (fixtures 17, 18, 21, 23).
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "etl/error.hpp"
#include "etl/installation.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "jobs/cli/doctor.hpp"
#include "jobs/cli/explain.hpp"
#include "jobs/cli/status.hpp"
#include "jobs/serve/health.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/database.hpp"
#include "tests/support/moved_clock.hpp"
#include "tests/support/night_calendar.hpp"
#include "tests/support/stand_in_school.hpp"

using namespace std::chrono_literals;
using std::chrono::days;
using test_support::StandInRow;
using test_support::StandInSchool;
using test_support::TestDatabase;

namespace {

etl::Day day(const char* text) { return *etl::parse_day(text); }

class Read : public testing::Test {
protected:
    Read() {
        etl::log::set_level(etl::log::Level::error);
        etl::log::set_sink([](std::string_view) {});
        school_.headings = {
            {"deals",
             {"ID заказа", "Номер", "ID пользователя", "Дата создания", "Дата оплаты", "Статус",
              "Стоимость, RUB", "Оплачено", "Валюта", "Налог", "Менеджер"}},
            {"users", {"id", "Email", "Создан", "Имя"}},
            {"payments", {"Номер", "Заказ", "Дата создания", "Статус", "Сумма"}}};
    }

    etl::Config config() const { return test_support::stand_in_config(database_.settings()); }
    // One run on this day of the account; later runs are later days, or the same.
    int sync(etl::Day today, const etl::Config& with, const jobs::QueryOptions& query = {}) {
        nights_.begin(today);
        school_.starts.clear();
        school_.lists = 0;
        jobs::SyncOptions options;
        options.query = query;
        options.transport = [this] { return school_.transport(); };
        options.day_of = [this](etl::Instant t) { return nights_.day_of(t); };
        std::ostringstream out, err;
        const int code = jobs::run_sync(with, options, out, err, {});
        said_ = out.str();
        return code;
    }
    int sync(const char* today) { return sync(day(today), config()); }

    std::string value(const std::string& sql) const {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }
    void deal(const std::string& name, const std::string& id, const std::string& created,
              const std::string& paid_on, const std::string& status, const std::string& cost,
              const std::string& paid, const std::string& changed) {
        StandInRow row;
        row.cells = {
            {"ID заказа", id},          {"Номер", name},          {"ID пользователя", "662030001"},
            {"Дата создания", created}, {"Дата оплаты", paid_on}, {"Статус", status},
            {"Стоимость, RUB", cost},   {"Оплачено", paid},       {"Валюта", "RUB"}};
        row.days = {{"created_at", created.substr(0, 10)},
                    {"status_changed_at", changed.substr(0, 10)}};
        if (!paid_on.empty()) row.days["payed_at"] = paid_on.substr(0, 10);
        school_.rows["deals"][name] = row;
    }
    void user(const std::string& id, const std::string& created) {
        school_.rows["users"][id] = {
            {{"id", id}, {"Email", id + "@example.com"}, {"Создан", created}, {"Имя", "Имя " + id}},
            {{"created_at", created.substr(0, 10)}}};
    }
    std::string deals() const {
        return value("SELECT count(*) || ' ' || coalesce(sum(paid_amount), 0) FROM mirror.deals");
    }
    std::vector<std::string> asked(const std::string& table) const {
        std::vector<std::string> out;
        for (const StandInSchool::Start& start : school_.starts)
            if (start.table == table)
                out.push_back(start.filter + " " + start.from + ".." + start.to);
        return out;
    }

    // One run on the day on which the clock stands.
    int sync_by_the_clock(const jobs::QueryOptions& query) {
        school_.starts.clear();
        jobs::SyncOptions options;
        options.query = query;
        options.transport = [this] { return school_.transport(); };
        std::ostringstream out, err;
        const int code = jobs::run_sync(config(), options, out, err, {});
        said_ = out.str();
        return code;
    }
    // What a command says of this database.
    std::string printed(const std::function<int(jobs::Context&)>& command) const {
        std::ostringstream out, err;
        const etl::Config with = config();
        jobs::Context context{with, out, err, false, false, {}};
        EXPECT_EQ(command(context), 0);
        return out.str();
    }
    static int explain_newest(jobs::Context& context) { return jobs::run_explain(context, 0); }

    TestDatabase database_ = TestDatabase::with_moved_clock();
    test_support::MovedClock clock_{database_.url()};
    StandInSchool school_;
    test_support::NightCalendar nights_;
    std::string said_;
};

constexpr const char* kNoFile =
    R"({"success":false,"info":[],"error_message":"Файл не создан, попробуйте другой фильтр","error":true,"error_code":910})";
constexpr const char* kNotReady =
    R"({"success":false,"info":[],"error_message":"Файл еще не создан ","error":true,"error_code":909})";

}  // namespace

// Fixture 17.
TEST_F(Read, InAQuietSchoolALatePaymentArrivesAndANightCostsNoMoreThanAnother) {
    user("662030001", "2025-09-15 11:40:00");
    user("662030002", "2026-01-12 11:02:00");
    deal("9300", "912030000", "2025-09-15 12:00:00", "2025-09-15 12:09:00", "Завершен", "5200.00",
         "5200.00", "2025-09-15");
    deal("9301", "912030001", "2026-01-12 11:20:00", "", "Новый", "18400.00", "0.00", "2026-01-12");
    deal("9302", "912030002", "2026-01-19 20:41:00", "2026-01-19 20:55:00", "Завершен", "7300.00",
         "7300.00", "2026-01-19");
    for (etl::Day night = day("2026-01-26"); night <= day("2026-03-27"); night += days{1}) {
        if (night == day("2026-01-28")) {
            school_.rows["deals"]["9300"].cells["Налог"] = "312.00";
            school_.rows["deals"]["9300"].cells["Менеджер"] = "Прохор Низовой / Забота";
        }
        if (night == day("2026-03-27"))
            deal("9301", "912030001", "2026-01-12 11:20:00", "2026-03-26 16:05:00", "Завершен",
                 "18400.00", "18400.00", "2026-03-26");
        ASSERT_EQ(sync(night, config()), 0) << etl::format_day(night) << said_;
        EXPECT_LE(school_.starts.size(), 9u) << etl::format_day(night);
        EXPECT_EQ(school_.lists, 2);
        // What is always empty is read like the rest.
        EXPECT_EQ(value("SELECT count(*) FROM journal.freshness WHERE as_of >= (SELECT started_at "
                        "FROM journal.run ORDER BY id DESC LIMIT 1) AND table_name IN ('deals', "
                        "'users', 'payments', 'groups')"),
                  "4")
            << etl::format_day(night);
        if (night == day("2026-01-26")) {
            EXPECT_EQ(asked("deals"), std::vector<std::string>{"created_at ..2026-01-26"});
        }
        if (night == day("2026-02-27")) {
            EXPECT_EQ(value("SELECT tax FROM mirror.deals WHERE id = 912030000"), "312.00");
        }
        EXPECT_EQ(deals(), night == day("2026-03-27") ? "3 30900.00" : "3 12500.00")
            << etl::format_day(night);
    }
    user("662030003", "2026-03-27 22:15:00");
    deal("9302", "912030002", "2026-01-19 20:41:00", "2026-01-19 20:55:00", "Ожидаем возврата",
         "7300.00", "7300.00", "2026-04-02");
    deal("9303", "912030003", "2026-04-03 18:20:00", "2026-04-03 18:31:00", "Завершен", "4100.00",
         "4100.00", "2026-04-03");
    deal("9304", "912030004", "2026-05-04 08:00:00", "", "Новый", "6600.00", "0.00", "2026-05-04");
    ASSERT_EQ(sync("2026-05-06"), 0) << said_;
    EXPECT_EQ(deals(), "5 35000.00");
    EXPECT_EQ(value("SELECT status FROM mirror.deals WHERE id = 912030002"), "Ожидаем возврата");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "3");
    EXPECT_EQ(asked("deals")[0], "created_at 2026-03-27..2026-05-06");
    EXPECT_EQ(asked("deals")[1], "status_changed_at 2026-03-26..2026-05-06");
    ASSERT_EQ(sync("2026-05-07"), 0) << said_;
    EXPECT_EQ(deals(), "5 35000.00");
    EXPECT_LE(school_.starts.size(), 9u);
    EXPECT_EQ(value("SELECT count(*) FROM history.deals"), "3") << "9300, 9301 and 9302 changed";
}

TEST_F(Read, RowsBeforeABeginThatAPersonSetAreLoadedAndSaid) {
    deal("9000", "912000000", "2014-05-01 10:00:00", "", "Новый", "100.00", "0.00", "2014-05-01");
    deal("9001", "912000001", "2026-01-10 10:00:00", "", "Новый", "200.00", "0.00", "2026-01-10");
    etl::Config with = config();
    with.sync.begin = day("2015-01-01");
    sync(day("2026-01-26"), with);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "2");
    EXPECT_NE(said_.find("[sync] begin"), std::string::npos) << said_;
    sync(day("2026-01-27"), with);
    for (const std::string& window : asked("deals"))
        EXPECT_EQ(window.find("created_at .."), std::string::npos) << "proven once";
}

// Fixture 21: one of the ways, an e-mail that no index takes.
TEST_F(Read, OneOddCellSetsItsBodyAsideAndTheOtherTablesArePublished) {
    user("662030001", "2026-01-12 11:02:00");
    deal("9301", "912030001", "2026-01-12 11:20:00", "", "Новый", "18400.00", "0.00", "2026-01-12");
    ASSERT_EQ(sync("2026-01-26"), 0) << said_;
    // A constraint stands for whatever PostgreSQL may refuse.
    etl::pg::Connection(database_.url(), "test")
        .execute("ALTER TABLE mirror.users ADD CONSTRAINT odd CHECK (email <> 'odd@example.com')");
    user("662030002", "2026-01-26 11:02:00");
    school_.rows["users"]["662030002"].cells["Email"] = "odd@example.com";
    deal("9302", "912030002", "2026-01-26 20:41:00", "", "Новый", "7300.00", "0.00", "2026-01-26");
    EXPECT_EQ(sync("2026-01-27"), 3) << said_;
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "2") << said_;
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM journal.export WHERE state = 'received'"), "0");
    EXPECT_EQ(value("SELECT state || ' ' || (reason LIKE '%users%refused%23514%') FROM journal.run "
                    "ORDER BY id DESC LIMIT 1"),
              "amber true");
    etl::pg::Connection(database_.url(), "test")
        .execute("ALTER TABLE mirror.users DROP CONSTRAINT odd");
    EXPECT_EQ(sync("2026-01-28"), 0) << said_;
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "2");
}

// Fixture 23, `halves`.
TEST_F(Read, TwoHalvesWithoutAFileAreNotHalvedAgain) {
    deal("9671", "912080001", "2026-04-22 12:00:00", "2026-04-22", "Завершен", "2100.00", "2100.00",
         "2026-04-22");
    deal("9672", "912080002", "2026-05-11 17:45:00", "2026-05-11", "Завершен", "1330.00", "1330.00",
         "2026-05-11");
    jobs::QueryOptions window;
    window.resources = {"deals"};
    window.from = day("2026-04-18");
    window.to = day("2026-05-19");
    ASSERT_EQ(sync(day("2026-05-18"), config(), window), 0);
    school_.answer = [](const std::string& path,
                        const StandInSchool::Start*) -> std::optional<std::string> {
        if (path.find("/exports/") != std::string::npos) return kNoFile;
        return std::nullopt;
    };
    EXPECT_EQ(sync(day("2026-05-19"), config(), window), 4);
    int polls = 0;
    for (const StandInSchool::Start& start : school_.starts) polls += start.polls;
    EXPECT_LE(school_.starts.size(), 3u);
    EXPECT_LE(polls, 6);
    EXPECT_EQ(deals(), "2 3430.00");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NOT NULL"), "0");
    deal("9673", "912080003", "2026-05-19 22:05:00", "", "Новый", "450.00", "0.00", "2026-05-19");
    school_.answer = [](const std::string& path,
                        const StandInSchool::Start* start) -> std::optional<std::string> {
        if (path.find("/exports/") != std::string::npos && start->from == "2026-04-18" &&
            start->to == "2026-05-19")
            return kNoFile;
        return std::nullopt;
    };
    EXPECT_EQ(sync(day("2026-05-20"), config(), window), 0) << said_;
    EXPECT_EQ(school_.starts.size(), 3u);
    EXPECT_EQ(deals(), "3 3430.00");
}

// Fixture 23, `never`.
TEST_F(Read, AnExportThatIsNeverReadyIsDroppedOnceItsDaysWereReadByAnother) {
    deal("9671", "912080001", "2026-04-22 12:00:00", "2026-04-22", "Завершен", "2100.00", "2100.00",
         "2026-04-22");
    user("662080001", "2026-04-22 11:50:00");
    std::string never;
    school_.answer = [&](const std::string& path,
                         const StandInSchool::Start* start) -> std::optional<std::string> {
        if (path.find("/exports/") == std::string::npos) return std::nullopt;
        if (never.empty() && start != nullptr && start->table == "deals") never = start->export_id;
        if (!never.empty() && path.find(never) != std::string::npos) return kNotReady;
        return std::nullopt;
    };
    etl::Config hasty = config();
    hasty.pacing.export_deadline = 20ms;
    EXPECT_EQ(sync(day("2026-05-19"), hasty), 4);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "1");
    EXPECT_EQ(value("SELECT state FROM journal.export WHERE service_id = '" + never + "'"), "late");
    EXPECT_EQ(sync(day("2026-05-20"), hasty), 0) << said_;
    EXPECT_EQ(value("SELECT state || ' ' || (reason LIKE 'dropped%') FROM journal.export WHERE "
                    "service_id = '" +
                    never + "'"),
              "refused true");
    EXPECT_EQ(deals(), "1 2100.00");
    const std::string polls =
        "SELECT count(*) FROM journal.request WHERE kind = 'poll' AND what "
        "LIKE '%" +
        never + "%'";
    const std::string before = value(polls);
    EXPECT_EQ(sync(day("2026-05-21"), hasty), 0) << said_;
    EXPECT_EQ(value(polls), before) << "not asked for again";
}

// Fixture 18, all runs: the clock stands where the fixture says.
TEST_F(Read, ARepeatedExportIsAsOldAsItsFirstStartAndAskedForOnceMoreWithAnotherWindow) {
    const auto order = [&](const char* number, const char* created, const char* paid_on,
                           const char* status, const char* cost, bool paid) {
        deal(number, std::string("91204001") + (number[3] == '1' ? '1' : number[3]), created,
             paid_on, status, cost, paid ? cost : "0.00", "2026-05-14");
    };
    std::map<std::string, std::string> given;  // by window, of one day of the account
    std::string first, starts_at;
    bool only_the_first = false;
    school_.repeat = [&](const StandInSchool::Start& start) -> std::optional<std::string> {
        clock_.set(starts_at);
        if (first.empty()) first = start.export_id;
        if (only_the_first) return first;
        const auto [at, fresh] = given.try_emplace(start.from + ".." + start.to, start.export_id);
        starts_at = "2026-05-14 17:40:20";  // of the question after a repeat
        return fresh ? std::nullopt : std::optional(at->second);
    };
    const auto run = [&](const char* moment, const char* from, const char* to) {
        clock_.set(moment);
        starts_at = moment;
        jobs::QueryOptions window;
        window.resources = {"deals"};
        window.from = day(from);
        window.to = day(to);
        return sync_by_the_clock(window);
    };
    const auto state = [&] {
        return deals() + " " + value("SELECT status FROM mirror.deals WHERE number = '9411'") +
               " " +
               value(
                   "SELECT to_char(as_of AT TIME ZONE 'Europe/Moscow', 'MM-DD HH24:MI:SS') FROM "
                   "report.clock") +
               " " +
               value(
                   "SELECT to_char(new_rows_as_of AT TIME ZONE 'Europe/Moscow', 'HH24:MI:SS') "
                   "FROM journal.freshness WHERE table_name = 'deals'");
    };
    order("9411", "2026-05-14 08:31:00", "", "Новый", "3600.00", false);
    order("9412", "2026-05-13 19:00:00", "2026-05-14 08:20:00", "Завершен", "2450.00", true);
    EXPECT_EQ(run("2026-05-14 09:00:00", "2026-05-10", "2026-05-14"), 0) << said_;
    EXPECT_EQ(state(), "2 2450.00 Новый 05-14 09:00:00 09:00:00");
    order("9411", "2026-05-14 08:31:00", "2026-05-14 10:45:00", "Завершен", "3600.00", true);
    order("9413", "2026-05-14 11:50:00", "", "Новый", "1190.00", false);
    EXPECT_EQ(run("2026-05-14 12:10:00", "2026-05-09", "2026-05-14"), 0) << said_;
    EXPECT_EQ(state(), "3 6050.00 Завершен 05-14 12:10:00 12:10:00");
    order("9411", "2026-05-14 08:31:00", "2026-05-14 10:45:00", "Ожидаем возврата", "3600.00",
          true);
    order("9413", "2026-05-14 11:50:00", "2026-05-14 15:05:00", "Завершен", "1190.00", true);
    EXPECT_EQ(run("2026-05-14 17:40:00", "2026-05-10", "2026-05-14"), 0) << said_;
    EXPECT_EQ(asked("deals"), (std::vector<std::string>{"created_at 2026-05-10..2026-05-14",
                                                        "created_at 2026-05-08..2026-05-14"}));
    EXPECT_EQ(state(), "3 7240.00 Ожидаем возврата 05-14 17:40:20 17:40:20");
    const std::string again = "the service gave the export of 2026-05-14 09:00 again";
    EXPECT_NE(said_.find(again), std::string::npos) << said_;
    EXPECT_NE(said_.find("17:40"), std::string::npos) << said_;
    EXPECT_EQ(value("SELECT count(*) FROM journal.export WHERE reason LIKE '%09:00 again%17:40%'"),
              "1");
    for (const auto command : {&jobs::run_status, &explain_newest})
        EXPECT_NE(printed(command).find("2026-05-14 09:00"), std::string::npos) << printed(command);
    only_the_first = true;
    EXPECT_EQ(run("2026-05-14 18:30:00", "2026-05-10", "2026-05-14"), 3) << said_;
    EXPECT_EQ(school_.starts.size(), 2u) << "no third start";
    EXPECT_EQ(state(), "3 7240.00 Ожидаем возврата 05-14 17:40:20 17:40:20");
    only_the_first = false;
    given.clear();
    EXPECT_EQ(run("2026-05-15 09:00:00", "2026-05-10", "2026-05-15"), 0) << said_;
    EXPECT_EQ(said_.find("again"), std::string::npos) << "another day of the account: " << said_;
    EXPECT_EQ(state(), "3 7240.00 Ожидаем возврата 05-15 09:00:00 09:00:00");
    EXPECT_EQ(value("SELECT string_agg(number || ' ' || status || ' ' || to_char(valid_from AT "
                    "TIME ZONE 'Europe/Moscow', 'HH24:MI:SS'), ', ' ORDER BY number, valid_from) "
                    "FROM (SELECT number, status, valid_from FROM mirror.deals UNION ALL SELECT "
                    "number, status, valid_from FROM history.deals) v"),
              "9411 Новый 09:00:00, 9411 Завершен 12:10:00, 9411 Ожидаем возврата 17:40:20, 9412 "
              "Завершен 09:00:00, 9413 Новый 12:10:00, 9413 Завершен 17:40:20");
    EXPECT_EQ(value("SELECT count(*) FROM journal.missing_now"), "0");
}

TEST_F(Read, AnotherSchoolBehindTheSameAddressIsRefusedBeforeAnythingIsLoaded) {
    std::string groups = R"([{"id":11,"name":"A"},{"id":12,"name":"B"}])";
    school_.answer = [&](const std::string& path,
                         const StandInSchool::Start*) -> std::optional<std::string> {
        if (!path.ends_with("/groups")) return std::nullopt;
        return "{\"success\":true,\"info\":" + groups + "}";
    };
    deal("9001", "912000001", "2026-01-10 10:00:00", "", "Новый", "200.00", "0.00", "2026-01-10");
    ASSERT_EQ(sync("2026-01-26"), 0) << said_;
    EXPECT_EQ(value("SELECT groups::text FROM journal.installation"), "{11,12}");
    groups = R"([{"id":12,"name":"B"},{"id":13,"name":"C"}])";  // one made, one deleted
    ASSERT_EQ(sync("2026-01-27"), 0) << said_;
    groups = R"([{"id":91,"name":"A"},{"id":92,"name":"B"}])";
    deal("9001", "912000001", "2026-01-10 10:00:00", "", "Новый", "777.00", "0.00", "2026-01-10");
    for (const char* night : {"2026-01-28", "2026-01-29"}) try {
            sync(night);
            FAIL() << "not refused: " << said_;
        } catch (const etl::Error& error) {
            EXPECT_EQ(error.kind(), etl::Kind::usage);
            EXPECT_NE(std::string(error.what()).find("another school answers"), std::string::npos)
                << error.what();
            EXPECT_NE(error.hint().find("gcmirror db adopt"), std::string::npos);
        }
    EXPECT_TRUE(school_.starts.empty()) << "nothing was asked of it but the list";
    EXPECT_EQ(value("SELECT count(*) FROM mirror.groups WHERE id > 90"), "0");
    etl::pg::Connection connection(database_.url(), "test");
    (void)etl::adopt_database(connection, config());
    ASSERT_EQ(sync("2026-01-30"), 0) << said_;
    EXPECT_EQ(value("SELECT cost FROM mirror.deals"), "777.00");
}

TEST_F(Read, StatusDoctorQualityAndTrustNameWhatIsRefusedOrMissingWithItsReason) {
    deal("9301", "912030001", "2026-01-12 11:20:00", "", "Новый", "18400.00", "0.00", "2026-01-12");
    deal("9302", "912030002", "2026-01-19 20:41:00", "", "Новый", "7300.00", "0.00", "2026-01-19");
    user("662030001", "2026-01-12 11:02:00");
    ASSERT_EQ(sync("2026-01-26"), 0) << said_;
    EXPECT_EQ(printed(&jobs::run_status).find("missing rows"), std::string::npos);
    school_.rows["deals"].erase("9302");
    school_.rows["users"].clear();
    EXPECT_EQ(sync("2026-01-27"), 3) << said_;  // no people where some are known
    const std::string status = printed(&jobs::run_status);
    EXPECT_NE(status.find("missing once"), std::string::npos) << status;
    EXPECT_NE(status.find("912030002"), std::string::npos) << status;
    EXPECT_NE(status.find("refused bodies"), std::string::npos) << status;
    EXPECT_NE(status.find("the answer is not believed"), std::string::npos) << status;
    const auto offline = [](jobs::Context& context) { return jobs::run_doctor(context, true); };
    EXPECT_NE(printed(offline).find("the answer is not believed"), std::string::npos)
        << printed(offline);
    const auto found = [&](const std::string& check) {
        return value("SELECT found FROM report.data_quality WHERE check_name = '" + check + "'");
    };
    EXPECT_EQ(found("rows missing once"), "1");
    EXPECT_EQ(found("orders that vanished"), "0");
    etl::pg::Connection connection(database_.url(), "test");
    const auto trusted = [&] {
        std::string said;
        for (const auto& reason :
             jobs::judge(jobs::read_facts(connection, config(), etl::system_clock()->now()),
                         config())
                 .reasons)
            said += reason.en + "\n";
        return said;
    };
    EXPECT_NE(trusted().find("the answer is not believed"), std::string::npos) << trusted();
    EXPECT_EQ(sync("2026-01-28"), 3) << said_;
    EXPECT_EQ(found("rows missing once"), "0");
    EXPECT_EQ(found("orders that vanished"), "1");
    EXPECT_NE(printed(&jobs::run_status).find("marked missing"), std::string::npos);
    user("662030001", "2026-01-12 11:02:00");
    EXPECT_EQ(sync("2026-01-29"), 0) << said_;
    EXPECT_EQ(printed(&jobs::run_status).find("refused bodies"), std::string::npos);
    EXPECT_EQ(trusted().find("not believed"), std::string::npos) << trusted();
}
