// CSV as spreadsheets write it.
#include "jobs/push/csv.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"

using jobs::parse_csv;

TEST(Csv, ReadsWhatARussianExcelWrites) {
    const jobs::Csv csv = parse_csv(
        "\xEF\xBB\xBF"
        "email;\"field:Город; область\";note\r\na@example.com;\"Он сказал "
        "\"\"да\"\"\";\r\n\r\nb@example.com;\"две\nстроки\";x\r\n");
    EXPECT_EQ(csv.columns, (std::vector<std::string>{"email", "field:Город; область", "note"}));
    ASSERT_EQ(csv.rows.size(), 2u);
    EXPECT_EQ(csv.rows[0][1], "Он сказал \"да\"");
    EXPECT_EQ(csv.rows[0][2], std::nullopt);
    EXPECT_EQ(csv.rows[1][1], "две\nстроки");
}

TEST(Csv, TellsAnEmptyCellFromAnEmptyText) {
    const jobs::Csv csv =
        parse_csv("email,last_name\na@example.com,\"\"\nb@example.com,\nc@example.com\n");
    EXPECT_EQ(csv.rows[0][1], "");
    EXPECT_EQ(csv.rows[1][1], std::nullopt);
    EXPECT_EQ(csv.rows[2][1], std::nullopt);
}

TEST(Csv, NamesTheLineThatIsWrong) {
    const auto message = [](const char* text) -> std::string {
        try {
            (void)parse_csv(text);
        } catch (const etl::Error& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(message("email\n\"a@example.com\n"),
              "CSV line 2: a quote is opened and never closed");
    EXPECT_EQ(message("email\tphone\n\na\tb\tc\n"), "CSV line 3 has 3 cells, the first line 2");
    EXPECT_NE(message("\n\n"), "");
}
