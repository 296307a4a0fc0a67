// Segments: saved write-back queries that are compared each night; what changed becomes a plan.
#pragma once

#include <string>

#include "jobs/output/context.hpp"

namespace jobs {

struct SegmentOptions {
    std::string name;
    std::string query;  // of add
    std::string by;     // empty: user of the operating system
    bool stale_ok = false;
};

// A segment of a query that exists; sends nothing.
int run_segment_add(Context& context, const SegmentOptions& options);
int run_segment_list(Context& context);
// Its memory goes with it; plans stay.
int run_segment_drop(Context& context, const SegmentOptions& options);
// One, or without a name all: a plan of what changed, in place of one that nobody has approved. It
// waits for approval, or approves itself ([write_back] auto_approve). What ends one ends no other;
// the greatest exit code is returned, except that Error{locked} leaves.
int run_segment_run(Context& context, const SegmentOptions& options);

}  // namespace jobs
