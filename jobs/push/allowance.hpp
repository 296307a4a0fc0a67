// The account's monthly allowance of new people and orders, and the ledger of what was created.
#pragma once

#include <cstdint>
#include <string>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

// First day of the allowance's month that holds `today`; `begins` is 1 to 28. Pure.
[[nodiscard]] etl::Day allowance_period(etl::Day today, int begins);
[[nodiscard]] etl::Day next_allowance_period(etl::Day today, int begins);

// What was created, or may have been, in the month that begins on `period`.
struct Created {
    std::int64_t objects = 0;
    bool exhausted = false;  // the service has said so
};
[[nodiscard]] Created created_in(etl::pg::Connection& connection, etl::Day period);
// In the month of today, by the account's clock.
[[nodiscard]] std::int64_t created_this_month(etl::pg::Connection& connection,
                                              const etl::Config& config);
// One line per change, however often it is sent. `state`: reserved, made, released.
void note_creation(etl::pg::Connection& connection, etl::Day period, std::int64_t change,
                   int objects, const std::string& state);
void note_exhausted(etl::pg::Connection& connection, etl::Day period);

}  // namespace jobs
