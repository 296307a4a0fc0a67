// gcmirror doctor: is everything in place for tonight? Each finding says what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "etl/clock.hpp"
#include "etl/pg.hpp"
#include "jobs/cli/finding.hpp"
#include "jobs/output/context.hpp"

namespace jobs {

// What the roles of BI may see beyond what they should, or lack.
[[nodiscard]] Findings check_roles(etl::pg::Connection& connection);
// The service's clock (Date header: whole seconds) against ours at the moment of the answer. Pure.
[[nodiscard]] Finding check_clock(const std::string& service_date, etl::Instant ours);
// Whether the disk that holds `directory` has room for twice the database (nullopt: its size is not
// known). Pure.
[[nodiscard]] Finding check_disk(const std::string& directory, std::uint64_t free_bytes,
                                 std::optional<std::uint64_t> database_bytes);
// Whether others than its owner and group can read a file that holds a secret; nullopt when not, or
// when there is no such file. `setting` names it.
[[nodiscard]] std::optional<Finding> check_secret_file(const std::string& setting,
                                                       const std::filesystem::path& file);

// Prints the findings; the exit code is that of the first wrong one. One request to the service, in
// the journal like every other, unless `offline`.
int run_doctor(Context& context, bool offline);

}  // namespace jobs
