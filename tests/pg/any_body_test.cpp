// The property behind tests/data/poison: whatever stands in a cell, a heading, a group or a field,
// a load never ends with an error of the database, and the good body behind it loads as ever.
// GCMIRROR_PROPERTY_BODIES and GCMIRROR_PROPERTY_SEED: how many bodies, and which.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>

#include "etl/api.hpp"
#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "jobs/sync/rollback.hpp"
#include "schema/sql.hpp"
#include "schema/text.hpp"
#include "tests/support/database.hpp"
#include "tests/support/facts.hpp"
#include "tests/support/fixture_load.hpp"

using test_support::read_data;

namespace {

constexpr std::uint64_t kBodies = 100;  // some 10 s; more with GCMIRROR_PROPERTY_BODIES

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* given = std::getenv(name);
    return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

// Makes answers in the service's shape with anything inside.
class Chaos {
public:
    explicit Chaos(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t n) { return random_() % n; }

    std::string text() {
        static const std::vector<std::string> kPieces = {"a",
                                                         "Курс",
                                                         "ЇЖ",
                                                         "🌸",
                                                         "\\ud83d\\ude00",
                                                         "\\ud83d",
                                                         "\\udc4d",
                                                         "\\u0000",
                                                         "\\u0001",
                                                         "\\x41",
                                                         "\\u12",
                                                         "\\n",
                                                         "\\\\",
                                                         "\\\"",
                                                         "\xFF",
                                                         "\xD0",
                                                         "\xED\xA0\x80",
                                                         "\xC0\xAF",
                                                         "\xF4\x90\x80\x80",
                                                         "\x01",
                                                         "\n",
                                                         "\t",
                                                         " ",
                                                         "\xC2\xA0",
                                                         "%",
                                                         "'",
                                                         "{",
                                                         "}",
                                                         "[",
                                                         "],",
                                                         "@example.com",
                                                         "2026-04-10 15:00:00",
                                                         "0001-01-01",
                                                         "12,000",
                                                         "99999999999999.99 руб.",
                                                         "-7",
                                                         "79000000000",
                                                         "4512019:2026-04-01",
                                                         "Завершен",
                                                         "\\u0301",
                                                         "|",
                                                         "\\.",
                                                         "\\N"};
        std::string out = "\"";
        for (std::uint64_t n = below(6); n > 0; --n) out += kPieces[below(kPieces.size())];
        if (below(40) == 0) out += std::string(below(12000), static_cast<char>('a' + below(26)));
        if (below(60) == 0)
            for (std::uint64_t n = below(4000); n > 0; --n)
                out += static_cast<char>('a' + below(26));
        return out + "\"";
    }
    std::string value(int depth = 0) {
        static const std::vector<std::string> kWords = {"null",
                                                        "true",
                                                        "false",
                                                        "0",
                                                        "-0",
                                                        "1e999",
                                                        "1E+5",
                                                        "1.5",
                                                        "9223372036854775807",
                                                        "9223372036854775808",
                                                        "123456789012345678901234567890",
                                                        "9999999999999999",
                                                        "0.1e-400"};
        if (below(400) == 0) return below(2) == 0 ? "0123" : "tru";  // no JSON at all
        const std::uint64_t kind = below(10);
        if (kind < 6 || depth > 6) return text();
        if (kind < 8) return kWords[below(kWords.size())];
        std::string out = kind == 8 ? "[" : "{";
        for (std::uint64_t n = below(4); n > 0; --n) {
            if (out.size() > 1) out += ",";
            if (kind == 9) out += text() + ":";
            out += value(depth + 1);
        }
        if (below(200) == 0) out += std::string(3000, '[') + std::string(3000, ']');
        return out + (kind == 8 ? "]" : "}");
    }
    std::string list(std::uint64_t size, const std::function<std::string()>& item) {
        std::string out = "[";
        for (std::uint64_t i = 0; i < size; ++i) out += (i > 0 ? "," : "") + item();
        return out + "]";
    }
    std::string body(const std::vector<std::string>& known) {
        std::vector<std::string> headings;
        for (const std::string& heading : known) {
            if (below(30) != 0 || heading == known[0]) headings.push_back("\"" + heading + "\"");
            if (below(12) == 0) headings.push_back(below(4) == 0 ? value() : text());
        }
        std::size_t at = 0;
        const std::string fields = list(headings.size(), [&] { return headings[at++]; });
        return "{\"success\":true,\"info\":{\"fields\":" + fields +
               ",\"items\":" + list(1 + below(20), [&] { return row(headings.size()); }) + "}}";
    }
    std::string objects(const std::vector<std::string>& keys) {
        return "{\"success\":true,\"info\":" +
               list(1 + below(8),
                    [&] {
                        std::string out = "{";
                        for (const std::string& key : keys)
                            out += (out.size() > 1 ? ",\"" : "\"") + key + "\":" +
                                   (key == "id" && below(4) != 0 ? std::to_string(below(100))
                                                                 : value());
                        return out + "}";
                    }) +
               "}";
    }

private:
    std::string row(std::size_t columns) {
        if (below(40) == 0) return value();
        bool first = true;
        return list(columns - (below(20) == 0 ? 1 : 0) + (below(20) == 0 ? 1 : 0), [&] {
            if (!std::exchange(first, false)) return value();
            return below(15) == 0 ? value() : "\"" + std::to_string(1 + below(1000)) + "\"";
        });
    }

