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

TEST(Csv, ACellThatASpreadsheetWouldRunAsAFormulaGetsAnApostrophe) {
    for (const std::string start : {"=", "+", "-", "@"})
        EXPECT_EQ(printed(jobs::print_csv, start + "SUM(A1)"), "name\r\n'" + start + "SUM(A1)\r\n");
    EXPECT_EQ(printed(jobs::print_csv, "\tcmd"), "name\r\n'\tcmd\r\n");
    EXPECT_EQ(printed(jobs::print_csv, "\rcmd"), "name\r\n\"'\rcmd\"\r\n");
}

TEST(Csv, ANegativeAmountStaysANumber) {
    EXPECT_EQ(printed(jobs::print_csv, "-12.50"), "name\r\n-12.50\r\n");
    EXPECT_EQ(printed(jobs::print_excel, "-12.50"), "\xEF\xBB\xBFname\r\n-12,50\r\n");
}

TEST(Csv, QuotesSeparatorsAndLineBreaksStayInTheirCell) {
    EXPECT_EQ(printed(jobs::print_csv, "a \"b\", c\nd"), "name\r\n\"a \"\"b\"\", c\nd\"\r\n");
    EXPECT_EQ(printed(jobs::print_excel, "a;b"), "\xEF\xBB\xBFname\r\n\"a;b\"\r\n");
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
