// One export on its way into its table: what every part of a load needs to know, and what it
// reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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
    std::uint64_t nobody = 0;       // the service's answer for a person it does not have (id -1)
    std::uint64_t rejects = 0;      // cells and rows with a reason
    std::uint64_t new_rejects = 0;  // of these, not met before
    std::uint64_t memberships = 0;  // joined, left or changed
    std::uint64_t missing_once = 0, marked_missing = 0;
};

struct Loaded {
    std::int64_t export_id = 0;
    std::string table;
    LoadCounts counts;
    std::vector<std::string>
        notes;           // for people: new custom fields, layout changes, statuses nobody knows
    bool amber = false;  // something new has to be looked at
    std::vector<std::string> warnings;  // why it is amber
    bool red = false;                   // refused: nothing of this body is in the tables
    std::string reason;                 // of red

    // A note that somebody has to look at.
    void warn(std::string note) {
        amber = true;
        warnings.push_back(note);
        notes.push_back(std::move(note));
    }
};

struct LoadTask {
    pg::Connection& connection;  // in a transaction of the caller's
    Journal& journal;
    const Config& config;
    const Zone& zone;
    std::int64_t run_id;
    const ExportRow& row;
    const schema::Table& table;
    Instant state;  // of the data: no later than this moment

    [[nodiscard]] std::string as_of() const;  // `state` as text of a timestamptz parameter
    // $1 run, $2 export, $3 as_of: the parameters of every merge statement of schema/sql.
    [[nodiscard]] std::vector<pg::Param> parameters() const;
    // A moment as people read it: to the minute, in the account's zone.
    [[nodiscard]] std::string local(Instant t) const;
    // The body's days are a span of the column `created`: rows of these days can be looked up.
    [[nodiscard]] bool has_window() const;
    // First moment of the window's first day, and first moment after its last; both moved outwards
    // by `wider` days. An open end is infinite.
    [[nodiscard]] std::string window_begin(int wider = 0) const;
    [[nodiscard]] std::string window_end(int wider = 0) const;
    [[nodiscard]] std::string mirror() const;  // mirror."<table>"
    [[nodiscard]] std::string stage() const;   // stage_<table>
    [[nodiscard]] bool table_is_empty() const;
};

// As of when an export's data stand. An export that the service gave before is as old as its first
// start; one that may have been started before, by a start whose answer was lost, is as old as
// that.
[[nodiscard]] Instant state_of(pg::Connection& connection, const Zone& zone, const ExportRow& row);

}  // namespace etl
