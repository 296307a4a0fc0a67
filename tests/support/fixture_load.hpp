// Brings a fixture's body into the journal as a received export and loads it: everything below the
// network, for tests.
#pragma once

#include <string>

#include "etl/journal.hpp"
#include "etl/load.hpp"
#include "etl/pg.hpp"
#include "tests/support/data.hpp"

namespace test_support {

// The export row as it stands after receiving `plain`.
etl::ExportRow receive(etl::Journal& journal, std::int64_t run_id, const etl::ExportQuery& query,
                       const std::string& plain);

// receive() and load_export() in one transaction of `loading`.
etl::Loaded load_body(etl::pg::Connection& loading, etl::Journal& journal,
                      const etl::Config& config, const etl::ExportQuery& query,
                      const std::string& plain);

}  // namespace test_support
