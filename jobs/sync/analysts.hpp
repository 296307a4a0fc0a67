// What a load does for those who query: facts in its own transaction, settings of logins and wide
// views behind it.
#pragma once

#include <cstdint>
#include <optional>

#include "etl/pg.hpp"

namespace jobs {

// Inside the transaction that wrote the rows: the facts of the rows that `run` wrote; without a run
// all of them.
void refresh_facts(etl::pg::Connection& connection, std::optional<std::int64_t> run);

// Behind the publication: the wide views, and the account's zone and the limits for every login
// that reads. False when something could not be done: it is warned of, and stays in journal.undone.
bool serve_analysts(etl::pg::Connection& connection);

}  // namespace jobs
