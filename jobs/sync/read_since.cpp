#include "jobs/sync/read_since.hpp"

#include <algorithm>
#include <set>

#include "jobs/sync/sql.hpp"

namespace jobs {
namespace {

using etl::Day;
using std::chrono::days;

}  // namespace

std::optional<std::int64_t> read_since(etl::pg::Connection& connection, etl::Journal& journal,
                                       const etl::ExportRow& row, const DayOf& day_of) {
    const etl::ExportQuery& asked = row.query;
    const etl::Instant started = row.started_at.value_or(row.intended_at);
    const Day last = asked.to.value_or(day_of(started));
    const Day first = asked.from.value_or(last);
    std::set<Day> left;
    for (Day day = first; day <= last; day += days{1}) left.insert(day);
    bool open_below = !asked.from;
    std::optional<std::int64_t> newest;
    const auto read = [&](std::int64_t id, std::optional<Day> from, Day to) {
        left.erase(from ? left.lower_bound(*from) : left.begin(), left.upper_bound(to));
        if (!from) open_below = false;
        newest = std::max(newest.value_or(id), id);
    };
    const auto loaded = connection.query(
        sync_sql("read_since"), {asked.resource, asked.filter, asked.status,
                                 std::to_string(asked.group_id), etl::format_instant(started)});
    for (std::size_t i = 0; i < loaded.rows(); ++i)
        read(loaded.number(i, 0), etl::parse_day(loaded.text(i, 1)),
             etl::parse_day(loaded.text(i, 2)).value_or(last));
    for (const etl::ExportRow& other : journal.exports({etl::ExportState::received}))
        if (other.id != row.id && !other.repeated && other.query.resource == asked.resource &&
            other.query.filter == asked.filter && other.query.status == asked.status &&
            other.query.group_id == asked.group_id &&
            other.started_at.value_or(other.intended_at) > started)
            read(other.id, other.query.from, other.query.to.value_or(last));
    return left.empty() && !open_below ? newest : std::nullopt;
}

}  // namespace jobs
