// Write-back for people: plan, approve, list, cancel, verify. Only send (send.hpp) ever reaches the
// service.
#pragma once

#include <cstdint>
#include <string>

#include "jobs/output/context.hpp"

namespace jobs {

struct PushOptions {
    std::string name;             // query, or "outbox": the rows that wait in outbox.change
    std::string csv;              // a file, or "-": instead of a query
    std::string mode = "update";  // of a CSV
    std::int64_t undo = 0;        // a plan to take back, instead of a query
    bool create_groups = false;
    bool stale_ok = false;  // go on although the mirror is older than [alert] fresh_within
    std::int64_t plan = 0;
    std::int64_t limit = 0;  // of send
    std::string by;  // who plans, approves, sends, cancels; empty: user of the operating system
};

// Without a name: lists the queries. Cannot open a socket. 3: rows were refused.
int run_push_plan(Context& context, const PushOptions& options);
int run_push_approve(Context& context, const PushOptions& options);
int run_push_list(Context& context, const PushOptions& options);    // all plans, or one's changes
int run_push_cancel(Context& context, const PushOptions& options);  // what has not been sent
// What is open, what became of the rest, whether the audit is whole.
int run_push_verify(Context& context, const PushOptions& options);

}  // namespace jobs
