// By what a school is known again: the numbers of its groups and custom fields.
#pragma once

#include "etl/journal.hpp"
#include "etl/pg.hpp"

namespace etl {

// Called with a received list of groups or fields, before anything of a run is loaded. Error{usage}
// when the database knows several of them and the answer has others only: another school answers.
// Otherwise keeps the numbers.
void require_same_school(pg::Connection& connection, Journal& journal, const ExportRow& list);

}  // namespace etl
