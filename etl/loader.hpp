// Received bodies -> tables: one transaction for a run; unchanged rows are recognised by hash and
// never sent to the server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/journal.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"

namespace etl {

struct LoadCounts {
    std::uint64_t rows = 0;  // in the body
    std::uint64_t inserted = 0, changed = 0, unchanged = 0, duplicate = 0, set_aside = 0, older = 0;
    std::uint64_t rejects = 0;  // cells and rows with a reason
};

struct Loaded {
    std::int64_t export_id = 0;
    std::string table;
    LoadCounts counts;
    std::vector<std::string>
        notes;           // for people: new custom fields, layout changes, statuses nobody knows
    bool amber = false;  // rejects
    bool red = false;    // refused: nothing of this body is in the tables
    std::string reason;  // of red
};

// Loads one received export inside the caller's transaction: layout, stage, merge, certificate,
// state `loaded`. `run_id` stands on every row written.
Loaded load_export(pg::Connection& connection, Journal& journal, const Config& config,
                   const Zone& zone, std::int64_t run_id, const ExportRow& row,
                   const std::function<void(std::uint64_t rows)>& progress);

}  // namespace etl
