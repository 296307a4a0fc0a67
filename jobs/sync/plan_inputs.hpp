// What the pure plan needs to know, asked of the journal and the mirror.
#pragma once

#include <functional>
#include <vector>

#include "etl/journal.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/sync/sync_plan.hpp"

namespace jobs {

using DayOf = std::function<etl::Day(etl::Instant)>;

// The questions of a sync that begins on `today`, from what was covered; windows cut by the known
// density of rows.
[[nodiscard]] std::vector<PlannedQuery> planned_queries(etl::pg::Connection& connection,
                                                        const etl::Config& config,
                                                        const DayOf& day_of, etl::Day today,
                                                        const QueryOptions& options);
// What is known of the build times of the resources asked for.
[[nodiscard]] std::map<std::string, etl::BuildModel> models_of(
    etl::Journal& journal, const std::vector<PlannedQuery>& queries);
// Exports group by group that a run of the last days had, on average.
[[nodiscard]] double usual_group_exports(etl::pg::Connection& connection);
[[nodiscard]] Plan plan_of(etl::Journal& journal, const etl::Config& config,
                           const std::vector<PlannedQuery>& queries, double group_exports = 0);
// Day of the oldest row of any table of the mirror.
[[nodiscard]] std::optional<etl::Day> first_row(etl::pg::Connection& connection,
                                                const etl::Zone& zone);
// Whether the mirror has rows created within the window: a file that never came is then a fault,
// not an empty result.
[[nodiscard]] bool has_rows(etl::pg::Connection& connection, const etl::ExportQuery& query,
                            const etl::Zone& zone);

}  // namespace jobs
