// Cron expressions as crontab(5) has them, in the account's zone: minute hour day month weekday,
// with lists, ranges, steps, names (MON, JAN) and @daily.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "etl/clock.hpp"
#include "etl/value.hpp"

namespace jobs {

class Cron {
public:
    // Error{usage} naming the field that cannot be read; `key` of [schedule] it stands at.
    explicit Cron(const std::string& expression, const std::string& key = "sync");
    // First moment after `after`; nullopt when there is none within five years (31 February). A
    // local time that summer time skips runs as much later as the clocks move (2:30 at 3:30 summer
    // time); one that comes twice runs the first time only.
    [[nodiscard]] std::optional<etl::Instant> next(etl::Instant after, const etl::Zone& zone) const;
    // Its moments in `count` days from `first` on, as minutes since 1970 by local time.
    [[nodiscard]] std::vector<std::chrono::minutes> moments(etl::Day first, int count) const;

private:
    [[nodiscard]] bool day_matches(etl::Day day) const;

    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<8> weekdays_;
    bool star_day_ = false, star_weekday_ = false;  // the field begins with *
};

}  // namespace jobs
