// The figures of /metrics, read from durable rows when they are asked for: counters survive
// restarts as the rows do.
#pragma once

#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

// Prometheus' text format. `service_now`: the clock that due times are compared with.
[[nodiscard]] std::string metrics_text(etl::pg::Connection& connection, const etl::Config& config,
                                       bool leading, bool syncing, etl::Instant service_now);

}  // namespace jobs
