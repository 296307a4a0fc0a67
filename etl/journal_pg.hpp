// The journal in PostgreSQL: tables of migrations/0001_journal.sql, each call committed at once.
#pragma once

#include <memory>

#include "etl/journal.hpp"
#include "etl/pg.hpp"

namespace etl {

// `connection` is the journal's own: it must not be in anybody's transaction.
[[nodiscard]] std::unique_ptr<Journal> pg_journal(pg::Connection& connection,
                                                  const BudgetRules& rules);

}  // namespace etl
