// The overview: a database of its own in which postgres_fdw shows every school's published views as
// partitions of one table per thing.
#pragma once

#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/fleet/overview_probe.hpp"
#include "jobs/fleet/schools.hpp"

namespace jobs::fleet {

// Columns that `thing` of the overview gets: those it has (`has`), and those that every school that
// has the thing shares. Pure.
[[nodiscard]] std::vector<Column> shared_columns(const std::string& thing,
                                                 const std::vector<Column>& has,
                                                 const std::vector<const Things*>& schools);
// What keeps a school with `columns` out of a table with `wanted`: "lacks x, y", "z is text,
// expected numeric"; empty: nothing. Pure.
[[nodiscard]] std::string lacking(const std::vector<Column>& wanted,
                                  const std::vector<Column>& columns);

// Makes or refreshes the overview in the database of `overview`, whose owner it needs: foreign
// tables of these schools, none of others. Each school in a transaction of its own: one that is
// down, older or another than expected is left out and named in fleet.schools. Error{locked}: a
// refresh runs. Error{database}: the database is a school's, or lacks postgres_fdw.
// Returns false when a school is missing from something.
bool refresh_overview(etl::pg::Connection& overview, const std::vector<School>& schools,
                      bool masked);
// fleet.schools as it stands.
[[nodiscard]] etl::pg::Result overview_schools(etl::pg::Connection& overview);

// The database of the overview: [fleet] database, or a private cluster in `fleet` below data_dir,
// started when needed.
[[nodiscard]] std::string overview_url(const etl::Config& fleet);

}  // namespace jobs::fleet