    std::mt19937_64 random_;
};

// A database of its own and what loads into it.
struct School {
    test_support::TestDatabase database;
    etl::pg::Connection journal_connection{database.url(), "journal"};
    etl::pg::Connection loading{database.url(), "load"};
    std::unique_ptr<etl::Journal> journal = etl::pg_journal(journal_connection, {});
};

class AnyBody : public testing::Test {
protected:
    static etl::ExportQuery query(const std::string& resource) {
        etl::ExportQuery question;
        question.resource = resource;
        if (resource == "groups" || resource == "fields") return question;
        question.filter = "created_at";
        question.from = etl::parse_day("2026-04-01");
        question.to = etl::parse_day("2026-04-30");
        return question;
    }
    // As the sync does it: what the poll does not take for a table is not loaded.
    bool load(const std::string& resource, const std::string& body) {
        const bool is_list = resource == "groups" || resource == "fields";
        etl::Response response;
        response.status = 200;
        etl::SheetScanner scanner(nullptr);
        scanner.feed(body);
        const etl::Answer answer =
            etl::decode(is_list ? etl::Asked::list : etl::Asked::poll, response, scanner.finish());
        if (!std::holds_alternative<etl::Ready>(answer) &&
            !std::holds_alternative<etl::Listed>(answer))
            return false;
        (void)test_support::load_body(school_->loading, *school_->journal, config_, query(resource),
                                      body);
        return true;
    }
    void expect_a_good_night() {
        const etl::Loaded loaded =
            test_support::load_body(school_->loading, *school_->journal, config_, query("deals"),
                                    read_data("poison/next_night.json"));
        ASSERT_FALSE(loaded.red) << loaded.reason;
        EXPECT_EQ(loaded.counts.set_aside, 0u);
        EXPECT_EQ(school_->loading.value(
                      "SELECT concat_ws(' ', count(*), sum(cost), sum(paid_amount)) FROM "
                      "mirror.deals WHERE id BETWEEN 912060001 AND 912060014 AND "
                      "missing_since IS NULL"),
                  "14 10504.90 5102.80");
    }

    etl::Config config_;
    std::optional<School> school_;
};

const std::map<std::string, std::vector<std::string>> kHeadings = {
    {"deals",
     {"ID заказа", "Номер", "ID пользователя", "Пользователь", "Email", "Телефон", "Дата создания",
      "Дата оплаты", "Состав заказа", "Статус", "Стоимость, RUB", "Оплачено", "Заметка", "Опрос",
      "utm_source", "Теги"}},
    {"users",
     {"id", "Email", "Создан", "Имя", "Телефон", "Дата рождения", "Опрос", "utm_source",
      "id групп пользователя/дата добавления"}},
    {"payments",
     {"Номер", "Пользователь", "Эл. почта", "Заказ", "Дата создания", "Статус", "Сумма"}}};

}  // namespace

