// Issue 16, "Done when": sixty nights over a school that begins years after [sync] begin. Rows
// come, change with and without a sign, and go; nobody asks for 40 days; columns are away and come
// back partly emptied; exports are given again, of the day and of days before. At the end every
// table equals the service's bodies row by row and column by column, read by SQL alone
// (tests/data/sixty_nights); history says only what happened; the query of the README proves what
// it claims.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <set>
#include <sstream>

#include "etl/json.hpp"
#include "etl/log.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/facts.hpp"
#include "tests/support/moved_clock.hpp"
#include "tests/support/stand_in_school.hpp"

using namespace std::chrono_literals;
using std::chrono::days;
using test_support::StandInRow;
using test_support::StandInSchool;

namespace {

constexpr int kNights = 60, kSweep = 10, kPauseNight = 33, kPause = 40;
const char* const kGroups = "id групп пользователя/дата добавления";

std::string sql(const std::string& file) {
    return test_support::read_data("sixty_nights/" + file + ".sql");
}

// A school whose every change is kept with its moment, for the test to read afterwards.
class SchoolOfRecord {
public:
    SchoolOfRecord(const std::string& url, StandInSchool& school) : school_(school), clock_(url) {}

    void at(const std::string& local) {
        clock_.set(local);
        today_ = local.substr(0, 10);
    }
    void add(const std::string& table, const std::string& key, const std::string& created,
             std::map<std::string, std::string> cells) {
        const std::string moment = clock_.now();
        lives_.push_back({table, key, created.substr(0, 10), moment, ""});
        for (const auto& [heading, value] : cells)
            changes_.push_back({table, key, heading, moment, value});
        StandInRow row{std::move(cells), {{"created_at", created.substr(0, 10)}}};
        if (table != "users") row.days["status_changed_at"] = today_;
        school_.rows[table][key] = std::move(row);
    }
    void edit(const std::string& table, const std::string& key, const std::string& heading,
              const std::string& value) {
        school_.rows[table].at(key).cells[heading] = value;
        changes_.push_back({table, key, heading, clock_.now(), value});
    }
    // The change shows by this filter from today on.
    void sign(const std::string& table, const std::string& key, const std::string& filter) {
        school_.rows[table].at(key).days[filter] = today_;
    }
    void remove(const std::string& table, const std::string& key) {
        school_.rows[table].erase(key);
        for (Line& life : lives_)
            if (life[0] == table && life[1] == key) life[4] = clock_.now();
    }
    void write(etl::pg::Connection& connection) const {
        connection.query(
            "INSERT INTO service.change SELECT l->>0, l->>1, l->>2, "
            "(l->>3)::timestamptz, l->>4 FROM jsonb_array_elements($1::jsonb) l",
            {json(changes_)});
        connection.query(
            "INSERT INTO service.life SELECT l->>0, l->>1, (l->>2)::date, "
            "(l->>3)::timestamptz, nullif(l->>4, '')::timestamptz FROM "
            "jsonb_array_elements($1::jsonb) l",
            {json(lives_)});
        for (const char* table : {"deals", "users", "payments"})
            connection.query("INSERT INTO service.body SELECT $1, $2::jsonb -> 'info'",
                             {table, school_.table({table, "created_at", "", "", "", 0})});
    }

private:
    using Line = std::vector<std::string>;
    static std::string json(const std::vector<Line>& lines) {
        std::string out = "[";
        for (const Line& line : lines) {
            out += out.size() > 1 ? ",[" : "[";
            for (const std::string& text : line)
                out += (out.back() == '[' ? "" : ",") + etl::json_string(text);
            out += "]";
        }
        return out + "]";
    }

