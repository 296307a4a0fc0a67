// One export on its way into its table: what every part of a load needs to know, and what it
// reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/journal.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "schema/table.hpp"

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

struct LoadTask {
    pg::Connection& connection;  // in a transaction of the caller's
    Journal& journal;
    const Config& config;
    const Zone& zone;
    std::int64_t run_id;
    const ExportRow& row;
    const schema::Table& table;

    // State of the data: no later than this moment, in text for a timestamptz parameter.
    [[nodiscard]] std::string as_of() const;
    // $1 run, $2 export, $3 as_of: the parameters of every merge statement of schema/sql.
    [[nodiscard]] std::vector<pg::Param> parameters() const;
    // The body's days are a span of the column `created`: rows of these days can be looked up.
    [[nodiscard]] bool has_window() const;
    // First moment of the window's first day, and first moment after its last; both moved outwards
    // by `wider` days.
    [[nodiscard]] std::string window_begin(int wider = 0) const;
    [[nodiscard]] std::string window_end(int wider = 0) const;
    [[nodiscard]] std::string mirror() const;  // mirror."<table>"
    [[nodiscard]] std::string stage() const;   // stage_<table>
    [[nodiscard]] bool table_is_empty() const;
};

}  // namespace etl
