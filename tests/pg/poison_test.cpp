// One odd cell, row or heading costs nothing but itself: the cases of tests/data/poison, loaded
// into PostgreSQL one after the other, with a good night and the same body again behind each.
#include <gtest/gtest.h>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <sstream>

#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "tests/support/database.hpp"
#include "tests/support/fixture_load.hpp"

using Poco::JSON::Array;
using Poco::JSON::Object;
using test_support::read_data;

namespace {

// Column and SQL of "there is nothing in it" for the headings that the cases speak of.
const std::map<std::string, std::string> kColumns = {{"Номер", "number"},
                                                     {"Email", "email"},
                                                     {"Телефон", "phone"},
                                                     {"Дата создания", "created_at"},
                                                     {"Дата оплаты", "paid_at"},
                                                     {"Состав заказа", "content"},
                                                     {"Стоимость, RUB", "cost"},
                                                     {"utm_source", "utm_source"},
                                                     {"Теги", "tags"}};

class Poison : public testing::Test {
protected:
    static etl::ExportQuery query(const std::string& table) {
        etl::ExportQuery question;
        question.resource = table;
        question.filter = "created_at";
        question.from = etl::parse_day("2026-04-01");
        question.to = etl::parse_day("2026-04-30");
        return question;
    }
    etl::Loaded load(const std::string& table, const std::string& body) {
        return test_support::load_body(loading_, *journal_, config_, query(table), body);
    }
    std::string value(const std::string& sql) { return loading_.value(sql); }
    void empty_mirror() {
        loading_.execute(
            "TRUNCATE mirror.deals, mirror.users, mirror.payments, history.deals, history.users, "
            "history.payments, mirror.custom_fields, journal.reject, journal.coverage");
    }
    // The good rows and their money, whatever else there is.
    void expect_good_rows(const std::string& table, const std::string& paid) {
        if (table == "users")
            EXPECT_EQ(value("SELECT count(*) FROM mirror.users WHERE id <= 662070106"), "6");
        else if (table == "payments")
            EXPECT_EQ(value("SELECT count(*) || ' ' || sum(amount) FROM mirror.payments WHERE "
                            "number <= '58706006' AND length(number) = 8"),
                      "6 3602.10");
        else
            EXPECT_EQ(value("SELECT concat_ws(' ', count(*), sum(cost), sum(paid_amount)) FROM "
                            "mirror.deals WHERE id BETWEEN 912060001 AND 912060014"),
                      "14 10504.90 " + paid);
    }
    std::string rejects(const std::string& heading, std::int64_t export_id) {
        return value("SELECT count(*) FROM journal.reject WHERE NOT set_aside AND export_id = " +
                     std::to_string(export_id) + " AND '" + heading +
                     "' IN (heading, heading || ', RUB')");
    }

    test_support::TestDatabase database_;
    etl::Config config_;
    etl::pg::Connection journal_connection_{database_.url(), "journal"};
    etl::pg::Connection loading_{database_.url(), "load"};
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});
};

std::vector<std::string> texts(const Object::Ptr& right, const std::string& name) {
    std::vector<std::string> out;
    if (const Array::Ptr list = right->getArray(name))
        for (const auto& item : *list) out.push_back(item.convert<std::string>());
    return out;
}

bool holds(const Object::Ptr& right, const etl::Loaded& loaded) {
    return right->getValue<std::uint64_t>("loaded") + right->getValue<std::uint64_t>("set_aside") ==
               loaded.counts.rows &&
           right->getValue<std::uint64_t>("set_aside") == loaded.counts.set_aside;
}

// `right`, or that of its alternatives which the load took.
Object::Ptr outcome(const Object::Ptr& right, const etl::Loaded& loaded) {
    const Array::Ptr either = right->getArray("either");
    if (either.isNull()) return right;
    for (std::size_t i = 0; i < either->size(); ++i)
        if (holds(either->getObject(static_cast<unsigned>(i)), loaded))
            return either->getObject(static_cast<unsigned>(i));
    return either->getObject(0);
}

Array::Ptr list_of(const std::string& file) {
    Poco::JSON::Parser parser;
    const auto root = parser.parse(read_data("poison/" + file));
    return root.type() == typeid(Array::Ptr) ? root.extract<Array::Ptr>()
                                             : root.extract<Object::Ptr>()->getArray("cases");
}

std::string number_of(std::size_t i) { return (i < 10 ? "0" : "") + std::to_string(i); }

}  // namespace

