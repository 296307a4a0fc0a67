// A database belongs to one account and one installation; another account, or a copy of the
// database, is refused before anything is sent, scheduled or told.
#pragma once

#include <unistd.h>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace etl {

// Writes whose the database is when nobody has claimed it yet. Error{usage} says what differs and
// the command that goes on purposely.
void claim_database(pg::Connection& connection, const Config& config);
// The same without writing: a database that nobody has claimed is nobody's.
void require_own_database(pg::Connection& connection, const Config& config);
// From now on it is this configuration's; what it was before is kept. Returns a sentence about
// both.
std::string adopt_database(pg::Connection& connection, const Config& config);

// Before a first private cluster is made in the default place: Error{usage} when another user of
// this machine than `own` keeps one for the same account; otherwise leaves a note in `notes` for
// the others.
void tell_second_user(const Config& config, const std::filesystem::path& notes = "/var/tmp",
                      uid_t own = geteuid());

}  // namespace etl