    StandInSchool& school_;
    test_support::MovedClock clock_;
    std::string today_;
    std::vector<Line> changes_;  // table, key, heading, since, value
    std::vector<Line> lives_;    // table, key, day of creation, since, until
};

class SixtyNights : public testing::Test {
protected:
    SixtyNights() {
        etl::log::set_level(etl::log::Level::error);
        etl::log::set_sink([](std::string_view) {});
        etl::pg::Connection migrating = connection();
        etl::migrate(migrating);
        migrating.execute(sql("service"));
        const auto headings =
            connection().query("SELECT table_name, heading FROM service.reading ORDER BY place");
        for (std::size_t i = 0; i < headings.rows(); ++i) {
            auto& list = all_[headings.text(i, 0)];
            if (list.empty() || list.back() != headings.text(i, 1))
                list.push_back(headings.text(i, 1));
        }
        school_.answer = [this](const std::string& path, const StandInSchool::Start*) {
            return lists(path);
        };
        school_.repeat = [this](const StandInSchool::Start& start) { return repeated(start); };
        config_ = test_support::stand_in_config(database_.settings());
        config_.getcourse.account = "sixty";
        config_.sync.begin = etl::parse_day("2015-01-01");
        config_.sync.sweep = 24h * kSweep;
    }
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    etl::pg::Connection connection() const {
        etl::pg::Connection connection(database_.url(), "test");
        connection.execute("SET timezone = 'Europe/Moscow'");
        return connection;
    }
    std::string time(etl::Day day, int hour) {
        return etl::format_day(day) + (hour < 10 ? " 0" : " ") + std::to_string(hour) + ":" +
               std::to_string(10 + pick(50)) + ":" + std::to_string(10 + pick(50));
    }

    // The lists of the service: groups with whoever joined last, fields of orders and people.
    std::optional<std::string> lists(const std::string& path) const {
        if (path.ends_with("/fields"))
            return R"({"success":true,"info":[{"id":11900301,"type":"string","title":"Канал","context_type":"deal"},{"id":11900302,"type":"date","title":"Дата звонка","context_type":"deal"},{"id":10558674,"type":"string","title":"Ваш ник в Telegram","context_type":"user"}]})";
        if (!path.ends_with("/groups")) return std::nullopt;
        std::string list;
        for (const auto& [id, joined] : last_added_)
            list += (list.empty() ? "" : ",") + std::string("{\"id\":") + id +
                    ",\"name\":\"Группа " + id +
                    "\",\"last_added_at\":" + (joined.empty() ? "null" : "\"" + joined + "\"") +
                    "}";
        return "{\"success\":true,\"info\":[" + list + "]}";
    }
    // The service answers a question that it has seen on the same day with the export it made then;
    // on a mean day, every question about orders with an export of some day before.
    std::optional<std::string> repeated(const StandInSchool::Start& start) {
        if (restless_ && pick(6) == 0) pay(1 + pick(last_));  // the school does not stand still
        if (mean_ && start.table == "deals") return old_deals_;
        const auto [at, fresh] = given_.try_emplace(
            start.table + start.filter + start.from + ".." + start.to, start.export_id);
        if (start.table == "deals" && start.filter == "created_at" && fresh)
            newest_deals_ = start.export_id;
        return fresh ? std::nullopt : std::optional(at->second);
    }

    int sync() {
        school_.starts.clear();
        jobs::SyncOptions options;
        options.transport = [this] { return school_.transport(); };
        std::ostringstream out, err;
        const int code = jobs::run_sync(config_, options, out, err, {});
        said_ = out.str();
        return code;
    }

    void order(etl::Day created);
    void pay(int n);
    void refund(int n);
    void edit_without_a_sign(int n);
    void join(int n, const std::string& group);
    void leave(int n, const std::string& group);
    void remove(int n);
    void live(etl::Day day, int hour, int left);
    void layout(int night);
    [[nodiscard]] std::string differences(const std::string& query,
                                          const std::vector<etl::pg::Param>& params = {}) const;
    [[nodiscard]] std::string claims_differ(const std::string& table, etl::Day last) const;

    std::string deal(int n) const { return std::to_string(912000000 + n); }
    std::string user(int n) const { return std::to_string(662000000 + n); }
    std::string payment(int n) const { return std::to_string(31200000 + n); }
    [[nodiscard]] bool there(const char* table, const std::string& key) const {
        const auto found = school_.rows.find(table);
        return found != school_.rows.end() && found->second.contains(key);
    }

