// Exports that the service hands out again: what is said about them, and how to ask otherwise.
#pragma once

#include <optional>
#include <string>

#include "etl/journal.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {

// "the service gave the export of 2026-05-14 09:00 again (asked at 17:40)", in the account's zone.
[[nodiscard]] std::string repeated_words(etl::pg::Connection& connection, const etl::ExportRow& row,
                                         const etl::Zone& zone);

// The same question with the nearest wider window that nobody has asked for on this day of the
// account; nullopt for a question without days.
[[nodiscard]] std::optional<etl::ExportQuery> window_not_asked_today(
    etl::pg::Connection& connection, const etl::ExportQuery& query, const DayOf& day_of,
    etl::Instant now);

}  // namespace jobs
