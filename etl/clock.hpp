// Time as an argument: instants in microseconds, days of the account, and the port through which
// anything ever waits.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace etl {

using Duration = std::chrono::microseconds;  // PostgreSQL's resolution
using Instant = std::chrono::sys_time<Duration>;
using Day =
    std::chrono::local_days;  // a whole day in the account's zone: no instant without a Zone

class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
    // Waits until `t` by this clock; false when stop was requested first. Never sleeps past a stop
    // by more than 100 ms.
    virtual bool sleep_until(Instant t, std::stop_token stop) = 0;
};
// `while_waiting` is called about every `every` of a wait: a watchdog wants signs of life.
[[nodiscard]] std::unique_ptr<Clock> system_clock(std::function<void()> while_waiting = {},
                                                  Duration every = std::chrono::seconds{10});

// Seconds since boot and the boot's id: evidence that survives a jump of the wall clock (Linux;
// empty id elsewhere).
struct BootTime {
    std::string boot_id;
    Duration since_boot{0};
};
[[nodiscard]] BootTime boot_time();

// "2026-09-01" <-> Day; only ISO, only days that exist. nullopt otherwise.
[[nodiscard]] std::optional<Day> parse_day(std::string_view text);
[[nodiscard]] std::string format_day(Day day);
// "2026-09-01T12:00:00.000000Z": what PostgreSQL takes for timestamptz. Back from that, and from
// what a session in UTC prints for timestamptz ("2026-09-01 12:00:00.5+00").
[[nodiscard]] std::string format_instant(Instant t);
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view utc_text);

// "15s" "5m" "2h" "31d" "250ms" -> duration; nullopt when unreadable.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(Duration d);  // the shortest exact form: "90s", "2h"
[[nodiscard]] std::string format_interval(Duration d);  // as PostgreSQL's interval takes it

}  // namespace etl
