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
