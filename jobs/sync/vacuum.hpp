// When a table is vacuumed by us and not left to autovacuum.
#pragma once

#include <cstdint>
#include <string>

#include "etl/pg.hpp"

namespace jobs {

// `rows` written or dropped of `table` (quoted, with its schema) are a thousand, and more than a
// twentieth of all that it holds by the server's estimate.
[[nodiscard]] bool worth_a_vacuum(etl::pg::Connection& connection, const std::string& table,
                                  std::uint64_t rows);

}  // namespace jobs
