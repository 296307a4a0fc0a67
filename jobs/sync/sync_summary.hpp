// What a run says at its end: rows of each body, what was met, what it cost.
#pragma once

#include <iosfwd>
#include <string>

#include "jobs/sync/publish.hpp"

namespace jobs {

// Where to, and in which language.
struct Said {
    std::ostream& out;
    bool russian = false;
};
void print_summary(const Said& to, etl::pg::Connection& connection, std::int64_t run_id,
                   const Published& published, const RunFindings& findings, int code,
                   const std::string& reason);

}  // namespace jobs
