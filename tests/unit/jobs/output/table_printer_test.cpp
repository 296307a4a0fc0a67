#include "jobs/output/table_printer.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace {

using Printer = void (*)(std::ostream&, const etl::pg::Result&);

std::string printed(Printer print, const std::string& cell) {
    std::ostringstream out;
    print(out, {{"name"}, {{cell}}});
    return out.str();
}

}  // namespace

TEST(Csv, PlainCellsAreAsTheDatabaseHasThem) {
    for (const std::string cell : {"=SUM(A1)", "+79000002831", "-x", "@a", "\tcmd", "-12.50"})
        EXPECT_EQ(printed(jobs::print_csv, cell), "name\r\n" + cell + "\r\n");
}

TEST(Csv, OnlyWhatExcelWouldRunAndIsNoNumberOrPhoneGetsAnApostrophe) {
    const auto excel = [](const std::string& cell) {
        std::ostringstream out;
        jobs::print_excel(out, {{"name"}, {{cell}}});
        return out.str().substr(9);  // BOM, name, line break
    };
    for (const std::string cell : {"=SUM(A1)", "+SUM(A1)", "-SUM(A1)", "@SUM(A1)", "\tcmd", "=1",
                                   "+7+cmd|' /C calc'!A0", "-2+3+cmd"})
        EXPECT_EQ(excel(cell), "'" + cell + "\r\n");
    EXPECT_EQ(excel("\rcmd"), "\"'\rcmd\"\r\n");
    for (const std::string cell : {"+79000002831", "+7 (900) 000-00-01", "8 (900) 000-00-01", "-",
                                   "0101", "-12", "A-1", "Курс +"})
        EXPECT_EQ(excel(cell), cell + "\r\n");
}

TEST(Csv, AFigureHasADecimalCommaInExcelAndANameLikeTwoPointZeroHasNone) {
    const auto excel = [](const std::string& column, etl::pg::Shape shape) {
        std::ostringstream out;
        jobs::print_excel(out, {{column}, {{"-2.0"}}, 0, {shape}});
        return out.str().substr(out.str().find('\n') + 1);
    };
    EXPECT_EQ(excel("net", etl::pg::Shape::number), "-2,0\r\n");
    EXPECT_EQ(excel("of_a_custom_field", etl::pg::Shape::number), "-2,0\r\n");
    EXPECT_EQ(excel("product", etl::pg::Shape::text), "-2.0\r\n");
    EXPECT_EQ(excel("order_number", etl::pg::Shape::text), "-2.0\r\n");
}

TEST(Csv, ARussianExcelReadsTitlesValuesAndMomentsAndJoinsNumbersBack) {
    std::ostringstream out;
    jobs::print_excel(
        out,
        {{"order_number", "net", "loaded_at", "segment", "balanced", "user_ids"},
         {{"12.50", "12.50", "2026-11-26 03:41:07.123456+03", "champion", "t", "{1,2}"}}},
        true);
    EXPECT_EQ(out.str(),
              "\xEF\xBB\xBFномер заказа;чистыми;загружено;сегмент;сходится;идентификаторы людей"
              "\r\n12.50;12,50;2026-11-26 03:41:07;лучшие;да;1, 2\r\n");
}

TEST(Table, ARussianOneHasTitlesAndNumbersAndDaysAsPeopleWriteThem) {
    std::ostringstream out;
    jobs::print_table(
        out,
        {{"day", "net", "segment", "product"}, {{"2026-11-26", "-1234567.50", "lost", "lost"}}},
        true);
    EXPECT_EQ(out.str(),
              "день              чистыми  сегмент  продукт\n"
              "----------  -------------  -------  -------\n"
              "26.11.2026  −1\u00A0234\u00A0567,50  ушедшие  lost\n");
}

TEST(Csv, QuotesSeparatorsAndLineBreaksStayInTheirCell) {
    EXPECT_EQ(printed(jobs::print_csv, "a \"b\", c\nd"), "name\r\n\"a \"\"b\"\", c\nd\"\r\n");
    std::ostringstream out;
    jobs::print_excel(out, {{"name"}, {{"a;b"}}});
    EXPECT_EQ(out.str(), "\xEF\xBB\xBFname\r\n\"a;b\"\r\n");
}

TEST(Json, NumbersAreNumbersAndWhatADoubleCannotHoldIsText) {
    using etl::pg::Shape;
    std::ostringstream out;
    jobs::print_json(
        out,
        {{"rows", "money", "long", "nan", "flag", "text", "none", "object"},
         {{"12", "-49980.00", "1234567890123456", "NaN", "t", "12", std::nullopt, R"({"a": 1})"}},
         0,
         {Shape::number, Shape::number, Shape::number, Shape::number, Shape::flag, Shape::text,
          Shape::number, Shape::json}});
    EXPECT_EQ(out.str(),
              "[\n {\"rows\": 12, \"money\": -49980.00, \"long\": \"1234567890123456\", \"nan\": "
              "\"NaN\", \"flag\": true, \"text\": \"12\", \"none\": null, \"object\": {\"a\": "
              "1}}\n]\n");
}

TEST(Table, WhatDoesNotFitAWindowIsLeftOutAtItsEndAndNamed) {
    const etl::pg::Result result({"day", "net", "received", "returned"},
                                 {{{"2026-11-26", "1.00", "2.00", "3.00"}}});
    std::ostringstream narrow, wide;
    jobs::print_table_within(narrow, result, 20);
    EXPECT_EQ(
        narrow.str(),
        "day          net\n----------  ----\n2026-11-26  1.00\n"
        "and beyond this window (--format csv or html, or a wider one): received, returned\n");
    jobs::print_table_within(wide, result, 200);
    EXPECT_EQ(wide.str().find("beyond"), std::string::npos);
}
