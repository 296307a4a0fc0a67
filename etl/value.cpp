#include "etl/value.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

constexpr std::array<std::string_view, 3> kWideBlanks = {"\xC2\xA0", "\xE2\x80\xAF",
                                                         "\xE2\x80\x89"};  // U+00A0, U+202F, U+2009

using schema::lower;
using schema::trim;

struct CurrencyWord {
    std::string_view word, code;
};
constexpr std::array<CurrencyWord, 12> kCurrencyWords = {{{"руб.", "RUB"},
                                                          {"руб", "RUB"},
                                                          {"р.", "RUB"},
                                                          {"р", "RUB"},
                                                          {"₽", "RUB"},
                                                          {"$", "USD"},
                                                          {"€", "EUR"},
                                                          {"рубль", "RUB"},
                                                          {"рубля", "RUB"},
                                                          {"рублей", "RUB"},
                                                          {"£", "GBP"},
                                                          {"₸", "KZT"}}};
constexpr std::array<std::string_view, 34> kCodes = {
    "AED", "AMD", "AUD", "AZN", "BRL", "BYN", "BYR", "CAD", "CHF", "CZK", "DKK", "EUR",
    "GBP", "ILS", "INR", "JPY", "KGS", "KZT", "MNT", "MXN", "MYR", "NZD", "PLN", "RON",
    "RSD", "RUB", "SEK", "SGD", "TRY", "UAH", "USD", "UZS", "ZAR", "GEL"};

// Code of the word behind an amount; nullopt when it is none that is known.
std::optional<std::string_view> currency_of(std::string_view word) {
    if (word.empty()) return std::string_view{};
    const std::string folded = lower(word);
    for (const CurrencyWord& known : kCurrencyWords)
        if (folded == known.word) return known.code;
    for (const std::string_view code : kCodes)
        if (lower(code) == folded) return code;
    return std::nullopt;
}

// Length of a group blank at `at`: a blank, a wide blank or an apostrophe between digits.
std::size_t group_blank(std::string_view text, std::size_t at) {
    if (text[at] == ' ' || text[at] == '\'') return 1;
    for (const std::string_view blank : kWideBlanks)
        if (text.substr(at).starts_with(blank)) return blank.size();
    return 0;
}

bool three_digits(std::string_view text, std::size_t at) {
    return at + 3 <= text.size() && schema::is_digit(text[at]) && schema::is_digit(text[at + 1]) &&
           schema::is_digit(text[at + 2]) &&
           (at + 3 == text.size() || !schema::is_digit(text[at + 3]));
}

constexpr const char* kNoMoney = "not money";
constexpr std::int64_t kLargestWhole = 9'999'999'999'999'999;  // numeric(18,2)

bool take_minus(std::string_view& text) {
    for (const std::string_view sign : {"-", "\u2212", "+"}) {
        if (!text.starts_with(sign)) continue;
        text = trim(text.substr(sign.size()));
        return sign != "+";
    }
    return false;
}

// "1,990.00", "1,234,567.89": commas before three digits each, up to a dot with decimals, are group
// marks.
bool has_comma_groups(std::string_view text) {
    std::size_t at = text.find(',');
    if (at == std::string_view::npos) return false;
    for (; at < text.size() && text[at] == ','; at += 4)
        if (!three_digits(text, at + 1)) return false;
    return at + 1 < text.size() && text[at] == '.' && schema::is_digit(text[at + 1]);
}

// The digits before the decimals and what groups them; the reason when there are none.
const char* take_whole(std::string_view& text, std::int64_t& whole) {
    if (text.empty() || !schema::is_digit(text[0])) return kNoMoney;
    const bool comma_groups = has_comma_groups(text);
    std::size_t at = 0;
    while (at < text.size()) {
        if (schema::is_digit(text[at])) {
            whole = whole * 10 + (text[at++] - '0');
            if (whole > kLargestWhole) return "amount too large";
        } else if (comma_groups && text[at] == ',') {
            ++at;
        } else if (const std::size_t blank = group_blank(text, at);
                   blank > 0 && three_digits(text, at + blank)) {
            at += blank;
        } else {
            break;
        }
    }
    text.remove_prefix(at);
    return nullptr;
}

