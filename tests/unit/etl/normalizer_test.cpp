#include "etl/normalizer.hpp"

#include <gtest/gtest.h>

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
