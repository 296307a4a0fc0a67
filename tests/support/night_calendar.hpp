// The nights of a test, each a day of its own.
#pragma once

#include <utility>
#include <vector>

#include "etl/clock.hpp"

namespace test_support {

// Days of the account, which a test sets: from each of its nights on, until the next.
class NightCalendar {
public:
    NightCalendar() = default;
    explicit NightCalendar(etl::Day first) { begin(first); }
    void begin(etl::Day today);  // now; the same day again goes on
    void begin_next();           // the day after
    [[nodiscard]] etl::Day day_of(etl::Instant t) const;

private:
    std::vector<std::pair<etl::Instant, etl::Day>> nights_;
};

}  // namespace test_support
