// The judgement of the mirror as a report says it: for the first line of the owner's morning.
#pragma once

#include <functional>

#include "etl/config.hpp"
#include "jobs/report/report.hpp"
#include "jobs/serve/health.hpp"

namespace jobs {

// The worst reasons first; events are none.
[[nodiscard]] Trust trust_of(const Judgement& judgement, bool russian);
// Reads and judges when it is called, in the reader's snapshot; `config` must outlive it,
// `service_now` as of read_facts.
[[nodiscard]] std::function<Trust(etl::pg::Connection&, bool)> asks_trust(const etl::Config& config,
                                                                          etl::Instant service_now);

}  // namespace jobs
