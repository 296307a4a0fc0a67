// How long received bodies stay: [keep] bodies and runs. Tables, history and certificates are not
// touched.
#pragma once

#include <cstdint>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

// Drops the bodies that are older than keep.bodies or belong to none of the newest keep.runs
// loading runs; one that is not loaded yet always stays. Returns how many went. Replay then reaches
// back to the oldest body that is left.
std::int64_t drop_old_bodies(etl::pg::Connection& connection, const etl::Config::Keep& keep);

}  // namespace jobs
