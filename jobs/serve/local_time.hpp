// Moments as people of the account read them.
#pragma once

#include <string>

#include "etl/clock.hpp"
#include "etl/value.hpp"

namespace jobs {

// "2026-05-02 03:30"
[[nodiscard]] inline std::string local_minute(etl::Instant t, const etl::Zone& zone) {
    const etl::Instant local{zone.to_local(t).time_since_epoch()};
    return etl::format_instant(local).substr(0, 16).replace(10, 1, " ");
}
// "03:30" on the day of `now`, else with the date.
[[nodiscard]] inline std::string local_moment(etl::Instant t, etl::Instant now,
                                              const etl::Zone& zone) {
    const std::string minute = local_minute(t, zone);
    return zone.today(t) == zone.today(now) ? minute.substr(11) : minute;
}

}  // namespace jobs
