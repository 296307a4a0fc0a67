#include "jobs/push/allowance.hpp"

#include <chrono>

#include "etl/value.hpp"

namespace jobs {

using std::chrono::year_month_day;

etl::Day allowance_period(etl::Day today, int begins) {
    const year_month_day date{today};
    const auto month = date.year() / date.month();
    const std::chrono::day day{static_cast<unsigned>(begins)};
    return date.day() >= day ? etl::Day{month / day}
                             : etl::Day{(month - std::chrono::months{1}) / day};
}

etl::Day next_allowance_period(etl::Day today, int begins) {
    const year_month_day date{allowance_period(today, begins)};
    return etl::Day{(date.year() / date.month() + std::chrono::months{1}) / date.day()};
}

Created created_in(etl::pg::Connection& connection, etl::Day period) {
    const auto found = connection.query(
        "SELECT coalesce(sum(objects) FILTER (WHERE state IN ('reserved', 'made')), 0), count(*) "
        "FILTER (WHERE state = 'exhausted') FROM outbox.creation WHERE period = $1",
        {etl::format_day(period)});
    return {found.number(0, 0), found.number(0, 1) > 0};
}

std::int64_t created_this_month(etl::pg::Connection& connection, const etl::Config& config) {
    const etl::Day today = etl::Zone(config.getcourse.time_zone).today(etl::system_clock()->now());
    return created_in(connection, allowance_period(today, config.write_back.allowance_day)).objects;
}

void note_creation(etl::pg::Connection& connection, etl::Day period, std::int64_t change,
                   int objects, const std::string& state) {
    const std::vector<etl::pg::Param> values = {etl::format_day(period), std::to_string(change),
                                                std::to_string(objects), state};
    const auto known = connection.query(
        "UPDATE outbox.creation SET period = $1, objects = $3, state = $4, at = clock_timestamp() "
        "WHERE change_id = $2",
        values);
    if (known.affected() == 0)
        connection.query(
            "INSERT INTO outbox.creation (period, change_id, objects, state) VALUES ($1, $2, $3, "
            "$4)",
            values);
}

void note_exhausted(etl::pg::Connection& connection, etl::Day period) {
    connection.query(
        "INSERT INTO outbox.creation (period, objects, state) VALUES ($1, 0, 'exhausted')",
        {etl::format_day(period)});
}

}  // namespace jobs
