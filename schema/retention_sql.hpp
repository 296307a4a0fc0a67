// SQL that lets earlier versions of rows go: derived from tables like that of sql.hpp.
#pragma once

#include <string>

#include "schema/table.hpp"

namespace schema {

// Temporary table old_<table>: numbered versions that a policy lets go, by key and valid_to.
[[nodiscard]] std::string create_old_versions(const Table& table);
// Fills it from the index alone: versions that ended before $1 (nothing: any time) or that $2 newer
// ones follow (0: any number), and in both cases before $3; never the first of a row. At most $4.
[[nodiscard]] std::string list_old_versions(const Table& table);
// Drops those numbered from $1 up to $2, unless they were closed by run $3 or a later one, and
// writes one line of journal.history_dropped for run $4 under the policy $5. Of orders, statuses
// that began or ended with a dropped version stay. Returns how many went.
[[nodiscard]] std::string drop_old_versions(const Table& table);

}  // namespace schema
