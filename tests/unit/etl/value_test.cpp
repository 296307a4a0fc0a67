#include "etl/value.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"

using namespace etl;
using namespace std::chrono_literals;

namespace {
std::string money(std::string_view text) {
    const Read<Money> read = read_money(text);
    if (!read.value) return read.reason == nullptr ? "empty" : read.reason;
    return format_money(read.value->hundredths) +
           (read.value->currency.empty() ? "" : " " + std::string(read.value->currency));
}
std::string instant(std::string_view text, const char* zone = "Europe/Moscow") {
    const Read<Instant> read = read_timestamp(text, Zone(zone));
    return (read.value ? format_instant(*read.value) : std::string("none")) +
           (read.reason == nullptr ? "" : std::string(": ") + read.reason);
}
}  // namespace

TEST(Money, ReadsEveryWritingThatWasSeen) {
    for (const auto& [text, expected] :
         std::vector<std::pair<std::string, std::string>>{{"9990", "9990.00"},
                                                          {"9990.00", "9990.00"},
                                                          {"12 000,00", "12000.00"},
                                                          {"12\u00a0000,00", "12000.00"},
                                                          {"12\u202f000,5", "12000.50"},
                                                          {"1\u2009234\u2009567,89", "1234567.89"},
                                                          {"265.40", "265.40"},
                                                          {"1 990.5", "1990.50"},
                                                          {"300 руб.", "300.00 RUB"},
                                                          {"1 990 руб.", "1990.00 RUB"},
                                                          {"349,65 руб.", "349.65 RUB"},
                                                          {"12 000 р.", "12000.00 RUB"},
                                                          {"5 ₽", "5.00 RUB"},
                                                          {"1,990.00", "1990.00"},
                                                          {"1,990.00 USD", "1990.00 USD"},
                                                          {"-5,10 BYN", "-5.10 BYN"},
                                                          {"0", "0.00"},
                                                          {"1'000", "1000.00"},
                                                          {"7.5000", "7.50"},
                                                          {" 12 ", "12.00"},
                                                          {"", "empty"}})
        EXPECT_EQ(money(text), expected) << text;
}

TEST(Money, WhatCannotBeReadIsUnknownAndNeverZero) {
    for (const char* text : {"-", "бесплатно", "12 34", "12.34.56", "руб.", "1e5",
                             "12 000 тугриков", "1,2,3", "--5", "12,"})
        EXPECT_EQ(money(text), "not money") << text;
    EXPECT_EQ(money("1.0051"), "more than two decimals");
    EXPECT_EQ(money("99999999999999999999"), "amount too large");
    EXPECT_EQ(money("10000000000000000"), "amount too large");
    EXPECT_EQ(money("9999999999999999.99"), "9999999999999999.99");
}

TEST(Values, IdsAreExactTo64Bits) {
    EXPECT_EQ(read_bigint("9007199254740993").value, 9007199254740993);
    EXPECT_EQ(read_bigint("-1").value, -1);
    EXPECT_STREQ(read_bigint("123XXX").reason, "not a whole number");
    EXPECT_STREQ(read_bigint("99999999999999999999").reason, "not a whole number");
    EXPECT_EQ(read_bigint("").reason, nullptr);
}

TEST(Values, YesAndNoInTheirForms) {
    EXPECT_EQ(read_boolean("Да").value, true);
    EXPECT_EQ(read_boolean("0").value, false);
    EXPECT_FALSE(read_boolean("").value);
    EXPECT_STREQ(read_boolean("Частично").reason, "not yes or no");
}

TEST(Dates, BothNotationsAndNothingThatDoesNotExist) {
    EXPECT_EQ(format_day(*read_date("1991-05-17").value), "1991-05-17");
    EXPECT_EQ(format_day(*read_date("01.02.2026").value), "2026-02-01");
    EXPECT_STREQ(read_date("0000-00-00").reason, "zero date");
    for (const char* text : {"31.02.2026", "03/01/2026", "2026-13-01", "вчера", "2026-02-01 25:00"})
        EXPECT_STREQ(read_date(text).reason, "no such date") << text;
}

TEST(Timestamps, AreReadInTheZoneWithItsHistory) {
    EXPECT_EQ(instant("2026-02-01 10:05:12"), "2026-02-01T07:05:12.000000Z");
    EXPECT_EQ(instant("2014-10-25 12:00:00"),
              "2014-10-25T08:00:00.000000Z");  // Moscow was UTC+4 until 26 October 2014
    EXPECT_EQ(instant("21.02.2026 08:05"), "2026-02-21T05:05:00.000000Z");
    EXPECT_EQ(instant("2026-02-23T10:00:00"), "2026-02-23T07:00:00.000000Z");
    EXPECT_EQ(instant("2026-02-23"), "2026-02-22T21:00:00.000000Z");
    EXPECT_EQ(instant("0000-00-00 00:00:00"), "none: zero date");
    EXPECT_EQ(instant("2026-02-23 24:61"), "none: no such time");
}

