// The reverse of a plan, from what its changes replaced: a plan of its own.
#pragma once

#include "jobs/push/push_source.hpp"

namespace jobs {

// A row per confirmed change of `plan`. What cannot be taken back (creations, groups, fields that
// were empty) and what somebody has changed since is a refused row. Error{usage}: nothing of it was
// confirmed.
[[nodiscard]] PushSource read_undo(etl::pg::Connection& connection, const etl::Config& config,
                                   std::int64_t plan);

}  // namespace jobs
