// The facts against the rows they were written from, and the journal of a load, for tests.
#pragma once

#include <string>
#include <vector>

#include "etl/pg.hpp"

namespace test_support {

// Facts of report.fact_* that differ from what the rows say, both ways; empty: none.
std::string facts_that_differ(etl::pg::Connection& connection);

// Lines of these tables of journal, without numbers and moments of their own: what two databases
// that have loaded the same must both hold.
std::string journal_lines(etl::pg::Connection& connection, const std::vector<std::string>& tables);

}  // namespace test_support