    test_support::TestDatabase database_ = test_support::TestDatabase::with_moved_clock();
    StandInSchool school_;
    SchoolOfRecord record_{database_.url(), school_};
    std::map<std::string, std::vector<std::string>> all_;  // headings by table
    std::map<std::string, std::string> last_added_ = {
        {"4612030", ""}, {"4612031", ""}, {"4612032", ""}};
    std::map<std::string, std::string> given_;  // export ids of the day, by question
    std::string newest_deals_, old_deals_;
    bool mean_ = false, restless_ = false;
    etl::Day day_{};  // of what happens
    std::mt19937 random_{20261126};
    int last_ = 0;  // number of the newest order and person
    etl::Config config_;
    std::string said_;
};

void SixtyNights::order(etl::Day created) {
    const std::string n = std::to_string(++last_), name = "Имя" + n + " Фамилия" + n;
    const std::string at = time(created, 10), cost = std::to_string(1000 + pick(9000));
    record_.add("users", user(last_), at,
                {{"id", user(last_)},
                 {"Email", " Mail" + n + "@Example.com"},
                 {"Создан", at},
                 {"Тип регистрации", "Форма"},
                 {"Имя", "Имя" + n},
                 {"Фамилия", "Фамилия" + n},
                 {"Телефон", "8 (900) 000-" + std::to_string(1000 + last_)},
                 {"Дата рождения", "1990-05-" + std::to_string(10 + pick(15))},
                 {"Возраст", "36"},
                 {"Город", "Казань"},
                 {"Ваш ник в Telegram", "@nick" + n},
                 {"utm_source", "vk"},
                 {"ФИО менеджера", "Олег Северный"},
                 {kGroups, ""}});
    record_.add("deals", deal(last_), at,
                {{"ID заказа", deal(last_)},
                 {"Номер", n},
                 {"ID пользователя", user(last_)},
                 {"Пользователь", name},
                 {"Email", "Mail" + n + "@Example.com"},
                 {"Дата создания", at},
                 {"Состав заказа", "Курс «Таблицы» (тариф \"Базовый\")"},
                 {"Статус", "Новый"},
                 {"Стоимость, RUB", cost + ".00"},
                 {"Оплачено", "0.00"},
                 {"Налог", n + ".50"},
                 {"Заработано", cost + ",25"},
                 {"Валюта", "RUB"},
                 {"Менеджер", "Роза Полева / Забота"},
                 {"Канал", "сайт"},
                 {"Дата звонка", "2026-01-15"},
                 {"utm_medium", "cpc"},
                 {"Теги", R"(["горячий","новый"])"},
                 {"user_utm_source", "vk"}});
    record_.add(
        "payments", payment(last_), at,
        {{"Номер", payment(last_)},
         {"Пользователь", name},
         {"Эл. почта", "Mail" + n + "@Example.com"},
         {"Заказ", n},
         {"Дата создания", at},
         {"Тип", "Банк"},
         {"Статус", "Ожидается"},
         {"Сумма", cost.substr(0, cost.size() - 3) + " " + cost.substr(cost.size() - 3) + " руб."},
         {"Комиссии", "34,65 руб."},
         {"Название", "Курс"}});
}

void SixtyNights::pay(int n) {
    if (!there("deals", deal(n)) || !there("payments", payment(n))) return;
    const std::string cost = school_.rows["deals"].at(deal(n)).cells["Стоимость, RUB"];
    record_.edit("deals", deal(n), "Статус", "Завершен");
    record_.edit("deals", deal(n), "Оплачено", cost);
    record_.edit("deals", deal(n), "Дата оплаты", time(day_, 11));
    record_.sign("deals", deal(n), "status_changed_at");
    record_.sign("deals", deal(n), "payed_at");
    record_.edit("payments", payment(n), "Статус", "Получен");
    record_.sign("payments", payment(n), "status_changed_at");
}

void SixtyNights::refund(int n) {
    if (!there("deals", deal(n)) || !there("payments", payment(n))) return;
    record_.edit("deals", deal(n), "Статус", "Ожидаем возврата");
    record_.sign("deals", deal(n), "status_changed_at");
    record_.edit("payments", payment(n), "Статус", "Возвращен");
    record_.sign("payments", payment(n), "status_changed_at");
}

void SixtyNights::edit_without_a_sign(int n) {
    const bool empty = pick(2) == 0;
    const auto change = [&](const char* table, const std::string& key, const char* heading,
                            const std::string& value) {
        if (there(table, key)) record_.edit(table, key, heading, empty ? "" : value);
    };
    switch (pick(7)) {
        case 0:
            return change("deals", deal(n), "Налог", std::to_string(pick(90)) + ".50");
        case 1:
            return change("deals", deal(n), "Менеджер", "Семён Лесной / Забота");
        case 2:
            return change("deals", deal(n), "Канал", "почта " + std::to_string(pick(9)));
        case 3:
            return change("deals", deal(n), "Теги",
                          R"(["тёплый","тег )" + std::to_string(pick(9)) + "\"]");
        case 4:
            return change("users", user(n), "Город", "Тула " + std::to_string(pick(9)));
        case 5:
            return change("users", user(n), "Ваш ник в Telegram",
                          "@new" + std::to_string(pick(99)));
        default:
            return change("payments", payment(n), "Комиссии", std::to_string(pick(90)) + ",5 руб.");
    }
}

