// The whole database as one file and back: rows, history, bodies, ledger, rights and roles.
#pragma once

#include <filesystem>
#include <string>

#include "etl/clock.hpp"
#include "etl/config.hpp"

namespace etl {

// In pg_dump's custom format, readable by its owner only, and in its place when it is whole; "-" is
// stdout. Error{database}.
void dump_database(const Config& config, const std::filesystem::path& file);

// Into an empty database, or a private one that init has made and nothing was asked for, all or
// nothing; roles with their passwords, rights and the rules that
// keep the audit append-only come back, too. Returns what a person should know: logins whose
// passwords were not in the dump. Error{usage} when the database is not empty.
std::string restore_database(const Config& config, const std::filesystem::path& file);

// A dump of `now`'s day of the account into [backup] dir, unless there is one; keeps the newest
// [backup] keep. Returns the file, empty: nothing was to do.
std::filesystem::path keep_daily_dump(const Config& config, Instant now);

}  // namespace etl
