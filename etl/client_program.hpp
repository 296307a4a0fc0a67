// Runs PostgreSQL's client programs (pg_dump, pg_restore, psql) against a database.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace etl {

// PGHOST, PGUSER, PGPASSWORD and the like of a connection string: on a command line every user of
// the machine would read the password. Error{usage} when it cannot be read.
[[nodiscard]] std::map<std::string, std::string> client_environment(const std::string& url);
// The same by libpq's keywords: host, user, password.
[[nodiscard]] std::map<std::string, std::string> client_keywords(const std::string& url);

// Waits for its end; its streams are ours. `program`: a path, or a name that PATH is searched for.
// Exit status, 127 when it is not there.
[[nodiscard]] int run_client(const std::vector<std::string>& program, const std::string& url);

}  // namespace etl