TEST_F(AnyBody, NeverEndsWithAnErrorAndTheNextGoodOneLoads) {
    const std::uint64_t seed = setting("GCMIRROR_PROPERTY_SEED", std::random_device{}());
    const std::uint64_t bodies = setting("GCMIRROR_PROPERTY_BODIES", kBodies);
    Chaos chaos(seed);
    std::uint64_t loaded = 0;
    for (std::uint64_t i = 0; i < bodies; ++i) {
        // odd headings become columns for good: one school with thousands measures nothing new
        if (i % 100 == 0) school_.emplace();
        const std::uint64_t kind = chaos.below(8);
        const std::string resource = kind == 0   ? "groups"
                                     : kind == 1 ? "fields"
                                     : kind < 5  ? "deals"
                                     : kind < 7  ? "users"
                                                 : "payments";
        const std::string body =
            kind == 0   ? chaos.objects({"id", "name", "last_added_at"})
            : kind == 1 ? chaos.objects({"id", "type", "title", "context_type", "field_order_pos"})
                        : chaos.body(kHeadings.at(resource));
        try {
            loaded += load(resource, body) ? 1 : 0;
        } catch (const std::exception& error) {
            FAIL() << "GCMIRROR_PROPERTY_SEED=" << seed << ", body " << i << " of " << resource
                   << ": " << error.what() << "\n"
                   << schema::cut(body, 3000);
        }
        if (i % 50 == 49) expect_a_good_night();
        if (HasFatalFailure()) return;
    }
    expect_a_good_night();
    std::cout << loaded << " of " << bodies << " random bodies were tables and loaded; seed "
              << seed << '\n';
    EXPECT_GT(loaded, bodies / 2);
}

namespace {

// Days of a small school: rows change, come, go and come twice, columns come and go, somebody
// changes the tables by hand, runs are taken back. Each body goes to two databases; the second
// forgets before each what bytes it has read, so that it reads every row.
class TwoSchools {
public:
    explicit TwoSchools(std::uint64_t seed) : chaos_(seed) {}

    void day() {
        const std::uint64_t kind = below(10);
        const std::string resource = kind < 5 ? "deals" : kind < 8 ? "users" : "payments";
        Rows& rows = rows_[resource];
        if (below(3) > 0) change(resource, rows);  // else the very body of before
        if (below(12) == 0) lacking_ = below(4);
        const std::string body = body_of(resource, rows);
        const etl::Zone zone(below(15) == 0 ? "Asia/Almaty" : "Europe/Moscow");
        if (below(9) == 0) by_hand();
        if (below(15) == 0) take_back();
        started_ += std::chrono::hours{below(20) == 0 ? -30 : 7};
        const std::string one = load(reading_bytes_, resource, body, zone);
        reading_all_.loading.execute("TRUNCATE journal.raw_row");
        const std::string other = load(reading_all_, resource, body, zone);
        learnable_ += learned(reading_all_);
        ASSERT_EQ(one, other) << resource << ": " << body;
        ASSERT_EQ(state(reading_bytes_), state(reading_all_)) << resource << ": " << body;
    }
    // A body of three orders, one of which changed since the one before.
    void little(int n) {
        const auto& headings = kHeadings.at("deals");
        Rows rows;
        for (int id = 1; id <= 3; ++id) {
            rows[id].assign(headings.size(), quoted(""));
            rows[id][0] = std::to_string(id);
            rows[id][6] = quoted("2026-04-10 10:00:00");  // in the window
            rows[id][1] = quoted(std::to_string(n < id ? 0 : n - (n - id) % 3));
        }
        started_ += std::chrono::hours{7};
        load(reading_bytes_, "deals", body_of("deals", rows, false), etl::Zone("Europe/Moscow"));
    }
    // As an earlier version left them: many rows of few entries.
    void scatter_memory() {
        reading_bytes_.loading.execute(
            "INSERT INTO journal.raw_row (table_name, reading, run_id, export_id, rows, entries) "
            "SELECT table_name, reading, run_id, export_id, rows, entries FROM (SELECT * FROM "
            "journal.raw_row ORDER BY id DESC LIMIT 1) r, generate_series(1, 100)");
    }
    // Rows of journal.raw_row that a load reads, at most.
    std::int64_t parts_of_memory() {
        return reading_bytes_.loading
            .query(
                "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM journal.raw_row "
                "GROUP BY table_name, reading) t")
            .number(0, 0);
    }
    // Rows remembered anew, so read: with the memory, and by the school that always forgets.
    std::int64_t read_with_memory() { return learned(reading_bytes_); }
    [[nodiscard]] std::int64_t read_without() const { return learnable_; }

private:
    using Rows = std::map<int, std::vector<std::string>>;  // id -> cells as JSON
    std::uint64_t below(std::uint64_t n) { return chaos_.below(n); }

