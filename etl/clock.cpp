#include "etl/clock.hpp"

#include <fmt/format.h>
#include <ctime>

#include <array>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>

namespace etl {
namespace {

constexpr Duration kLongestNap =
    std::chrono::milliseconds{100};  // a jump of the clock or a stop is noticed within this

class SystemClock final : public Clock {
public:
    SystemClock(std::function<void()> while_waiting, Duration every)
        : while_waiting_(std::move(while_waiting)), every_(every) {}

    [[nodiscard]] Instant now() const override {
        return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    }

    bool sleep_until(Instant t, std::stop_token stop) override {
        std::mutex mutex;
        std::condition_variable_any woken;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
            const Duration left = t - now();
            if (left <= Duration{0}) return true;
            woken.wait_for(lock, stop, std::min(left, kLongestNap), [] { return false; });
            give_sign_of_life();
        }
        return false;
    }

private:
    void give_sign_of_life() {
        if (!while_waiting_ || std::chrono::steady_clock::now() - last_sign_ < every_) return;
        last_sign_ = std::chrono::steady_clock::now();
        while_waiting_();
    }

    std::function<void()> while_waiting_;
    Duration every_;
    std::chrono::steady_clock::time_point last_sign_ = std::chrono::steady_clock::now();
};

// All of `text` as digits; -1 when it is not.
int digits(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty() ||
        text[0] == '-' || text[0] == '+')
        return -1;
    return number;
}

struct Unit {
    std::string_view name;
    Duration length;
};
constexpr std::array<Unit, 5> kUnits = {{{"d", std::chrono::hours{24}},
                                         {"h", std::chrono::hours{1}},
                                         {"m", std::chrono::minutes{1}},
                                         {"s", std::chrono::seconds{1}},
                                         {"ms", std::chrono::milliseconds{1}}}};

}  // namespace

std::unique_ptr<Clock> system_clock(std::function<void()> while_waiting, Duration every) {
    return std::make_unique<SystemClock>(std::move(while_waiting), every);
}

BootTime boot_time() {
    BootTime boot;
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::getline(file, boot.boot_id);
    timespec since{};
    if (clock_gettime(CLOCK_BOOTTIME, &since) != 0) return {};
    boot.since_boot = std::chrono::seconds{since.tv_sec} +
                      std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{since.tv_nsec});
    return boot;
}

std::optional<Day> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const int year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)),
              day = digits(text.substr(8, 2));
    if (year < 0 || month < 0 || day < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    return Day{date};
}

std::string format_day(Day day) {
    const std::chrono::year_month_day date{day};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text.data();
}

std::string format_instant(Instant t) {
    const std::chrono::local_time<Duration> utc{t.time_since_epoch()};
    const Day day = std::chrono::floor<std::chrono::days>(utc);
    const std::chrono::hh_mm_ss<Duration> time{utc - day};
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "T%02d:%02d:%02d.%06dZ",
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return format_day(day) + text.data();
}

std::optional<Instant> parse_instant(std::string_view text) {
    if (text.ends_with("+00"))
        text.remove_suffix(3);
    else if (text.ends_with('Z'))
        text.remove_suffix(1);
    else
        return std::nullopt;
    if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
        text[16] != ':')
        return std::nullopt;
    const std::optional<Day> day = parse_day(text.substr(0, 10));
    const int hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
              second = digits(text.substr(17, 2));
    if (!day || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return std::nullopt;
    Instant instant = std::chrono::sys_days{day->time_since_epoch()} + std::chrono::hours{hour} +
                      std::chrono::minutes{minute} + std::chrono::seconds{second};
    std::string fraction(text.substr(19));
    if (fraction.empty()) return instant;
    if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 7) return std::nullopt;
    fraction.resize(7, '0');
    const int micros = digits(std::string_view(fraction).substr(1));
    if (micros < 0) return std::nullopt;
    return instant + Duration{micros};
}

std::optional<Duration> parse_duration(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    const int number = digits(text.substr(0, end));
    if (number < 0) return std::nullopt;
    for (const Unit& unit : kUnits)
        if (text.substr(end) == unit.name) return unit.length * number;
    return std::nullopt;
}

std::string format_duration(Duration d) {
    std::string shortest =
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + "ms";
    for (const Unit& unit : kUnits) {
        if (d.count() % unit.length.count() != 0) continue;
        const std::string text = std::to_string(d / unit.length) + std::string(unit.name);
        if (text.size() < shortest.size()) shortest = text;
    }
    return shortest;
}

// Not in microseconds: PostgreSQL 14 takes no number above 2^31 for a field.
std::string format_interval(Duration d) {
    const auto [seconds, micros] = std::lldiv(std::abs(d.count()), 1000000);
    return fmt::format("{}{}.{:06} seconds", d.count() < 0 ? "-" : "", seconds, micros);
}

}  // namespace etl
