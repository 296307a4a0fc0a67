// The schools of a folder as a table: what `fleet list` prints.
#pragma once

#include <vector>

#include "etl/pg.hpp"
#include "jobs/fleet/schools.hpp"

namespace jobs::fleet {

// school, account, database, file_state: "well" or why it is left out, in the reader's language.
[[nodiscard]] etl::pg::Result school_table(const std::vector<School>& schools, bool russian);

}  // namespace jobs::fleet
