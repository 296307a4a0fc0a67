// Received bodies -> tables: one transaction for a run; unchanged rows are recognised by hash and
// never sent to the server.
#pragma once

#include <cstdint>
#include <functional>

#include "etl/load_task.hpp"

namespace etl {

// Loads one received export inside the caller's transaction: layout, stage, merge, reconciliation,
// state `loaded`. `run_id` stands on every row written.
Loaded load_export(pg::Connection& connection, Journal& journal, const Config& config,
                   const Zone& zone, std::int64_t run_id, const ExportRow& row,
                   const std::function<void(std::uint64_t rows)>& progress);

}  // namespace etl
