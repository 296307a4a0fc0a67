// The simulator's own reading and writing of texts, days and amounts. It shares none of this with
// the client, so that an error in one cannot hide in both.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

using Day = std::chrono::local_days;  // of the account's calendar
using Duration = std::chrono::microseconds;

[[nodiscard]] std::string json_text(std::string_view text);  // quoted and escaped
[[nodiscard]] std::string lower(std::string text);           // ASCII letters
[[nodiscard]] std::string trimmed(const std::string& text);  // of blanks and tabs
// The non-empty items of a comma list, trimmed.
[[nodiscard]] std::vector<std::string> split(const std::string& text);

[[nodiscard]] std::string format_day(Day day);  // 2026-02-01
// YYYY-MM-DD of a day that exists; anything else is none.
[[nodiscard]] std::optional<Day> parse_day(const std::string& text);
[[nodiscard]] std::string format_amount(std::int64_t hundredths);  // 9990.00
// "1990.50", "1 990,5", "-5"; hundredths. None where it is no amount.
[[nodiscard]] std::optional<std::int64_t> parse_amount(const std::string& text);

// The number that `text` begins with, as PHP casts it: "12abc" is 12, "x" is 0.
[[nodiscard]] std::int64_t leading_number(std::string_view text);

[[nodiscard]] std::string email_key(const std::string& email);  // trimmed, lower case
[[nodiscard]] std::string phone_key(const std::string& phone);  // last ten digits
// 1, да, yes, true in any case (getcourse-api.md 8.3); all else is no.
[[nodiscard]] bool is_yes(const std::string& text);

// The wall clock of the account.
class AccountClock {
public:
    explicit AccountClock(std::string zone);  // an IANA name; throws when unknown
    // "19:03:11" of now; the day is the school's own.
    [[nodiscard]] std::string time_of_day() const;

private:
    std::string zone_;
};

}  // namespace simulator
