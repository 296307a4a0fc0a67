// Sends an approved plan, change by change; what cannot be known waits for the next export.
#pragma once

#include <functional>
#include <iosfwd>
#include <stop_token>
#include <string>

#include "etl/config.hpp"
#include "jobs/push/allowance.hpp"
#include "jobs/push/read_again.hpp"

namespace jobs {

struct SendOptions {
    std::int64_t plan = 0;
    std::int64_t limit = 0;  // at most so many requests; 0: all
    bool stale_ok = false;   // although the mirror is older than [alert] fresh_within
    std::string by;          // for the audit; empty: user of the operating system
    bool russian = false;    // what it says to people
    Reader reader;           // reads again what is about to change; empty: nothing does
    std::function<etl::Day(etl::Instant)>
        day_of;  // the account's day; empty: by its zone. For tests of several months
};

// Error{usage}: no account, or no key that may write.
void require_write_key(const etl::Config& config);

// Needs config.write_key. Exit code: 0 all written, 3 something refused or unclear, 4 the rest
// waits for the allowance. Throws Error: usage (no key, no such plan, not approved, expired,
// changed since), locked, refused (too many failures in a row, or no import can work), stopped.
int run_send(const etl::Config& config, const SendOptions& options, std::ostream& out,
             std::ostream& err, std::stop_token stop);

}  // namespace jobs
