#include "jobs/push/read_again.hpp"

#include <fmt/ostream.h>

#include <algorithm>
#include <cmath>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/output/words.hpp"
#include "jobs/push/mirror_state.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr double kFewRequests = 5;  // an export with its polls, and the list of fields

std::string what(const OpenDays& days) {
    return fmt::format("{} created {}..{}", days.table, etl::format_day(days.from),
                       etl::format_day(days.to));
}

// Since these very days were read: by an earlier send of the plan, say.
etl::Duration read_ago(etl::pg::Connection& connection, const OpenDays& days) {
    const auto found =
        connection.query(push_sql("days_read_ago"),
                         {days.table, etl::format_day(days.from), etl::format_day(days.to)});
    return found.at(0, 0) ? etl::Duration{found.number(0, 0)} : etl::Duration::max();
}

void say_not_read(const ReadAgainSaid& to, const OpenDays& days, const std::string& reason,
                  const MirrorState& state) {
    to.out << words::say(to.russian,
                         "not read again before sending, {}: {}; edits at the school since {} are "
                         "not seen",
                         what(days), etl::log::redacted(reason), state.local)
           << '\n';
}

}  // namespace

ReadAgain decide_reading(const OpenDays& days, etl::Duration age, const ReadingCost& cost,
                         const etl::Config& config) {
    if (days.changes == 0 || age <= config.write_back.read_again_after) return {};
    const std::string price =
        fmt::format("about {} requests", std::lround(std::ceil(cost.requests)));
    if (cost.requests > cost.free / 2.0)
        return {false, fmt::format("it takes {} and {} of {} are free, half of which are left for "
                                   "syncs",
                                   price, cost.free, cost.limit)};
    if (cost.requests > kFewRequests + static_cast<double>(days.changes))
        return {false, fmt::format("it takes {} for {} changes", price, days.changes)};
    return {true, ""};
}

std::vector<OpenDays> days_to_read_again(etl::pg::Connection& connection, const etl::Zone& zone,
                                         std::int64_t plan) {
    return read_days(
        connection.query(push_sql("days_to_read_again"), {zone.name(), std::to_string(plan)}));
}

void read_again(etl::pg::Connection& connection, const etl::Config& config, const Reader& reader,
                std::int64_t plan, const ReadAgainSaid& to) {
    if (!reader.read) return;
    const MirrorState state = read_mirror_state(connection, config);
    const etl::Zone zone(config.getcourse.time_zone);
    for (const OpenDays& days : days_to_read_again(connection, zone, plan)) {
        try {
            const etl::Duration age = std::min(state.age, read_ago(connection, days));
            if (age <= config.write_back.read_again_after) continue;  // no cost to look up
            const ReadAgain decided = decide_reading(days, age, reader.cost(days), config);
            if (!decided.read) {
                say_not_read(to, days, decided.why_not, state);
                continue;
            }
            const int code = reader.read(days);
            if (code == 0 || code == etl::exit_code(Kind::rejects))
                to.out << words::say(to.russian,
                                     code == 0 ? "read again before sending: {}"
                                               : "read again before sending: {}, with remarks: "
                                                 "gcmirror status shows them",
                                     what(days))
                       << '\n';
            else
                say_not_read(to, days, fmt::format("the reading ended with exit {}", code), state);
        } catch (const Error& error) {
            if (error.kind() == Kind::stopped) throw;
            say_not_read(to, days, error.what(), state);
        }
    }
}

}  // namespace jobs
