// Some days of one table, read outside the nightly sync: what it costs, and doing it.
#pragma once

#include <iosfwd>
#include <stop_token>

#include "etl/config.hpp"
#include "jobs/push/read_again.hpp"

namespace jobs {

// For push send; progress on `err`. Needs the key that may read; a sync that runs at the same time
// is Error{locked}.
[[nodiscard]] Reader reader_by_sync(const etl::Config& config, std::ostream& err,
                                    const std::stop_token& stop);

}  // namespace jobs
