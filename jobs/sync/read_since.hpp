// Whether the days that an open export asks for have been read by others since it was started.
#pragma once

#include <optional>

#include "etl/journal.hpp"
#include "etl/pg.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {

// The newest export that helped to read them all; nullopt: some day was not read since. Bodies that
// are received but not loaded yet count.
[[nodiscard]] std::optional<std::int64_t> read_since(etl::pg::Connection& connection,
                                                     etl::Journal& journal,
                                                     const etl::ExportRow& row,
                                                     const DayOf& day_of);

}  // namespace jobs
