#include "schema/text.hpp"

#include <gtest/gtest.h>

#include "schema/reserved_words.hpp"

using namespace schema;

TEST(Text, TrimKnowsEveryBlank) {
    EXPECT_EQ(trim(" \t\u00a0\u202f\u2009\u3000a b\u00a0\n"), "a b");
    EXPECT_EQ(trim("\uFEFFНомер"), "Номер");
    EXPECT_EQ(trim("\u00a0 \u200b"), "");
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim("я"), "я");
}

TEST(Text, TrimLeavesBrokenBytesAndJoinersAlone) {
    EXPECT_EQ(trim("\x80 a \xD0"), "\x80 a \xD0");
    EXPECT_EQ(trim("\xA0"), "\xA0") << "a bare byte is no U+00A0";
    EXPECT_EQ(trim("👩\u200d🚀"), "👩\u200d🚀");
}

TEST(Text, LowerKnowsUkrainianAndKazakhLetters) {
    EXPECT_EQ(lower("IVAN@ПРИМЕР.РФ"), "ivan@пример.рф");
    EXPECT_EQ(lower("ЇЖАК ҐАНОК Є І"), "їжак ґанок є і");
    EXPECT_EQ(lower("ҚАЗАҚСТАН ӘӨҰҮҒҢҺ"), "қазақстан әөұүғңһ");
    EXPECT_EQ(lower("Ё\xD0Z"), "ё\xD0z") << "a broken byte stays as it is";
}

TEST(Text, FoldsWhatPeopleTakeForEqual) {
    EXPECT_EQ(fold("\uFEFF Номер "), "номер");
    EXPECT_EQ(fold("Дата\u00a0 оплаты"), "дата оплаты");
    EXPECT_EQ(fold("ЗАВЕРШЁН"), fold("завершен"));
    EXPECT_EQ(fold("Завершен"
                   "\u0308"
                   ""),
              "завершен\u0308")
        << "no composed letter: kept";
    EXPECT_EQ(fold("Завершe"), "завершe");
    EXPECT_EQ(fold("йод"), fold("И\u0306ОД")) << "composed and decomposed are one";
    EXPECT_EQ(fold("Е\u0308лка"), "елка");
    EXPECT_EQ(fold("Straße"), fold("STRASSE"));
    EXPECT_EQ(fold("ҚАЛА"), fold("қала"));
    EXPECT_EQ(fold(" \n"), "");
}

TEST(Text, CutsBetweenLetters) {
    EXPECT_EQ(cut("яяя", 6), "яяя");
    EXPECT_EQ(cut("яяя", 5), "яя");
    EXPECT_EQ(cut("яяя", 1), "");
    EXPECT_EQ(cut("a🌸b", 4), "a");
    EXPECT_EQ(cut("a🌸b", 5), "a🌸");
    EXPECT_EQ(cut("abc", 2), "ab");
    EXPECT_EQ(cut("\x80\x80\x80\x80\x80", 3), "\x80\x80\x80") << "bytes of no letter";
    for (std::size_t bytes = 0; bytes < 20; ++bytes) {
        std::uint64_t replaced = 0;
        (void)repaired(cut("жё🌸日本e\u0301ї", bytes), replaced);
        EXPECT_EQ(replaced, 0u) << bytes;
    }
}

TEST(Text, CountsLettersAndColumns) {
    EXPECT_EQ(code_points("Ёлка 🌸"), 6u);
    EXPECT_EQ(code_points("\xFF\xFE"), 2u);
    EXPECT_EQ(display_width("abc"), 3u);
    EXPECT_EQ(display_width("Ёлка"), 4u);
    EXPECT_EQ(display_width("🌸"), 2u);
    EXPECT_EQ(display_width("e\u0301"), 1u);
    EXPECT_EQ(display_width("日本"), 4u);
    EXPECT_EQ(display_width(""), 0u);
}

TEST(Text, RepairReplacesWhatPostgresRefusesAndCountsIt) {
    std::uint64_t replaced = 0;
    EXPECT_EQ(repaired("\xD0\x9A\xD1 A\xFF", replaced), "К\uFFFD A\uFFFD");
    EXPECT_EQ(replaced, 2u);
    EXPECT_EQ(repaired(std::string_view("a\0b", 3), replaced), "a\uFFFDb");
    EXPECT_EQ(replaced, 3u);
    EXPECT_EQ(repaired("\xED\xA0\x80", replaced), "\uFFFD\uFFFD\uFFFD") << "a surrogate in UTF-8";
    EXPECT_EQ(repaired("\xC0\xAF", replaced), "\uFFFD\uFFFD") << "an overlong slash";
    replaced = 0;
    EXPECT_EQ(repaired("Ёлка\v\n🌸", replaced), "Ёлка\v\n🌸");
    EXPECT_EQ(replaced, 0u);
}

TEST(Text, ALineForPeopleHasNoControlCharacters) {
    std::uint64_t replaced = 0;
    EXPECT_EQ(repaired_line("a\tb\r\nc", replaced), "a b  c");
    EXPECT_EQ(replaced, 0u);
    EXPECT_EQ(repaired_line("\x1B[2Jgroup\x7F\u0085", replaced), "\uFFFD[2Jgroup\uFFFD\uFFFD");
    EXPECT_EQ(replaced, 3u);
}

TEST(ReservedWords, AreFound) {
    EXPECT_TRUE(reserved_word("offset"));
    EXPECT_TRUE(reserved_word("union"));
    EXPECT_TRUE(reserved_word("with"));
    EXPECT_TRUE(reserved_word("all"));
    EXPECT_FALSE(reserved_word("cvet"));
    EXPECT_FALSE(reserved_word(""));
}
