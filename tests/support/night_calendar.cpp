#include "tests/support/night_calendar.hpp"

namespace test_support {

void NightCalendar::begin(etl::Day today) {
    if (nights_.empty() || nights_.back().second != today)
        nights_.emplace_back(nights_.empty() ? etl::Instant{} : etl::system_clock()->now(), today);
}

void NightCalendar::begin_next() { begin(nights_.back().second + std::chrono::days{1}); }

etl::Day NightCalendar::day_of(etl::Instant t) const {
    etl::Day found = nights_.front().second;
    for (const auto& [begin, date] : nights_)
        if (begin <= t) found = date;
    return found;
}

}  // namespace test_support
