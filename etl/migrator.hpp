// Embedded migrations: applied in order under an advisory lock, checksummed, forward only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "etl/pg.hpp"

namespace etl {

struct Migration {
    int number = 0;
    std::string_view name;  // "0001_journal"
    std::string_view sql;
};
[[nodiscard]] const std::vector<Migration>&
embedded_migrations();  // generated at build time from migrations/*.sql

// Applies what is missing, one transaction each; returns the names applied. Error{database}: a
// released file was changed (both checksums), or the database is newer than the program (both
// numbers, what to do). Server older than 14 is refused.
std::vector<std::string> migrate(pg::Connection& connection,
                                 const std::vector<Migration>& migrations = embedded_migrations());

}  // namespace etl
