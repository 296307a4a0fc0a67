// CSV as spreadsheets write it.
#include "jobs/push/csv.hpp"

#include <gtest/gtest.h>

#include <chrono>

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
TEST(Csv, AFileOfAnotherKindIsRefusedAtOnceWithLineAndColumn) {
    const auto refusal = [](const std::string& text) -> std::string {
        try {
            (void)jobs::parse_csv(text);
            return "(taken)";
        } catch (const etl::Error& error) {
            return error.what();
        }
    };
    EXPECT_EQ(refusal("email;city\na@example.com;\xCC\xEE\xF1\xEA\xE2\xE0\n"),
              "CSV line 2, column 15: byte 0xcc is no UTF-8");
    EXPECT_EQ(refusal(std::string("PK\x03\x04\0x\n", 7)), "CSV line 1, column 5: a zero byte");
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(refusal(std::string(20'000'000, 'x')),
              "CSV line 1 has 20000000 bytes; expected a line of column names");
    std::string many = "email";
    for (int i = 0; i < 1000; ++i) many += ",c" + std::to_string(i);
    EXPECT_EQ(refusal(many + "\n"), "CSV line 1 has 1001 columns; an import knows far fewer");
    EXPECT_EQ(refusal("email,city\na@b.c,\"" + std::string(200'000, 'x') + "\"\n"),
              "CSV line 2, cell 2 has 200000 bytes");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{1});
    EXPECT_EQ(refusal("email;city\na@example.com;\xF0\x9F\x99\x82\n"), "(taken)");
}