// A mark with one or two digits, more when the further ones are zeros; exactly three may as well be
// thousands (getcourse-api.md 7).
const char* take_decimals(std::string_view& text, std::int64_t& hundredths) {
    if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !schema::is_digit(text[1]))
        return nullptr;
    std::size_t at = 1;
    bool zeros = true;
    for (; at < text.size() && schema::is_digit(text[at]); ++at) {
        if (at <= 2)
            hundredths = hundredths * 10 + (text[at] - '0');
        else
            zeros = zeros && text[at] == '0';
    }
    const std::size_t decimals = at - 1;
    if (decimals == 3) return "thousands or decimals";
    if (!zeros) return "more than two decimals";
    if (decimals > 4) return kNoMoney;
    if (decimals == 1) hundredths *= 10;
    text.remove_prefix(at);
    return nullptr;
}

constexpr const char* kNoDate = "no such date";
constexpr int kFirstYear = 1900, kLastYear = 2200;  // what people can mean by a date
constexpr std::size_t kLongestEmail = 320;          // RFC 3696: 64 + 1 + 255
constexpr std::size_t kLongestPhone = 32;           // the longest number of ITU E.164 has 15

// A date at the beginning of `text` in either notation; the rest is left in `text`. Zero dates have
// no value and a reason.
Read<Day> take_date(std::string_view& text) {
    int year = 0, month = 0, day = 0;
    if (text.size() >= 10 && text[4] == '-' && text[7] == '-')
        year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
    else if (text.size() >= 10 && text[2] == '.' && text[5] == '.')
        day = number_at(text, 0, 2), month = number_at(text, 3, 2), year = number_at(text, 6, 4);
    else
        return {std::nullopt, kNoDate};
    text.remove_prefix(10);
    if (year == 0 && month == 0 && day == 0) return {std::nullopt, "zero date"};
    if (year < 1 || month < 1 || day < 1) return {std::nullopt, kNoDate};
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return {std::nullopt, kNoDate};
    if (year < kFirstYear || year > kLastYear)
        return {std::nullopt, "date before 1900 or after 2200"};
    return {Day{date}, nullptr};
}

