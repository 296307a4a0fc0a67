// Of a segment's rows, those that changed since they were last sent (mirror mode).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "jobs/push/push_source.hpp"

namespace jobs {

// What is remembered of a row.
struct SegmentRow {
    std::string wanted;  // segment_text() of it
    // sent: it reached the service, or the mirror showed it already; open: its change waits to be
    // sent or read back; unsent: it was cancelled or held back.
    enum class Standing { sent, open, unsent } standing = Standing::sent;
};
using SegmentMemory = std::map<std::string, SegmentRow>;  // by segment_key()

struct SegmentFigures {
    std::int64_t rows = 0, unchanged = 0, open = 0, left = 0;
    std::vector<std::string> forgotten;  // keys that left a query without "leave:"
};

// Whom a row speaks of; empty: nobody.
[[nodiscard]] std::string segment_key(const Wanted& wanted, const PlanRules& rules);
// What it wants, in one spelling.
[[nodiscard]] std::string segment_text(const Wanted& wanted);

// Leaves in `source` what differs from the memory, and what the query says of those that left it.
// Rows of one key are refused, since each night would send the other. Pure.
SegmentFigures keep_what_changed(PushSource& source, const SegmentMemory& memory,
                                 const Wanted& leave, const PlanRules& rules);

[[nodiscard]] SegmentMemory read_segment_memory(etl::pg::Connection& connection,
                                                const std::string& segment);
// Rows of `source` that became a change of `plan` or are so already; refused ones are tried again.
// Part of the caller's transaction.
void remember(etl::pg::Connection& connection, const std::string& segment, std::int64_t plan,
              const PushSource& source, const SegmentFigures& figures, const PlanRules& rules);

}  // namespace jobs
