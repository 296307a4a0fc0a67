// The facts against the rows they were written from, for tests.
#pragma once

#include <string>

#include "etl/pg.hpp"

namespace test_support {

// Facts of report.fact_* that differ from what the rows say, both ways; empty: none.
std::string facts_that_differ(etl::pg::Connection& connection);

}  // namespace test_support
