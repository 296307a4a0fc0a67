// gcmirror doctor: is everything in place for tonight? Each finding says what to do.
#pragma once

#include <string>
#include <vector>

#include "etl/error.hpp"
#include "etl/pg.hpp"
#include "jobs/output/context.hpp"

namespace jobs {

struct Finding {
    enum class Level { ok, note, wrong } level = Level::ok;
    std::string
        topic;  // configuration, database, roles, disk, zone, schedule, freshness, key, clock
    std::string text;
    std::string cure;                   // of what is not ok
    etl::Kind kind = etl::Kind::usage;  // of what is wrong: its exit code
};

// What the roles of BI may see beyond what they should, or lack. Pure questions to the catalog.
[[nodiscard]] std::vector<Finding> check_roles(etl::pg::Connection& connection);
// The service's clock (Date header: whole seconds) against ours at the moment of the answer.
[[nodiscard]] Finding check_clock(const std::string& service_date, etl::Instant ours);
// Whether the disk that holds `directory` has room for twice the database.
[[nodiscard]] Finding check_disk(const std::string& directory, std::uint64_t free_bytes,
                                 std::uint64_t database_bytes);

// Prints the findings; the exit code is that of the first wrong one. One request to the service, in
// the journal like every other, unless `offline`.
int run_doctor(Context& context, bool offline);

}  // namespace jobs
