// The dictionary: values in words, numbers as people write them, sentences by their templates.
#include "jobs/output/words.hpp"

#include <gtest/gtest.h>

using jobs::words::said;
using jobs::words::sentence;
using jobs::words::shown;

TEST(Words, OnlyValuesOfTheProgramAreTranslatedNeverNamesOfTheSchool) {
    EXPECT_EQ(shown("segment", "lost", true), "ушедшие");
    EXPECT_EQ(shown("product", "lost", true), "lost");
    EXPECT_EQ(shown("product", "t", true), "t");
    EXPECT_EQ(shown("product", "(none)", true), "(нет)");
    EXPECT_EQ(shown("balanced", "t", true), "да");
    EXPECT_EQ(shown("run_state", "died", true), "прервано");
    EXPECT_EQ(shown("table", "deals", false), "orders");
}

TEST(Words, NumbersAndDaysAreAsPeopleWriteThemAndNoDigitIsLost) {
    EXPECT_EQ(said("net", "-1234567890123456789.01", true),
              "−1\u00A0234\u00A0567\u00A0890\u00A0123\u00A0456\u00A0789,01");
    EXPECT_EQ(said("net", "999.00", true), "999,00");
    EXPECT_EQ(said("net", "1000", false), "1,000");
    EXPECT_EQ(said("order_number", "1000", true), "1000");
    EXPECT_EQ(said("day", "2026-11-26", true), "26.11.2026");
    EXPECT_EQ(said("day", "infinity", true), "infinity");
    EXPECT_EQ(said("loaded_at", "2026-11-26 03:41:07.123+03", true), "26.11.2026 03:41");
    EXPECT_EQ(said("user_ids", "{1,2}", true), "1, 2");
}

TEST(Words, OfManyNamesTheFirstFiveAreSaidAndThatThereAreMore) {
    EXPECT_EQ(jobs::words::first_few({}), "");
    EXPECT_EQ(jobs::words::first_few({"a", "b", "c", "d", "e"}), "a, b, c, d, e");
    EXPECT_EQ(jobs::words::first_few({"a", "b", "c", "d", "e", "f"}), "a, b, c, d, e, …");
}

TEST(Words, SentencesOfTheProgramAreSaidInRussianPartByPart) {
    EXPECT_EQ(sentence("the service cannot be reached: Connection refused", true),
              "сервис недоступен: в соединении отказано");
    EXPECT_EQ(sentence("the service cannot be reached: Connection refused", false),
              "the service cannot be reached: Connection refused");
    EXPECT_EQ(
        sentence("fits: 14 requests expected, 90 free now; done in about 2 min (60 s to 1.5 h)",
                 true),
        "помещается: ожидается запросов: 14, сейчас свободно: 90; закончится примерно через "
        "2\u00A0мин (от 60\u00A0с до 1,5\u00A0ч)");
    EXPECT_EQ(sentence("deals created_at 2026-09-01..2026-09-30", true),
              "заказы по дате создания 01.09.2026–30.09.2026");
    EXPECT_EQ(sentence("12 of 20 rows of deals could not be read", true),
              "строк таблицы «заказы» не прочитано: 12 из 20");
    EXPECT_EQ(sentence("something {} new", true), "something {} new");
    EXPECT_EQ(sentence("", true), "");
}

TEST(Words, WhatTheSchoolNamedItselfStaysAsItIsInsideASentence) {
    EXPECT_EQ(sentence("excluded: tag free", true), "исключено: тег free");
    EXPECT_EQ(sentence("excluded: product 2 h", true), "исключено: продукт 2 h");
    EXPECT_EQ(sentence("excluded: group users", true), "исключено: группа users");
}
