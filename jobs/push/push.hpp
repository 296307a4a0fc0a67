// Write-back for people: plan, approve, list, cancel, verify. Only send (send.hpp) ever reaches the
// service.
#pragma once

#include <string>

#include "jobs/output/context.hpp"
#include "jobs/push/change_plan.hpp"

namespace jobs {

struct PushOptions {
    std::string name;             // query, or "outbox": the rows that wait in outbox.change
    std::string csv;              // a file, or "-": instead of a query
    std::string mode = "update";  // of a CSV
    bool create_groups = false;
    std::int64_t plan = 0;
    std::int64_t limit = 0;  // of send
    std::string by;  // who plans, approves, sends, cancels; empty: user of the operating system
};

// Built-in queries and those of [write_back] dir, by name; the school's own win. Error{usage}
// naming the file that cannot be read.
[[nodiscard]] std::vector<WriteBack> write_backs(const etl::Config& config);

int run_push_plan(Context& context,
                  const PushOptions& options);  // without a name: lists the queries. Cannot open a
                                                // socket. 3: rows were refused
int run_push_approve(Context& context, const PushOptions& options);
int run_push_list(Context& context,
                  const PushOptions& options);  // all plans, or the changes of one
int run_push_cancel(Context& context, const PushOptions& options);  // what has not been sent
int run_push_verify(Context& context,
                    const PushOptions& options);  // what is open, what became of the rest, whether
                                                  // the audit is whole

}  // namespace jobs
