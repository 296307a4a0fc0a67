// Waits for approved plans and sends them: the process beside the service that alone has the key
// that may write.
#pragma once

#include <iosfwd>
#include <stop_token>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "jobs/push/read_again.hpp"

namespace jobs {

struct SenderOptions {
    Reader reader;
    etl::Duration look = std::chrono::seconds{2};  // how often for approved plans
    // A plan that could not go to its end is not tried again sooner.
    etl::Duration again = std::chrono::minutes{15};
};

// Until stop. What ends one plan ends no other; a database that is away is waited for.
// Error{usage}: no key that may write, no account.
void run_sender(const etl::Config& config, const SenderOptions& options, std::ostream& out,
                std::ostream& err, std::stop_token stop);

}  // namespace jobs
