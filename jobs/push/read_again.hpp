// What a plan is about to change, read again before it is sent, so that nobody's later edit at the
// school is overwritten: whether that is worth its requests, and who does it.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "jobs/push/outbox.hpp"

namespace jobs {

// What the reading of some days would cost now.
struct ReadingCost {
    double requests = 0;
    int free = 0, limit = 0;  // of the budget
};
// `days`: of people or orders that the plan changes; `age`: of the mirror. Never without days;
// never while the mirror is younger than [write_back] read_again_after; at most half of what is
// free, and few requests for few changes. Pure.
struct ReadAgain {
    bool read = false;
    std::string why_not;  // for people; empty also when there is no need
};
[[nodiscard]] ReadAgain decide_reading(const OpenDays& days, etl::Duration age,
                                       const ReadingCost& cost, const etl::Config& config);

// The sync's exports, which this room does not know: composed by whoever starts a send.
struct Reader {
    std::function<ReadingCost(const OpenDays&)> cost;
    std::function<int(const OpenDays&)> read;  // exit code of a sync; may throw Error
};

// Days of creation of the people and orders that planned changes of `plan` edit.
[[nodiscard]] std::vector<OpenDays> days_to_read_again(etl::pg::Connection& connection,
                                                       const etl::Zone& zone, std::int64_t plan);

// Reads them again where that is worth it; says on `to` what was read, or why not. An Error other
// than stopped is said, too: what it concerns ends the send at its first request.
struct ReadAgainSaid {
    std::ostream& out;
    bool russian = false;
};
void read_again(etl::pg::Connection& connection, const etl::Config& config, const Reader& reader,
                std::int64_t plan, const ReadAgainSaid& to);

}  // namespace jobs
