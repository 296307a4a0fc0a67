// Where the rows of a plan come from: a named query, a CSV, or the rows that wait in outbox.change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "jobs/push/change_plan.hpp"

namespace jobs {

// One row of the source, and what became of it.
struct PlanRow {
    std::int64_t number = 0;     // in the source, from 1
    std::int64_t change_id = 0;  // of a row that waits in outbox.change; 0: none yet
    Mode mode = Mode::update;
    Wanted wanted;
    Outcome outcome;
};

struct PushSource {
    std::string name, kind, query;  // kind: query, csv, outbox, undo, segment
    std::string mode;               // of all rows, or mixed
    std::vector<PlanRow> rows;
};

// Error{usage} when the query asks for more rows than its limit, or for unknown columns.
[[nodiscard]] PushSource read_query(etl::pg::Connection& connection, const etl::Config& config,
                                    const PushQuery& query);
// `file`: a path, or "-" for stdin.
[[nodiscard]] PushSource read_csv(const std::string& file, const std::string& mode);
// A row that cannot be read is refused by itself.
[[nodiscard]] PushSource read_outbox(etl::pg::Connection& connection);

}  // namespace jobs
