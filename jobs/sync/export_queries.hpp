// What a sync asks the service, as there is no "updated at" (getcourse-api.md 2.5): pure, from what
// was read before and the day.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etl/api.hpp"
#include "etl/clock.hpp"
#include "etl/config.hpp"

namespace jobs {

// A line of journal.coverage that counts as complete: these days were read, as of that day of the
// account.
struct Covered {
    std::string table;
    std::string filter;
    std::optional<etl::Day> from;  // nullopt: asked without a lower bound
    etl::Day to;
    etl::Day as_of;
};

struct ReadSoFar {
    std::vector<Covered> covered;
    std::optional<etl::Day> first_row;  // day of the oldest row of any table of the mirror
};

struct QueryOptions {
    std::vector<std::string> resources;  // empty: those of the configuration
    bool full = false;                   // every day again
    std::optional<etl::Day> from, to;    // these days by creation date and nothing else
};

struct PlannedQuery {
    etl::ExportQuery query;
    std::string why;      // for people: "late changes of older rows since 2026-11-01"
    bool varied = false;  // already put differently, since its answer was a repeated export
    enum class Half { none, first, second } half = Half::none;  // of a window that got no file
};

// Answered at once, without an export.
[[nodiscard]] bool is_list(const etl::ExportQuery& query);

// In the order they are sent, which is the order in which they are given up last: lists, then
// payments, deals, users with new rows and late changes, then the sweep's slices. Days that were
// not read to their end are asked for beside look-back, changes and sweep, never instead. Once all
// of it has been answered, no day was last read longer ago than [sync] sweep.
[[nodiscard]] std::vector<PlannedQuery> export_queries(const etl::Config::Sync& sync,
                                                       const ReadSoFar& read, etl::Day today,
                                                       const QueryOptions& options);

// Changes that were sent wait until an export has read these days of `table` (by creation): the
// sweep's slice, else the look-back, is widened to hold them; no question is added. Nothing is done
// where no such question exists or the days are read anyway.
void widen_for_read_back(std::vector<PlannedQuery>& planned, const std::string& table,
                         etl::Day from, etl::Day to, std::int64_t changes);

}  // namespace jobs