void SixtyNights::join(int n, const std::string& group) {
    if (!there("users", user(n))) return;
    const std::string held = school_.rows["users"].at(user(n)).cells[kGroups];
    if (held.find(group) != std::string::npos) return;
    const std::string at = time(day_, 11);
    record_.edit("users", user(n), kGroups,
                 held + (held.empty() ? "" : ", ") + group + ":" + at.substr(0, 10));
    StandInRow member = school_.rows["users"].at(user(n));
    member.cells["ID группы"] = group;
    member.cells["Добавлен в группу"] = at;
    member.days = {{"added_at", at.substr(0, 10)}};
    school_.rows["groups/" + group + "/users"][user(n)] = member;
    last_added_[group] = std::max(last_added_[group], at);
}

void SixtyNights::leave(int n, const std::string& group) {
    if (!there("users", user(n))) return;
    std::string left, held = school_.rows["users"].at(user(n)).cells[kGroups];
    std::istringstream parts(held);
    for (std::string part; std::getline(parts >> std::ws, part, ',');)
        if (!part.starts_with(group)) left += (left.empty() ? "" : ", ") + part;
    if (left != held) record_.edit("users", user(n), kGroups, left);
    school_.rows["groups/" + group + "/users"].erase(user(n));
}

void SixtyNights::remove(int n) {
    const std::vector<std::pair<const char*, std::string>> rows = {
        {"deals", deal(n)}, {"payments", payment(n)}, {"users", user(n)}};
    const auto& [table, key] = rows[static_cast<std::size_t>(pick(3))];
    if (there(table, key)) record_.remove(table, key);
    if (std::string(table) == "users")
        for (const auto& [group, at] : last_added_)
            school_.rows["groups/" + group + "/users"].erase(key);
}

// What people do on a day; `left`: days until the last night.
void SixtyNights::live(etl::Day day, int hour, int left) {
    day_ = day;
    record_.at(etl::format_day(day) + " " + std::to_string(hour) + ":00:00");
    for (int i = pick(3); i > 0; --i) order(day);
    for (int i = pick(3); i > 0; --i) pay(1 + pick(last_));
    if (pick(4) == 0) refund(1 + pick(last_));
    if (pick(2) == 0) join(1 + pick(last_), std::to_string(4612030 + pick(3)));
    // What shows by no filter is seen when the sweep comes round.
    if (left <= kSweep + 1) return;
    for (int i = pick(4); i > 0; --i) edit_without_a_sign(1 + pick(last_));
    if (pick(4) == 0) leave(1 + pick(last_), std::to_string(4612030 + pick(3)));
    if (pick(10) == 0) order(etl::Day{2023y / 5 / 1} + days{pick(900)});  // backdated
    // A row that is gone, when it comes round twice.
    if (left > 2 * kSweep + 4 && pick(9) == 0) remove(1 + pick(last_));
}

// Columns that the exports of this night have.
void SixtyNights::layout(int night) {
    school_.headings = all_;
    const auto away = [&](const char* table, const std::vector<const char*>& headings) {
        for (const char* heading : headings) std::erase(school_.headings[table], heading);
    };
    if (night >= 14 && night <= 16) away("deals", {"Налог", "Менеджер", "Канал"});
    if (night >= 15 && night <= 17) away("users", {kGroups});
    if (night == 40 || night == 41) away("payments", {"Комиссии"});
    if (night == 41) away("deals", {"Теги", "Дата звонка"});
    std::vector<std::string> members = school_.headings["users"];
    std::erase(members, kGroups);
    for (const char* heading : {"ID группы", "Добавлен в группу"}) members.push_back(heading);
    for (const auto& [group, at] : last_added_)
        school_.headings["groups/" + group + "/users"] = members;
}

