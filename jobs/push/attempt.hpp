// One attempt to send a change: its rows in the outbox, and what an answer means for it.
#pragma once

#include <cstdint>
#include <string>

#include "etl/api.hpp"
#include "etl/pg.hpp"
#include "jobs/push/outbox.hpp"

namespace jobs {

struct AttemptResult {
    std::string outcome;  // of outbox.attempt: written, refused, unclear, not_sent, not_taken,
                          // allowance
    std::string state;    // of outbox.change
    std::string message;
    etl::Written written;
    bool left = false;          // the request left, or may have
    bool wants_cost = false;    // refused for want of the order's cost
    bool took_nothing = false;  // neither written nor refused with words: in a row these end a send
    bool of_the_account = false;  // no import at all will work
};
[[nodiscard]] AttemptResult read_answer(const etl::ImportAnswer& answer);  // pure
// Words by which accounts refuse an edit without the order's cost (getcourse-api.md 8.3).
inline constexpr const char* kWantsCost = "Не указана стоимость";

// Committed before anything leaves; what it creates is reserved in the allowance of `period`.
void begin_attempt(etl::pg::Connection& connection, const OutboxChange& change,
                   std::int64_t request, etl::Day period);
void end_attempt(etl::pg::Connection& connection, const OutboxChange& change, std::int64_t request,
                 const AttemptResult& result, etl::Day period, std::int64_t run_id);

}  // namespace jobs
