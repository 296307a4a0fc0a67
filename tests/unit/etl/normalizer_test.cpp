#include "etl/normalizer.hpp"

#include <gtest/gtest.h>

#include "etl/raw_rows.hpp"

using namespace etl;

namespace {

const Zone& moscow() {
    static const Zone zone("Europe/Moscow");
    return zone;
}

// One row through the normalizer: its COPY line, result and rejects.
struct Normalized {
    std::string line;
    RowResult result;
    std::vector<Reject> rejects;
};

Normalized normalize(const schema::Table& table, const std::vector<std::string>& headings,
                     const std::string& raw) {
    const schema::Layout layout = schema::assign(table, headings, {}, {});
    Normalized out;
    Normalizer normalizer(table, layout, moscow(),
                          [&](Reject reject) { out.rejects.push_back(std::move(reject)); });
    RowParser parser;
    EXPECT_TRUE(parser.parse(raw));
    out.result = normalizer.row(1, parser.cells(), out.line);
    return out;
}

}  // namespace

TEST(Normalizer, WritesTypedColumnsDerivedOnesAndCustomFields) {
    const Normalized n = normalize(
        schema::deals(),
        {"ID заказа", "Номер", "Email", "Телефон", "Дата создания", "Статус", "Стоимость, RUB",
         "Валюта", "Мой цвет", "Теги"},
        R"(["731","0007","A@B.ru","8(900)000-00-11","2026-09-03 14:05:00","Завершён","12 000,00","","синий",["a,b","c"]])");
    EXPECT_EQ(
        n.line,
        "731\t0007\tA@B.ru\ta@b.ru\t8(900)000-00-11\t79000000011\t2026-09-03 "
        "11:05:00+00\tЗавершён\tpayed\t12000.00\tRUB\t{\"a,b\",\"c\"}\t{\"moy_tsvet\":\"синий\"}");
    EXPECT_TRUE(n.rejects.empty());
}

TEST(Normalizer, ABadCellIsNullWithARejectAndTheRowGoesOn) {
    const Normalized n = normalize(schema::deals(), {"ID заказа", "Дата создания", "Стоимость"},
                                   R"(["1","31.02.2026","-"])");
    EXPECT_EQ(n.line, "1\t\\N\t\\N");
    ASSERT_EQ(n.rejects.size(), 2u);
    EXPECT_EQ(n.rejects[0].reason, "no such date");
    EXPECT_EQ(n.rejects[1].reason, "not money");
    EXPECT_EQ(n.rejects[1].raw, "-");
}

TEST(Normalizer, TheHashKnowsTheSetOfColumnsAndDoesNotCareForTheirOrder) {
    const auto a =
        normalize(schema::deals(), {"ID заказа", "Номер", "Мой цвет"}, R"(["1","7","red"])");
    const auto b =
        normalize(schema::deals(), {"ID заказа", "Мой цвет", "Номер"}, R"(["1","red","7"])");
    const auto wider = normalize(schema::deals(), {"ID заказа", "Номер", "Новое", "Мой цвет"},
                                 R"(["1","7","","red"])");
    const auto without = normalize(schema::deals(), {"ID заказа", "Номер"}, R"(["1","7"])");
    const auto emptied =
        normalize(schema::deals(), {"ID заказа", "Номер", "Мой цвет"}, R"(["1","7",""])");
    const auto c =
        normalize(schema::deals(), {"ID заказа", "Номер", "Мой цвет"}, R"(["1","7","blue"])");
    EXPECT_EQ(a.result.row_hash, b.result.row_hash);
    EXPECT_NE(a.result.row_hash, c.result.row_hash);
    EXPECT_NE(a.result.row_hash, wider.result.row_hash);
    EXPECT_NE(without.result.row_hash, emptied.result.row_hash);  // absent is not empty
    EXPECT_EQ(a.result.key_hash, c.result.key_hash);
    EXPECT_EQ(a.result.key_hash, key_hash({"1"}));
}

