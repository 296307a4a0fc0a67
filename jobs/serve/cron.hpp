// Cron expressions of five fields in the account's zone: minute hour day month weekday, with lists,
// ranges and steps.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "etl/value.hpp"

namespace jobs {

class Cron {
public:
    explicit Cron(
        const std::string& expression);  // Error{usage} naming the field that cannot be read
    // First moment after `after`; nullopt when there is none within five years (31 February). A
    // local time that summer time skips runs as much later as the clocks move (2:30 at 3:30 summer
    // time); one that comes twice runs the first time only.
    [[nodiscard]] std::optional<etl::Instant> next(etl::Instant after, const etl::Zone& zone) const;
    // The shortest time between two runs over a week; a week when it runs more rarely.
    [[nodiscard]] etl::Micros shortest_interval() const;

private:
    [[nodiscard]] bool day_matches(etl::Day day) const;

    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<8> weekdays_;
    bool any_day_ = false, any_weekday_ = false;
};

// Error{usage} with the figure when the schedule cannot fit into the budget, however rarely is
// polled: "172 requests per 2h, 90 allowed; every 20 minutes would fit"; also when the expression
// cannot be read or never fires.
void check_schedule(const etl::Config& config);

}  // namespace jobs
