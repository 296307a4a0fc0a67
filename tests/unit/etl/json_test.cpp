#include "etl/json.hpp"

#include <gtest/gtest.h>

#include "etl/api.hpp"
#include "etl/encoding.hpp"

using namespace etl;

TEST(Json, EscapesOnlyWhatItMust) {
    EXPECT_EQ(json_string("a\"b\\c"), "\"a\\\"b\\\\c\"");
    EXPECT_EQ(json_string("Ёлка 🌸/"), "\"Ёлка 🌸/\"");
    EXPECT_EQ(json_string(std::string_view("\0\n\x1F", 3)), "\"\\u0000\\n\\u001f\"");
    EXPECT_EQ(json_string(""), "\"\"");
    EXPECT_EQ(json_string(std::string(40, 'x') + "\"y"), "\"" + std::string(40, 'x') + "\\\"y\"");
}

TEST(Json, RepairLeavesGoodTextAlone) {
    std::uint64_t replaced = 0;
    const std::string good = R"(["a\n\u043a\ud83c\udf38\"\\\/", {"Ё": 1}, null])";
    EXPECT_EQ(repaired_json(good, replaced), good);
    EXPECT_EQ(replaced, 0u);
}

TEST(Json, RepairReplacesHalfPairsAndBrokenBytes) {
    std::uint64_t replaced = 0;
    EXPECT_EQ(repaired_json(R"(["\ud83d", "\udc4d\ud83d"])", replaced),
              "[\"\uFFFD\", \"\uFFFD\uFFFD\"]");
    EXPECT_EQ(replaced, 3u);
    EXPECT_EQ(repaired_json("\"\xD0 \xFF\"", replaced), "\"\uFFFD \uFFFD\"");
    EXPECT_EQ(replaced, 5u);
}

TEST(Json, RepairReplacesCharacterZeroAndKeepsOtherControls) {
    std::uint64_t replaced = 0;
    EXPECT_EQ(repaired_json(R"("a\u0000b")", replaced), "\"a\uFFFDb\"");
    EXPECT_EQ(repaired_json(std::string_view("\"a\0b\"", 5), replaced), "\"a\uFFFDb\"");
    EXPECT_EQ(replaced, 2u);
    EXPECT_EQ(repaired_json("\"a\tb\"\n", replaced), "\"a\\tb\"\n");
    EXPECT_EQ(replaced, 2u) << "an escape loses nothing";
}

TEST(Json, RepairReplacesTheBackslashOfAnUnknownEscape) {
    std::uint64_t replaced = 0;
    EXPECT_EQ(repaired_json(R"({"c": "\x41\u12"})", replaced), "{\"c\": \"\uFFFDx41\uFFFDu12\"}");
    EXPECT_EQ(replaced, 2u);
    EXPECT_EQ(repaired_json(R"("a\\u0000")", replaced), R"("a\\u0000")")
        << "an escaped backslash before u0000 is no character zero";
    EXPECT_EQ(repaired_json("\"\\", replaced), "\"\uFFFD");
}

TEST(Json, OnlyWhatJsonbTakesIsStorable) {
    for (const char* good :
         {"[]", "{}", " [1, -0.5e+10, \"a\\u0041\", {\"b\": [true, null]}] ", "0"})
        EXPECT_TRUE(storable_json(good)) << good;
    for (const char* bad : {"", "[", "[1 2]", "[tru]", "{\"a\"}", "{\"a\":1,}", "[1]x", "[01]",
                            "[1.]", "[1e999]", "[+1]", "{1:2}", "[\"a]", "[}", "nan"})
        EXPECT_FALSE(storable_json(bad)) << bad;
    EXPECT_FALSE(storable_json(std::string(200, '[') + std::string(200, ']')));
    EXPECT_FALSE(storable_json("[" + std::string(400, '1') + "]"));
    EXPECT_FALSE(storable_json("\"" + std::string(2000000, 'a') + "\""));
}

TEST(Encoding, IsWhatTheWireTakes) {
    EXPECT_EQ(hex(std::string_view("\x00\xAFz", 3)), "00af7a");
    EXPECT_EQ(base64("ab?"), "YWI/");
    EXPECT_EQ(base64(std::string(100, 'a')).find('\n'), std::string::npos);
    EXPECT_EQ(percent_encoded("a-_.~Z9 +/=&ё\"'"), "a-_.~Z9%20%2B%2F%3D%26%D1%91%22%27");
}

TEST(Json, ANumberThatNoIntegerHoldsCostsNothingElse) {
    EXPECT_EQ(with_long_numbers_quoted(R"({"id":99999999999999999999,"a\"9":[-5,1e400]})"),
              R"({"id":"99999999999999999999","a\"9":[-5,1e400]})");
    EXPECT_EQ(with_long_numbers_quoted(R"("99999999999999999999 \\")"),
              R"("99999999999999999999 \\")");
    const auto fields = decode_fields(
        R"({"success":true,"info":[{"id":99999999999999999999,"title":"a"},{"id":7,"title":"b"}]})");
    ASSERT_EQ(fields.size(), 1u);
    EXPECT_EQ(fields[0].title, "b");
    const auto groups = decode_groups(
        R"({"success":true,"info":[{"id":-99999999999999999999,"name":"a"},{"id":8,"name":"b"}]})");
    ASSERT_EQ(groups.size(), 2u);
    EXPECT_EQ(groups[1].id, 8);
}
