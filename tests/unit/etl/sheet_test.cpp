#include "etl/sheet.hpp"

#include <gtest/gtest.h>

#include "tests/support/data.hpp"

using namespace etl;
using test_support::read_data;

namespace {

struct Collected final : RowHandler {
    std::vector<std::string> rows;
    void row(std::uint64_t, std::string_view raw) override { rows.emplace_back(raw); }
};

Envelope scan(const std::string& text, RowHandler* rows = nullptr) {
    SheetScanner scanner(rows);
    scanner.feed(text);
    return scanner.finish();
}

}  // namespace

TEST(Sheet, CountsRowsAndHeadingsOfEveryFixture) {
    const std::vector<std::tuple<std::string, std::uint64_t, std::size_t>> figures = {
        {"01-users-export.json", 5, 36},    {"02-deals-export.json", 7, 52},
        {"03-payments-export.json", 7, 12}, {"05-group-users-export.json", 3, 38},
        {"11-empty-export.json", 0, 52},    {"12-awkward-rows.json", 6, 54}};
    for (const auto& [file, rows, columns] : figures) {
        const Envelope envelope = scan(read_data("bodies/" + file));
        EXPECT_TRUE(envelope.complete && envelope.has_items) << file;
        EXPECT_EQ(envelope.rows, rows) << file;
        EXPECT_EQ(headings(envelope).size(), columns) << file;
        EXPECT_NE(envelope.text.find("\"items\":[]"), std::string::npos) << file;
    }
}

TEST(Sheet, GivesTheSameRowsWhereverTheBodyIsCut) {
    const std::string body = read_data("bodies/12-awkward-rows.json");
    Collected whole;
    const Envelope envelope = scan(body, &whole);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
        Collected parts;
        SheetScanner scanner(&parts);
        scanner.feed(std::string_view(body).substr(0, cut));
        scanner.feed(std::string_view(body).substr(cut));
        ASSERT_EQ(scanner.finish().text, envelope.text) << cut;
        ASSERT_EQ(parts.rows, whole.rows) << cut;
    }
}

TEST(Sheet, ASecondInfoTextIsReadWithoutWhatTheFirstHasLeft) {
    const std::string text =
        R"({"info":"{\"items\":[[1]]}","info":"us","info":"{\"items\":[[2]]}"})";
    Collected whole;
    const Envelope envelope = scan(text, &whole);
    EXPECT_EQ(whole.rows, (std::vector<std::string>{"[1]", "[2]"}));
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Collected parts;
        SheetScanner scanner(&parts);
        scanner.feed(std::string_view(text).substr(0, cut));
        scanner.feed(std::string_view(text).substr(cut));
        ASSERT_EQ(scanner.finish().text, envelope.text) << cut;
        ASSERT_EQ(parts.rows, whole.rows) << cut;
    }
}

TEST(Sheet, TextBehindTheEndIsNoJsonText) {
    const std::string text = R"({"success":true,"info":{"export_id":1}})";
    EXPECT_TRUE(scan(text + " \n").json && scan(text + " \n").complete);
    for (const char* behind : {"x", "{}", "<!-- served from cache -->"}) {
        EXPECT_FALSE(scan(text + behind).json) << behind;
        EXPECT_FALSE(scan(text + behind).complete) << behind;
    }
}

// They were read for as long as they came, up to 8 GB.
TEST(Sheet, BlanksWithoutEndAreNoAnswerAndSomeAreNoObstacle) {
    const std::string blanks(1024 * 1024 - 8, ' ');
    for (const std::string begin : {"", R"({"success":true,"info":{"fields":["a"],"items":[)",
                                    R"({"success":true,"info":{"fields":["a"],"items":[["1"],)",
                                    R"({"success":true,"info":{"fields":["a"],"items":{"0":)"}) {
        SheetScanner scanner(nullptr);
        scanner.feed(begin + blanks);
        EXPECT_FALSE(scanner.hopeless()) << begin;
        scanner.feed("                ");
        EXPECT_TRUE(scanner.hopeless()) << begin;
        EXPECT_FALSE(scanner.finish().complete) << begin;
    }
    SheetScanner patient(nullptr);
    patient.feed("\n" + blanks + R"({"success":true,"info":{"fields":["a"],"items":[["1"],)" +
                 blanks + R"(["2"],)" + blanks + R"(["3"]]}})");
    EXPECT_FALSE(patient.hopeless());
    const Envelope envelope = patient.finish();
    EXPECT_TRUE(envelope.complete);
    EXPECT_EQ(envelope.rows, 3u);
}