// HH:MM[:SS[.fraction]] and nothing behind it; nullopt otherwise.
std::optional<Duration> read_time(std::string_view text) {
    if (text.size() < 5 || text[2] != ':') return std::nullopt;
    const int hour = number_at(text, 0, 2), minute = number_at(text, 3, 2);
    int second = 0;
    text.remove_prefix(5);
    if (!text.empty()) {
        if (text.size() < 3 || text[0] != ':') return std::nullopt;
        second = number_at(text, 1, 2);
        text.remove_prefix(3);
        if (!text.empty() &&
            (text[0] != '.' || !std::all_of(text.begin() + 1, text.end(), schema::is_digit)))
            return std::nullopt;
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return std::nullopt;
    return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

}  // namespace

int number_at(std::string_view text, std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
        if (i >= text.size() || !schema::is_digit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

Read<Money> read_money(std::string_view given) {
    std::string_view text = trim(given);
    if (text.empty()) return {};
    const bool negative = take_minus(text);
    std::int64_t whole = 0;
    if (const char* reason = take_whole(text, whole)) return {std::nullopt, reason};
    std::int64_t hundredths = 0;
    if (const char* reason = take_decimals(text, hundredths)) return {std::nullopt, reason};
    const std::optional<std::string_view> currency = currency_of(trim(text));
    if (!currency) return {std::nullopt, kNoMoney};
    const std::int64_t amount = whole * 100 + hundredths;
    return {Money{negative ? -amount : amount, *currency}, nullptr};
}

std::string format_money(std::int64_t hundredths) {
    char text[24];  // 19 digits, sign, point
    const std::uint64_t size = hundredths < 0 ? 0 - static_cast<std::uint64_t>(hundredths)
                                              : static_cast<std::uint64_t>(hundredths);
    char* end = text;
    if (hundredths < 0) *end++ = '-';
    end = std::to_chars(end, text + sizeof text, size / 100).ptr;
    *end++ = '.';
    *end++ = static_cast<char>('0' + size % 100 / 10);
    *end++ = static_cast<char>('0' + size % 10);
    return {text, end};
}

Read<std::int64_t> read_bigint(std::string_view given) {
    const std::string_view text = trim(given);
    if (text.empty()) return {};
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return {std::nullopt, "not a whole number"};
    return {value, nullptr};
}

Read<std::int32_t> read_integer(std::string_view text) {
    const Read<std::int64_t> wide = read_bigint(text);
    if (!wide.value) return {std::nullopt, wide.reason};
    if (*wide.value > std::numeric_limits<std::int32_t>::max() ||
        *wide.value < std::numeric_limits<std::int32_t>::min())
        return {std::nullopt, "not a whole number"};
    return {static_cast<std::int32_t>(*wide.value), nullptr};
}

Read<bool> read_boolean(std::string_view given) {
    const std::string text = lower(trim(given));
    if (text.empty()) return {};
    if (text == "да" || text == "1" || text == "true" || text == "yes") return {true, nullptr};
    if (text == "нет" || text == "0" || text == "false" || text == "no") return {false, nullptr};
    return {std::nullopt, "not yes or no"};
}

Read<Day> read_date(std::string_view given) {
    std::string_view text = trim(given);
    if (text.empty()) return {};
    const Read<Day> day = take_date(text);
    if (!day.value || text.empty()) return day;
    if ((text[0] != ' ' && text[0] != 'T') || !read_time(text.substr(1)))
        return {std::nullopt, kNoDate};
    return day;
}

struct Zone::State {
    const date::time_zone* zone = nullptr;
    std::string name;
};

Zone::Zone(const std::string& name) : state_(std::make_unique<State>()) {
    state_->name = name;
    try {
        state_->zone = date::locate_zone(name);
    } catch (const std::exception&) {
        std::vector<std::string> zones;
        for (const date::time_zone& zone : date::get_tzdb().zones) zones.push_back(zone.name());
        throw Error(Kind::usage,
                    "time zone \"" + name +
                        "\" is unknown; expected a name of the IANA database such as Europe/Moscow",
                    "Near to it: " + nearest_text(name, zones) + ".");
    }
}

Zone::~Zone() = default;
Zone::Zone(Zone&&) noexcept = default;
Zone& Zone::operator=(Zone&&) noexcept = default;

const std::string& Zone::name() const { return state_->name; }

Read<Instant> Zone::to_instant(std::chrono::local_time<Duration> local) const {
    const date::local_time<Duration> there{local.time_since_epoch()};
    const date::local_info info = state_->zone->get_info(there);
    // first: the offset before the change, which is the earlier of two and carries a skipped time
    // forward
    return {Instant{local.time_since_epoch() - info.first.offset},
            info.result == date::local_info::nonexistent ? "time skipped by summer time" : nullptr};
}

std::chrono::local_time<Duration> Zone::to_local(Instant t) const {
    const date::sys_info info =
        state_->zone->get_info(date::sys_time<Duration>{t.time_since_epoch()});
    return std::chrono::local_time<Duration>{t.time_since_epoch() + info.offset};
}

Day Zone::today(Instant now) const { return std::chrono::floor<std::chrono::days>(to_local(now)); }

Instant Zone::begin_of(Day day) const { return *to_instant(day).value; }

std::string Zone::wall_clock(Instant t, Instant now) const {
    const std::string local = format_instant(Instant{to_local(t).time_since_epoch()});
    const std::string time = local.substr(11, 8);
    return today(t) == today(now) ? time : local.substr(0, 10) + " " + time;
}

Read<Instant> read_timestamp(std::string_view given, const Zone& zone) {
    std::string_view text = trim(given);
    if (text.empty()) return {};
    const Read<Day> day = take_date(text);
    if (!day.value) return {std::nullopt, day.reason};
    Duration time{0};
    if (!text.empty()) {
        const std::optional<Duration> read =
            text[0] == ' ' || text[0] == 'T' ? read_time(text.substr(1)) : std::nullopt;
        if (!read) return {std::nullopt, "no such time"};
        time = *read;
    }
    return zone.to_instant(*day.value + time);
}

std::string email_key(std::string_view text) {
    const std::string_view trimmed = trim(text);
    if (trimmed.size() > kLongestEmail || trimmed.find('@') == std::string_view::npos) return {};
    return lower(trimmed);
}

std::string phone_key(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (schema::is_digit(c)) digits += c;
    if (digits.size() < 7 || digits.size() > kLongestPhone) return {};
    if (digits.size() == 11 && digits[0] == '8') digits[0] = '7';
    return digits;
}

Read<std::vector<std::pair<std::int64_t, std::optional<Day>>>> read_groups(std::string_view given) {
    std::vector<std::pair<std::int64_t, std::optional<Day>>> groups;
    std::string_view text = trim(given);
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view part = trim(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        const std::size_t colon = std::min(part.find(':'), part.size());
        const Read<std::int64_t> id = read_bigint(part.substr(0, colon));
        if (!id.value) return {std::nullopt, "not a group list"};
        std::optional<Day> day;
        if (colon < part.size()) {
            const Read<Day> read = read_date(part.substr(colon + 1));
            if (read.reason != nullptr) return {std::nullopt, "not a group list"};
            day = read.value;
        }
        groups.emplace_back(*id.value, day);
    }
    return {groups, nullptr};
}

}  // namespace etl
