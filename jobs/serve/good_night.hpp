// The message after a good night: the owner's morning, to the channels of [alert] good_night.
#pragma once

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "jobs/serve/health.hpp"

namespace jobs {

// Writes it as a delivery, once a day and channel, also when the service was started again in
// between. Nothing while the numbers are not to be trusted: an alert says so.
void plan_good_night(etl::pg::Connection& connection, const etl::Config& config,
                     const Judgement& judgement);

}  // namespace jobs
