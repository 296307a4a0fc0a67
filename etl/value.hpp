// Text -> value by type, exactly; pure. What cannot be read gives no value and a reason, never a
// zero.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etl/clock.hpp"

namespace etl {

// `value` empty and `reason` null: the cell is empty. `reason` set: goes to journal.reject, with or
// without a value.
template <typename T>
struct Read {
    std::optional<T> value;
    const char* reason = nullptr;  // a stable code: "not money", "no such date", …
};

struct Money {
    std::int64_t hundredths = 0;
    std::string_view currency;  // ISO code of the word or sign behind the amount; empty when none
};
[[nodiscard]] Read<Money> read_money(std::string_view text);      // grammar of getcourse-api.md 7
[[nodiscard]] std::string format_money(std::int64_t hundredths);  // "12000.00"

[[nodiscard]] Read<std::int64_t> read_bigint(std::string_view text);
[[nodiscard]] Read<std::int32_t> read_integer(std::string_view text);
[[nodiscard]] Read<bool> read_boolean(
    std::string_view text);  // Да/1/true/yes and Нет/0/false/no, any case; empty: no value
[[nodiscard]] Read<Day> read_date(
    std::string_view text);  // YYYY-MM-DD, DD.MM.YYYY, with or without time behind

// The digits of a fixed place, such as the month of a date; -1: others stand there.
[[nodiscard]] int number_at(std::string_view text, std::size_t at, std::size_t digits);

// A zone of the IANA database with its history, read through Howard Hinnant's date.
class Zone {
public:
    explicit Zone(const std::string& name);  // Error{usage} with the nearest names when unknown
    ~Zone();
    Zone(Zone&&) noexcept;
    Zone& operator=(Zone&&) noexcept;
    [[nodiscard]] const std::string& name() const;
    // Local time -> instant. In a gap (clocks forward) the time moves forward by the gap and
    // `reason` is "time skipped by summer time"; at an overlap the first of the two is taken
    // without a reason.
    [[nodiscard]] Read<Instant> to_instant(std::chrono::local_time<Duration> local) const;
    [[nodiscard]] std::chrono::local_time<Duration> to_local(Instant t) const;
    [[nodiscard]] Day today(Instant now) const;
    // Midnight that begins `day` in this zone.
    [[nodiscard]] Instant begin_of(Day day) const;
    // For people: "03:31:10" in this zone, with the date before it when that is not today's.
    [[nodiscard]] std::string wall_clock(Instant t, Instant now) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};
// YYYY-MM-DD[ T]HH:MM[:SS], DD.MM.YYYY[ HH:MM[:SS]]; a date alone is its midnight; 0000-00-00… is
// empty with reason "zero date".
[[nodiscard]] Read<Instant> read_timestamp(std::string_view text, const Zone& zone);

[[nodiscard]] std::string email_key(
    std::string_view text);  // trimmed, lower case (also Cyrillic); empty when no @
[[nodiscard]] std::string phone_key(
    std::string_view text);  // digits; 8 and 10 more -> 7…; fewer than 7 digits: empty

// "1000001:2025-12-19, 1000002" -> pairs; a part that is no group makes the reason "not a group
// list".
[[nodiscard]] Read<std::vector<std::pair<std::int64_t, std::optional<Day>>>> read_groups(
    std::string_view text);

}  // namespace etl