TEST(Normalizer, RowsWithoutKeyAreSetAsideAndRowsOfNobodyAreNoFault) {
    const Normalized keyless = normalize(schema::users(), {"id", "Email"}, R"(["","x@y"])");
    EXPECT_EQ(keyless.result.outcome, RowResult::Outcome::set_aside);
    EXPECT_EQ(keyless.line, "");
    ASSERT_FALSE(keyless.rejects.empty());
    EXPECT_EQ(keyless.rejects.back().reason, "no key");
    EXPECT_TRUE(keyless.rejects.back().set_aside);
    const Normalized nobody = normalize(schema::users(), {"id", "Email"}, R"(["-1","x@y"])");
    EXPECT_EQ(nobody.result.outcome, RowResult::Outcome::nobody);
    EXPECT_EQ(nobody.line, "");
    EXPECT_TRUE(nobody.rejects.empty());
}

TEST(Normalizer, ShortAndLongRowsAreLoadedByTheCellsTheyHave) {
    const Normalized s = normalize(schema::users(), {"id", "Email", "Имя"}, R"(["5","x@y"])");
    EXPECT_EQ(s.line, "5\tx@y\tx@y\t\\N");
    EXPECT_EQ(s.rejects.at(0).reason, "short row");
    const Normalized l = normalize(schema::users(), {"id", "Email"}, R"(["5","x@y","more"])");
    EXPECT_EQ(l.line, "5\tx@y\tx@y");
    EXPECT_EQ(l.rejects.at(0).reason, "long row");
    EXPECT_EQ(l.rejects.at(0).raw, "more");
}

TEST(Normalizer, GroupsThatCannotBeReadAreUnknownAndNotNone) {
    const std::vector<std::string> headings = {"id", "id групп пользователя/дата добавления"};
    EXPECT_EQ(normalize(schema::users(), headings, R"(["5","7:2026-01-02, 8"])").line,
              "5\t{7,8}\t{2026-01-02,NULL}");
    EXPECT_EQ(normalize(schema::users(), headings, R"(["5",""])").line, "5\t{}\t{}");
    EXPECT_EQ(normalize(schema::users(), headings, R"(["5","VIP"])").line, "5\t\\N\t\\N");
    EXPECT_EQ(normalize(schema::users(), headings, R"(["5"])").line, "5\t\\N\t\\N");
}

TEST(Normalizer, TheWordBehindAnAmountIsThePaymentsCurrency) {
    EXPECT_EQ(normalize(schema::payments(), {"Номер", "Сумма"}, R"(["1","1 990 руб."])").line,
              "1\t1990.00\tRUB");
}

TEST(Normalizer, BackslashNAndTabsAreStoredAsTheyAre) {
    EXPECT_EQ(normalize(schema::users(), {"id", "Имя"}, R"(["5","\\N\tx"])").line, "5\t\\\\N\\tx");
}

TEST(RawRows, ReadTheKeyOnlyWhereItStandsPlainlyAtTheBeginning) {
    EXPECT_EQ(plain_key(R"(["12","x"])"), "12");
    EXPECT_EQ(plain_key(R"( [ 12 ,"x"])"), "12");
    EXPECT_EQ(plain_key(R"(["0"])"), "0");
    for (const char* raw : {R"(["012","x"])", R"(["-1"])", R"(["1 2"])", R"(["12)", R"([12.0,1])",
                            R"(["\u0031"])", R"([["12"]])", R"(["1234567890123456789"])", "[", "",
                            R"(["12"x])", R"([,"12"])", R"(["12":1])"})
        EXPECT_EQ(plain_key(raw), "") << raw;
}

