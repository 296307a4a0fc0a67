// The schools of a folder as tables: what `fleet list` and `fleet status` print.
#pragma once

#include <vector>

#include "etl/pg.hpp"
#include "jobs/fleet/overview.hpp"
#include "jobs/fleet/schools.hpp"

namespace jobs::fleet {

// school, account, database, file_state: "well" or why it is left out, in the reader's language.
[[nodiscard]] etl::pg::Result school_table(const std::vector<School>& schools, bool russian);
// school, trust, numbers_as_of, newest_run, budget_free, needs_a_hand; moments in each school's
// zone.
[[nodiscard]] etl::pg::Result status_table(const std::vector<Row>& rows, bool russian);

}  // namespace jobs::fleet