    static std::int64_t learned(School& school) {
        return school.loading.query("SELECT coalesce(sum(rows), 0) FROM journal.raw_row")
            .number(0, 0);
    }
    static std::string quoted(const std::string& text) { return "\"" + text + "\""; }

    std::string cell(const std::string& heading) {
        if (below(80) == 0) return chaos_.text();
        const auto number = [&](std::uint64_t most) { return std::to_string(below(most)); };
        if (heading == "Статус")
            return quoted(below(3) == 0 ? "Завершен" : below(9) == 0 ? "Странный" : "Новый");
        if (heading == "Стоимость, RUB" || heading == "Оплачено" || heading == "Сумма")
            return quoted(number(9) + " " + number(900) +
                          (below(4) == 0    ? " USD"
                           : below(30) == 0 ? " x"
                                            : ",50"));
        if (heading == "Создан" || heading == "Дата создания")
            return quoted("2026-04-" + std::to_string(10 + below(15)) + " 10:00:00");
        if (heading == "Дата рождения") return quoted(below(30) == 0 ? "30.02.2000" : "01.02.2000");
        if (heading.starts_with("id групп"))
            return quoted(below(4) == 0 ? "" : number(3) + "7:2026-04-01, 99:2026-04-02");
        if (heading == "Email") return quoted("a" + number(50) + "@example.com");
        return below(5) == 0 ? "null" : quoted(number(4));
    }
    void change(const std::string& resource, Rows& rows) {
        const auto& headings = kHeadings.at(resource);
        for (int id = 1; id <= 25; ++id) {
            std::vector<std::string>& row = rows[id];
            if (row.empty()) {
                row.push_back(below(2) == 0 ? std::to_string(id) : quoted(std::to_string(id)));
                for (std::size_t i = 1; i < headings.size(); ++i) row.push_back(cell(headings[i]));
            }
            if (below(20) == 0) {
                const std::size_t at = 1 + below(headings.size() - 1);
                row[at] = cell(headings[at]);
            }
        }
        if (below(4) == 0) rows.erase(1 + static_cast<int>(below(25)));
    }
    std::string body_of(const std::string& resource, const Rows& rows, bool odd = true) {
        const auto& headings = kHeadings.at(resource);
        // The last columns may be away; sometimes two change places.
        const std::size_t columns = headings.size() - lacking_;
        const bool swapped = lacking_ == 3;
        const auto line = [&](const std::vector<std::string>& cells) {
            std::string out;
            for (std::size_t i = 0; i < columns; ++i)
                out += (i > 0 ? "," : "") + cells[swapped && (i == 3 || i == 4) ? 7 - i : i];
            return "[" + out + "]";
        };
        std::vector<std::string> titles;
        for (const std::string& heading : headings) titles.push_back(quoted(heading));
        std::string items;
        for (const auto& [id, cells] : rows) {
            items += (items.empty() ? "" : ",") + line(cells);
            if (odd && below(40) == 0) items += "," + line(cells);
            if (odd && below(600) == 0) items += R"(,["x"],[],7)";
        }
        return R"({"success":true,"info":{"fields":)" + line(titles) + R"(,"items":[)" + items +
               R"(]},"error":false})";
    }
    void in_both(const std::string& sql) {
        for (School* school : {&reading_bytes_, &reading_all_}) school->loading.execute(sql);
    }
    void by_hand() {
        switch (below(4)) {
            case 0:
                return in_both("UPDATE mirror.deals SET cost = cost + 1 WHERE id % 5 = 1");
            case 1:
                return in_both("DELETE FROM mirror.payments WHERE number = '7'");
            case 2:
                return in_both("UPDATE mirror.users SET email = 'x' WHERE id % 7 = 1");
            default:
                return in_both(
                    "UPDATE mirror.custom_fields SET policy = CASE policy WHEN "
                    "'evolve' THEN 'quarantine' ELSE 'evolve' END WHERE position = 1");
        }
    }
    void take_back() {
        for (School* school : {&reading_bytes_, &reading_all_}) {
            const std::string run =
                school->loading.value("SELECT coalesce(max(id), 0) FROM journal.run");
            etl::pg::Transaction transaction(school->loading);
            jobs::take_back(school->loading, run);
            transaction.commit();
        }
    }
    // What became of it, in words.
    std::string load(School& school, const std::string& resource, const std::string& body,
                     const etl::Zone& zone) {
        etl::ExportQuery query;
        query.resource = resource;
        query.filter = "created_at";
        query.from = etl::parse_day("2026-04-01");
        query.to = etl::parse_day("2026-04-30");
        const std::int64_t run = school.journal->begin_run("test", "{}");
        etl::ExportRow row = test_support::receive(*school.journal, run, query, body);
        row.started_at = row.received_at = started_;
        school.journal->save(row);
        etl::pg::Transaction transaction(school.loading);
        const etl::Loaded loaded =
            etl::load_export(school.loading, *school.journal, config_, zone, run, row, {});
        transaction.commit();
        const etl::LoadCounts& c = loaded.counts;
        std::string said = loaded.reason;
        for (const std::uint64_t figure :
             {c.rows, c.inserted, c.changed, c.unchanged, c.duplicate, c.set_aside, c.older,
              c.nobody, c.rejects, c.new_rejects, c.memberships, c.missing_once, c.marked_missing})
            said += " " + std::to_string(figure);
        for (const std::string& note : loaded.notes) said += "\n" + note;
        for (const std::string& warning : loaded.warnings) said += "\n! " + warning;
        return said;
    }
    static std::string state(School& school) {
        std::string all;
        for (const schema::Table* table : schema::tables()) {
            for (const char* where : {"mirror", "history"})
                all += school.loading.value(schema::content_hash(*table, where)) + " ";
            all += school.loading.value("SELECT coalesce(sum(row_hash::numeric), 0) FROM mirror." +
                                        table->name) +
                   "\n";
        }
        return all + test_support::journal_lines(
                         school.loading,
                         {"certificate", "reject", "coverage", "absence", "absence_ended"});
    }

