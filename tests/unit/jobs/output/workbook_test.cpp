// Workbooks as a reader that is not ours sees them (tests/support/workbook).
#include <gtest/gtest.h>

#include <algorithm>

#include "jobs/output/xlsx.hpp"
#include "tests/support/workbook.hpp"

namespace {

bool holds(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

std::string all(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
}

}  // namespace

TEST(Workbook, MoneyAndDaysAreTypedPhonesAndNumbersOfOrdersAreTextAndNothingRuns) {
    jobs::Workbook book(true);
    const etl::pg::Result result(
        {"order_number", "phone", "net", "created_on", "loaded_at", "product", "balanced", "orders",
         "paid_percent", "user_ids"},
        {{"0101", "+7 (900) 000-00-01", "-1234.56", "2026-02-28", "2026-11-26 03:41:07.5+03",
          "=HYPERLINK(\"http://x\")", "t", "12", "33.3", "{1,2}"},
         {std::nullopt, std::nullopt, "9999999999999.99", "infinity", "1899-12-31 00:00",
          "=cmd|' /C calc'!A0", "f", "100000000000000000000", std::nullopt, std::nullopt}});
    EXPECT_EQ(book.table("Что? [продаётся]: всё/ничего", result), "Что продаётся всёничего");
    const auto lines = test_support::read_workbook(book.bytes());
    const std::string sheet = "Что продаётся всёничего|";
    for (const std::string line :
         {"sheet|A2|A1:J3|A1:J3", "A1|s|'номер заказа'|General", "A2|s|'0101'|@",
          "B2|s|'+7 (900) 000-00-01'|@", "C2|n|-1234.56|#,##0.00", "C3|n|9999999999999.99|#,##0.00",
          "D2|d|datetime.datetime(2026, 2, 28, 0, 0)|dd.mm.yyyy", "D3|s|'infinity'|@",
          "E2|d|datetime.datetime(2026, 11, 26, 3, 41, 7)|dd.mm.yyyy hh:mm",
          "E3|s|'1899-12-31 00:00'|@", "G2|s|'да'|@", "G3|s|'нет'|@", "H2|n|12|#,##0",
          "H3|s|'100000000000000000000'|@", "I2|n|33.3|0.0#", "J2|s|'1, 2'|@"})
        EXPECT_TRUE(holds(lines, sheet + line)) << line << "\n" << all(lines);
    EXPECT_TRUE(holds(lines, sheet + "F2|s|'=HYPERLINK(\"http://x\")'|@")) << all(lines);
    EXPECT_TRUE(holds(lines, sheet + "F3|s|\"=cmd|' /C calc'!A0\"|@")) << all(lines);
}

TEST(Workbook, AColumnThatMixesKindsShowsEachFigureWithItsOwnPlaces) {
    jobs::Workbook book(true);
    (void)book.table("m", {{"value"}, {{"12000.00"}, {"5"}, {"61.3"}, {"0.0"}}});
    const auto lines = test_support::read_workbook(book.bytes());
    for (const std::string line :
         {"m|A2|n|12000|#,##0.00", "m|A3|n|5|#,##0", "m|A4|n|61.3|#,##0.0", "m|A5|n|0|#,##0.0"})
        EXPECT_TRUE(holds(lines, line)) << line << "\n" << all(lines);
}

TEST(Workbook, EveryFigureOfFifteenDigitsComesBackUnchangedAndLongerOnesAreText) {
    std::vector<std::vector<etl::pg::Param>> rows;
    std::uint64_t seed = 7;
    for (int i = 0; i < 2000; ++i) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        std::string digits = std::to_string(seed);
        digits = digits.substr(0, 3 + seed % 15);  // 3 to 17
        if (digits[0] == '0') digits[0] = '1';
        rows.push_back(
            {digits.substr(0, digits.size() - 2) + "." + digits.substr(digits.size() - 2)});
    }
    jobs::Workbook book(false);
    (void)book.table("money", {{"net"}, rows});
    const auto lines = test_support::read_workbook(book.bytes());
    int numbers = 0, texts = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string& line = lines.at(i + 2);
        const std::string wanted = *rows[i][0];
        if (wanted.size() - 1 > 15) {
            ++texts;
            EXPECT_EQ(line, "money|A" + std::to_string(i + 2) + "|s|'" + wanted + "'|@");
            continue;
        }
        ++numbers;
        const std::string said = line.substr(line.find("|n|") + 3);
        char back[64];
        std::snprintf(back, sizeof back, "%.2f", std::strtod(said.c_str(), nullptr));
        EXPECT_EQ(back, wanted) << line;
    }
    EXPECT_GT(numbers, 1000);
    EXPECT_GT(texts, 100);
}

TEST(Workbook, TheContentsLeadToSheetsWhoseNamesAreCutBetweenWordsAndNeverTheSame) {
    jobs::Workbook book(false);
    const std::string first = book.reserve("Contents");
    const std::string one = book.table("How much money came in per day, week or month?", {});
    const std::string two = book.table("How much money came in per day, WEEK?", {});
    EXPECT_EQ(one, "How much money came in per day,");
    EXPECT_EQ(two, "How much money came in per da 2");
    (void)book.lines("About", {{"a", "b"}});
    book.contents(first, {{"Money", "How much?", one, "rows: 0"}, {"", "And?", two, ""}});
    const auto lines = test_support::read_workbook(book.bytes());
    EXPECT_TRUE(lines.front().starts_with("Contents|sheet|"));
    EXPECT_TRUE(holds(lines, "Contents|B1|s|'How much?'|General")) << all(lines);
    EXPECT_TRUE(holds(lines, "About|B1|s|'b'|General"));
}