TEST_F(Poison, EveryOddBodyCostsNothingButItsOddRow) {
    const Array::Ptr cases = list_of("cases.json");
    ASSERT_EQ(cases->size(), 24u);
    for (std::size_t i = 0; i < cases->size(); ++i) {
        const Object::Ptr given = cases->getObject(static_cast<unsigned>(i));
        SCOPED_TRACE(given->getValue<std::string>("case"));
        const std::string table = given->getValue<std::string>("table");
        const std::string body = read_data("poison/" + number_of(i) + ".json");
        empty_mirror();

        const etl::Loaded first = load(table, body);
        const Object::Ptr right = outcome(given->getObject("right"), first);
        EXPECT_FALSE(first.red) << first.reason;
        EXPECT_TRUE(holds(right, first))
            << first.counts.rows << " rows, " << first.counts.set_aside << " set aside";
        EXPECT_EQ(first.counts.inserted, right->getValue<std::uint64_t>("loaded"));
        expect_good_rows(table, "4902.45");
        EXPECT_EQ(value("SELECT count(*) FROM journal.reject WHERE set_aside"),
                  right->getValue<std::string>("set_aside"));

        // unknown: NULL in the table and kept as a reject
        std::map<std::string, int> unknown;
        for (const std::string& heading : texts(right, "unknown")) ++unknown[heading];
        for (const auto& [heading, count] : unknown) {
            EXPECT_EQ(rejects(heading, first.export_id), std::to_string(count)) << heading;
            EXPECT_GE(value("SELECT count(*) FROM mirror.deals WHERE id > 912060100 AND " +
                            kColumns.at(heading) + " IS NULL"),
                      std::to_string(count));
        }
        if (const Array::Ptr amounts = right->getArray("read_as"))
            for (std::size_t k = 0; k < amounts->size(); ++k)
                EXPECT_EQ(value("SELECT coalesce(max(cost)::text, 'none') FROM mirror.deals WHERE "
                                "id = " +
                                std::to_string(912060121 + k)),
                          amounts->isNull(static_cast<unsigned>(k))
                              ? "none"
                              : amounts->getElement<std::string>(static_cast<unsigned>(k)));
        // repaired_or_unknown: row and column are kept
        for (const std::string& heading : texts(right, "repaired_or_unknown"))
            EXPECT_EQ(rejects(heading, first.export_id), "1") << heading;
        // whole_or_unknown: here always whole
        for (const std::string& heading : texts(right, "whole_or_unknown"))
            EXPECT_GE(std::stoi(value("SELECT max(length(" + kColumns.at(heading) +
                                      "::text)) FROM mirror." + table)),
                      2800)
                << heading;

        if (table != "deals") continue;
        const etl::Loaded next = load("deals", read_data("poison/next_night.json"));
        // A repaired heading is another field than the one that comes right again.
        const bool odd_heading = given->has("headings");
        EXPECT_EQ(next.counts.changed, odd_heading ? 14u : 1u);
        EXPECT_EQ(next.counts.unchanged, odd_heading ? 0u : 13u);
        EXPECT_FALSE(next.red);
        expect_good_rows(table, "5102.80");

        const etl::Loaded again = load(table, body);
        EXPECT_FALSE(again.red);
        EXPECT_EQ(again.counts.set_aside, first.counts.set_aside);
        EXPECT_EQ(again.counts.rejects, first.counts.rejects);
        expect_good_rows(table, "4902.45");
    }
}

TEST_F(Poison, IdsAreExactUpToTheLastOneThatFits) {
    (void)load("deals", read_data("poison/20.json"));

    EXPECT_EQ(value("SELECT max(id) FROM mirror.deals"), "9223372036854775807");
}

TEST_F(Poison, AHeadingThatCannotBeStoredIsRepairedAndItsValuesKept) {
    const etl::Loaded loaded = load("deals", read_data("poison/18.json"));

    EXPECT_EQ(value("SELECT title FROM mirror.custom_fields WHERE name LIKE 'zamet%'"),
              "Замет\uFFFDка \uFFFD");
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE custom->>(SELECT name FROM "
                    "mirror.custom_fields WHERE name LIKE 'zamet%') LIKE 'заметка %'"),
              "14");
    const auto said = [&](const std::string& note) {
        return note.find("held characters that cannot be stored") != std::string::npos;
    };
    EXPECT_TRUE(std::any_of(loaded.notes.begin(), loaded.notes.end(), said));
}

TEST_F(Poison, EveryFormOfAReadyAnswerBringsTheSameRows) {
    const Array::Ptr forms = list_of("ready_forms.json");
    ASSERT_EQ(forms->size(), 15u);
    int full = 0;
    for (std::size_t i = 0; i < forms->size(); ++i) {
        const Object::Ptr form = forms->getObject(static_cast<unsigned>(i));
        if (form->getObject("right")->getValue<std::string>("state") != "ready") continue;
        SCOPED_TRACE(form->getValue<std::string>("case"));
        std::ostringstream body;
        if (form->has("body_raw"))
            body << form->getValue<std::string>("body_raw");
        else
            form->getObject("body")->stringify(body);
        empty_mirror();

        const etl::Loaded loaded = load("deals", body.str());

        EXPECT_FALSE(loaded.red) << loaded.reason;
        const int rows = form->getObject("right")->getValue<int>("rows");
        EXPECT_EQ(loaded.counts.inserted, static_cast<std::uint64_t>(rows));
        if (rows == 0) continue;
        ++full;
        EXPECT_EQ(value("SELECT sum(cost) || ' ' || sum(paid_amount) FROM mirror.deals"),
                  "2345.60 1540.00");
        EXPECT_EQ(
            value(
                "SELECT count(*) FROM mirror.deals WHERE number = '9663' AND paid_amount IS NULL"),
            "1");
        EXPECT_EQ(value("SELECT content FROM mirror.deals WHERE number = '9661'"),
                  "Курс \"Узлы\"\nчасть 2");
        EXPECT_EQ(value("SELECT content FROM mirror.deals WHERE number = '9662'"),
                  "Папка C:\\узлы {[");
    }
    EXPECT_EQ(full, 6);
}