    Chaos chaos_;
    School reading_bytes_, reading_all_;
    etl::Config config_;
    std::map<std::string, Rows> rows_;
    std::size_t lacking_ = 0;
    etl::Instant started_ = *etl::parse_instant("2026-05-10T00:00:00Z");
    std::int64_t learnable_ = 0;
};

}  // namespace

TEST(RowsKnownByTheirBytes, AreRememberedInFewRowsHoweverManyBodiesBringLittle) {
    TwoSchools schools(1);
    for (int n = 1; n <= 40; ++n) schools.little(n);
    EXPECT_LE(schools.parts_of_memory(), 32);
    EXPECT_EQ(schools.read_with_memory(), 42);  // three at first, then one a body: none is lost
    schools.scatter_memory();
    for (int n = 41; n <= 45; ++n) schools.little(n);
    EXPECT_LE(schools.parts_of_memory(), 32);
    EXPECT_EQ(schools.read_with_memory(), 42 + 100 + 5);
}

TEST(RowsKnownByTheirBytes, LeaveEverythingAsReadingEveryRowDoes) {
    const std::uint64_t seed = setting("GCMIRROR_PROPERTY_SEED", std::random_device{}());
    TwoSchools schools(seed);
    const std::uint64_t days = setting("GCMIRROR_PROPERTY_DAYS", 40);
    for (std::uint64_t i = 0; i < days; ++i) {
        schools.day();
        if (testing::Test::HasFatalFailure())
            FAIL() << "GCMIRROR_PROPERTY_SEED=" << seed << ", day " << i;
    }
    EXPECT_LT(schools.read_with_memory(), schools.read_without()) << seed;
    std::cout << schools.read_with_memory() << " of " << schools.read_without()
              << " rows had to be read; seed " << seed << '\n';
}