TEST(RawRows, AreReadAnewWhenHeadingsColumnsZoneOrFieldsChange) {
    const auto reading = [](const schema::Table& table, const std::vector<std::string>& headings,
                            const char* zone, const std::vector<std::string>& quarantined) {
        const schema::Layout layout = schema::assign(table, headings, {}, {});
        return Normalizer(
                   table, layout, Zone(zone), [](const Reject&) {}, {}, quarantined)
            .reading();
    };
    const std::vector<std::string> headings = {"ID заказа", "Номер", "Email", "Мой цвет"};
    const std::uint64_t one = reading(schema::deals(), headings, "Europe/Moscow", {});
    EXPECT_NE(one, 0u);
    EXPECT_EQ(one, reading(schema::deals(), headings, "Europe/Moscow", {}));
    EXPECT_NE(one, reading(schema::deals(), headings, "Asia/Almaty", {}));
    EXPECT_NE(one, reading(schema::deals(), headings, "Europe/Moscow", {"moy_tsvet"}));
    EXPECT_NE(one, reading(schema::deals(), {"ID заказа", "Email", "Номер", "Мой цвет"},
                           "Europe/Moscow", {}));
    EXPECT_NE(one, reading(schema::deals(), {"ID заказа", "Номер", "Email", "Мой дом"},
                           "Europe/Moscow", {}));
    // where the key does not come first, or is more than a column, every row is read
    EXPECT_EQ(0u, reading(schema::deals(), {"Номер", "ID заказа"}, "Europe/Moscow", {}));
    EXPECT_EQ(0u, reading(schema::memberships(), {"id", "ID группы"}, "Europe/Moscow", {}));
}

TEST(RawRows, AreReadAnewByAProgramThatReadsTheSameBytesOtherwise) {
    const std::vector<std::string> cells = {"1",
                                            "12 000,50 руб.",
                                            "-3",
                                            "9,99 USD",
                                            "2026-03-01 10:00:00",
                                            "01.02.2026",
                                            "2026-02-31",
                                            "Да",
                                            "нет",
                                            "Завершен",
                                            "Получен",
                                            "Отключенные",
                                            "A@B.ru ",
                                            "8 (900) 000-00-11",
                                            "a|b",
                                            "7:2026-01-02, 8",
                                            " x ",
                                            "1e5",
                                            "0012",
                                            "25:61",
                                            "€5",
                                            "нечто"};
    std::string all;
    for (const schema::Table* table : schema::tables()) {
        std::vector<std::string> headings;
        for (const schema::Column& column : table->columns)
            if (!column.headings.empty()) headings.push_back(column.headings.front());
        headings.emplace_back("Мой цвет");
        for (const std::string& cell : cells) {
            std::string raw = "[\"5\"";
            for (std::size_t i = 1; i < headings.size(); ++i) raw += ",\"" + cell + "\"";
            const Normalized n = normalize(*table, headings, raw + "]");
            all += table->name + "|" + n.line + "|" + std::to_string(n.result.row_hash) + "\n";
        }
    }
    // The same bytes are read otherwise than before: raise kReadingVersion, and write both here.
    EXPECT_EQ(kReadingVersion, 1u);
    EXPECT_EQ(single_key_hash(all), 4612944642665524235u);
}

TEST(Normalizer, ReadsTheMoneyOfARowFromItsCellsAlone) {
    const std::vector<std::string> headings = {"ID заказа", "Номер",    "Статус", "Стоимость, RUB",
                                               "Оплачено",  "Мой цвет", "Налог"};
    const schema::Layout layout = schema::assign(schema::deals(), headings, {}, {});
    Normalizer normalizer(schema::deals(), layout, moscow(), [](const Reject&) { FAIL(); });
    RowParser parser;
    const std::string raw = R"(["1","7","Новый","12 000,50","1.5 USD",{"a":["x\"]"]},"",["long"]])";
    ASSERT_TRUE(parser.parse(raw));
    std::string line;
    (void)normalizer.row(1, parser.cells().first(7), line);
    const RowMoney whole = normalizer.money();
    const std::string currency(whole.currency), status(whole.status);
    ASSERT_TRUE(parser.parse_some(raw, normalizer.money_cells()));
    EXPECT_EQ(parser.cells()[1].kind, Cell::Kind::null);
    const RowMoney& some = normalizer.money_of(parser.cells());
    EXPECT_EQ(some.amounts, whole.amounts);
    EXPECT_EQ(some.currency, currency);
    EXPECT_EQ(some.status, status);
    EXPECT_EQ(currency, "USD");
}