std::string SixtyNights::differences(const std::string& query,
                                     const std::vector<etl::pg::Param>& params) const {
    const auto found = connection().query(query, params);
    std::string text;
    for (std::size_t i = 0; i < found.rows(); ++i) text += found.text(i, 0) + "\n";
    return text;
}

// The README's own query, for another table and all days of this school.
std::string SixtyNights::claims_differ(const std::string& table, etl::Day last) const {
    std::string readme = test_support::read_data("../../README.md");
    const std::size_t from = readme.find("    SELECT d::date AS day");
    EXPECT_NE(from, std::string::npos);
    std::string query = readme.substr(from, readme.find(';', from) - from);
    const auto replace = [&](const std::string& what, const std::string& by) {
        const std::size_t at = query.find(what);
        ASSERT_NE(at, std::string::npos) << what << " in " << query;
        query.replace(at, what.size(), by);
    };
    replace("'deals'", "'" + table + "'");
    replace("date '2026-11-01'", "date '2023-01-01'");
    replace("date '2026-11-30'", "date '" + etl::format_day(last) + "'");
    connection().execute("DROP TABLE IF EXISTS service.claim; CREATE TABLE service.claim AS " +
                         query);
    // Nothing is left unclaimed but the last night's own day, which went on.
    EXPECT_EQ(connection().value("SELECT string_agg(day::text, ' ' ORDER BY day) FROM "
                                 "service.claim WHERE as_of IS NULL"),
              etl::format_day(last))
        << table;
    return differences(sql("claims_differ"), {table});
}

}  // namespace

TEST_F(SixtyNights, EndWithTablesHistoryAndCoverageThatEqualWhatTheServiceHoldsAndHeld) {
    constexpr int kSecondRuns = 9;  // every so many nights there is one in the afternoon, too
    const std::set<int> amber = {14, 15, 16, 17, 22, 40, 41, 46}, mean = {22, 46};
    etl::Day night_day{2026y / 1 / 26};
    const etl::Day last = night_day + days{kNights - 2 + kPause};
    record_.at("2026-01-25 12:00:00");
    for (int i = 0; i < 90; ++i) order(etl::Day{2023y / 3 / 1} + days{pick(1060)});
    std::size_t exports = 0;
    for (int night = 0; night < kNights; ++night) {
        if (night > 0) {
            const etl::Day before = night_day;
            night_day += days{night == kPauseNight ? kPause : 1};
            for (etl::Day day = before; day < night_day; day += days{1})
                live(day, 18, static_cast<int>((last - day).count()));
        }
        day_ = night_day;
        record_.at(etl::format_day(night_day) + " 03:30:00");
        layout(night);
        given_.clear();
        mean_ = mean.contains(night);
        old_deals_ = newest_deals_;
        restless_ = night + 1 < kNights;
        const int code = sync();
        EXPECT_EQ(code, amber.contains(night) ? 3 : 0) << night << ": " << said_;
        exports += school_.starts.size();
        for (const StandInSchool::Start& start : school_.starts)
            EXPECT_TRUE(night == 0 || !start.from.empty()) << night << ": begin is proven once";
        if (night % kSecondRuns != 4) continue;
        live(night_day, 12, static_cast<int>((last - night_day).count()));
        record_.at(etl::format_day(night_day) + " 15:00:00");
        EXPECT_EQ(sync(), amber.contains(night) ? 3 : 0) << night << ": " << said_;
    }
    ASSERT_EQ(night_day, last);
    RecordProperty("exports", static_cast<int>(exports));
    etl::pg::Connection writing = connection();
    record_.write(writing);
    EXPECT_EQ(differences(sql("tables_differ")), "");
    writing.execute(sql("versions"));
    EXPECT_EQ(differences(sql("history_differs")), "");
    for (const char* table : {"deals", "users", "payments"})
        EXPECT_EQ(claims_differ(table, last), "") << table;
    EXPECT_EQ(test_support::facts_that_differ(writing), "");
    // That these comparisons had something to compare.
    EXPECT_GT(std::stoi(writing.value("SELECT count(*) FROM history.deals")), 60);
    EXPECT_GT(std::stoi(writing.value("SELECT count(*) FROM history.memberships")), 0);
    EXPECT_GT(std::stoi(writing.value("SELECT count(*) FROM service.life WHERE until IS NOT NULL")),
              2);
    EXPECT_GT(std::stoi(writing.value("SELECT count(*) FROM journal.export WHERE repeated")), 20);
}