TEST(Timestamps, SkippedHoursMoveForwardAndDoubleHoursAreTheFirst) {
    EXPECT_EQ(instant("2026-03-29 02:30:00", "Europe/Berlin"),
              "2026-03-29T01:30:00.000000Z: time skipped by summer time");
    EXPECT_EQ(instant("2026-10-25 02:30:00", "Europe/Berlin"), "2026-10-25T00:30:00.000000Z");
}

TEST(Timestamps, TodayIsTheAccountsDay) {
    EXPECT_EQ(format_day(Zone("Asia/Vladivostok").today(*parse_instant("2026-11-24T20:00:00Z"))),
              "2026-11-25");
    EXPECT_EQ(format_instant(Zone("Europe/Moscow").begin_of(*parse_day("2026-11-25"))),
              "2026-11-24T21:00:00.000000Z");
}

TEST(Timestamps, AreSaidWithTheirDateWhenTheyAreNotOfToday) {
    const Zone zone("Europe/Moscow");
    const Instant now = *parse_instant("2026-11-24T20:30:00Z");
    EXPECT_EQ(zone.wall_clock(*parse_instant("2026-11-24T20:59:59Z"), now), "23:59:59");
    EXPECT_EQ(zone.wall_clock(*parse_instant("2026-11-24T21:00:00Z"), now), "2026-11-25 00:00:00");
    EXPECT_EQ(zone.wall_clock(*parse_instant("2026-11-22T12:00:00Z"), now), "2026-11-22 15:00:00");
}

TEST(Timestamps, AnUnknownZoneNamesItsNeighbours) {
    try {
        Zone zone("Europe/Moskow");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::usage);
        EXPECT_NE(error.hint().find("Europe/Moscow"), std::string::npos);
    }
}

TEST(Keys, EmailsAndPhonesAreFoldedForJoining) {
    EXPECT_EQ(email_key("Anna.K@Example.com "), "anna.k@example.com");
    EXPECT_EQ(email_key("ПОЧТА@Ёлка.РФ"), "почта@ёлка.рф");
    EXPECT_EQ(email_key("none"), "");
    EXPECT_EQ(phone_key("8 (900) 000-00-12"), "79000000012");
    EXPECT_EQ(phone_key("+375 29 000-00-13"), "375290000013");
    EXPECT_EQ(phone_key("12-34"), "");
}

TEST(Groups, AreReadWithAndWithoutDates) {
    const auto groups = read_groups("3971958:2025-12-19, 4059687");
    ASSERT_EQ(groups.value->size(), 2u);
    EXPECT_EQ(format_day(*groups.value->at(0).second), "2025-12-19");
    EXPECT_FALSE(groups.value->at(1).second);
    EXPECT_TRUE(read_groups("").value->empty());
    EXPECT_STREQ(read_groups("VIP, 5").reason, "not a group list");
}

TEST(Money, ExactlyThreeDigitsBehindOneMarkAreUnknown) {
    for (const char* text : {"17,000", "2.000", "1.005", "12,345 руб.", "14 250,000"}) {
        EXPECT_FALSE(read_money(text).value) << text;
        EXPECT_STREQ(read_money(text).reason, "thousands or decimals") << text;
    }
    EXPECT_EQ(read_money("2.0000").value->hundredths, 200);
    EXPECT_EQ(read_money("3,480.00").value->hundredths, 348000);
    EXPECT_EQ(read_money("1,234,567.89").value->hundredths, 123456789);
    EXPECT_EQ(read_money("\u2212"
                         "18,5")
                  .value->hundredths,
              -1850);
    EXPECT_FALSE(read_money("1,000,000").value);
}

TEST(Dates, ADateThatNobodyCanMeanIsAReject) {
    static const Zone zone("Europe/Moscow");
    for (const char* text : {"0001-01-01 00:00:00", "1899-12-31", "2201-01-01", "9999-12-31"}) {
        EXPECT_STREQ(read_date(text).reason, "date before 1900 or after 2200") << text;
        EXPECT_FALSE(read_timestamp(text, zone).value) << text;
    }
    EXPECT_TRUE(read_date("1900-01-01").value);
    EXPECT_TRUE(read_date("2200-12-31").value);
    EXPECT_FALSE(read_timestamp("20226-04-10 15:00:00", zone).value);
    EXPECT_FALSE(read_date("10.04.20226").value);
}

TEST(Keys, WhatIsTooLongForAnIndexIsNoKey) {
    EXPECT_EQ(email_key(std::string(320, 'a') + "@example.com"), "");
    EXPECT_EQ(phone_key(std::string(40, '7')), "");
    EXPECT_EQ(email_key("ЇЖАК@Приклад.УКР"), "їжак@приклад.укр");
}