TEST(Sheet, ACutBodyIsNeverComplete) {
    const std::string body = read_data("bodies/02-deals-export.json");
    for (std::size_t length = 0; length + 3 < body.size(); length += 97)
        EXPECT_FALSE(scan(body.substr(0, length)).complete) << length;
}

TEST(Sheet, ItemsBeforeFieldsAndBracketsInTextsAreNoObstacle) {
    Collected rows;
    const Envelope envelope = scan(
        "\xEF\xBB\xBF {\"info\":{\"items\":[[\"a]\",\"\\\"],[\"] , "
        "[[\"x\",[\"y\"]],{}]],\"fields\":[\"one\",\"two\"]},\"success\":true}",
        &rows);
    ASSERT_EQ(rows.rows.size(), 2u);
    EXPECT_EQ(rows.rows[0], "[\"a]\",\"\\\"],[\"]");
    EXPECT_EQ(rows.rows[1], "[[\"x\",[\"y\"]],{}]");
    EXPECT_EQ(headings(envelope), (std::vector<std::string>{"one", "two"}));
}

TEST(Sheet, ItemsOutsideInfoAreNoTable) {
    EXPECT_FALSE(scan(R"({"items":[[1]],"result":{"items":[[1]]}})").has_items);
    EXPECT_FALSE(scan(read_data("bodies/10-html-error.html")).json);
    EXPECT_FALSE(scan("").complete);
}

TEST(RowParser, KeepsIdsThatADoubleCannotHold) {
    RowParser parser;
    ASSERT_TRUE(parser.parse(
        R"([9007199254740993, "9007199254740993", null, true, ["a","b"], {"k":1}, ""])"));
    const auto& cells = parser.cells();
    ASSERT_EQ(cells.size(), 7u);
    EXPECT_EQ(cells[0].text, "9007199254740993");
    EXPECT_EQ(cells[0].kind, Cell::Kind::number);
    EXPECT_EQ(cells[1].text, "9007199254740993");
    EXPECT_EQ(cells[2].kind, Cell::Kind::null);
    EXPECT_EQ(cells[3].text, "true");
    EXPECT_EQ(list_items(cells[4]), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(cells[5].kind, Cell::Kind::object);
}

TEST(RowParser, EscapedAndRawCyrillicAreTheSame) {
    RowParser raw, escaped;
    ASSERT_TRUE(raw.parse("[\"Ёлка 🌸\"]"));
    ASSERT_TRUE(escaped.parse(R"(["\u0401\u043b\u043a\u0430 \ud83c\udf38"])"));
    EXPECT_EQ(raw.cells()[0].text, escaped.cells()[0].text);
}

TEST(RowParser, ReplacesBrokenUtf8LoneSurrogatesAndZeroBytesAndCounts) {
    RowParser parser;
    ASSERT_TRUE(parser.parse("[\"a\xFF\" ,\"b\\ud83d\",\"c\\u0000d\"]"));
    EXPECT_EQ(parser.cells()[0].text, "a\xEF\xBF\xBD");
    EXPECT_EQ(parser.cells()[1].text, "b\xEF\xBF\xBD");
    EXPECT_EQ(parser.cells()[2].text,
              "c\xEF\xBF\xBD"
              "d");
    EXPECT_EQ(parser.replaced(), 3u);
}

TEST(RowParser, ARowThatIsNoArrayIsRefusedWithAReason) {
    RowParser parser;
    for (const char* raw : {"{\"a\":1}", "\"text\"", "[1,", "[1 2]"}) {
        EXPECT_FALSE(parser.parse(raw)) << raw;
        EXPECT_FALSE(parser.reason().empty()) << raw;
    }
}
