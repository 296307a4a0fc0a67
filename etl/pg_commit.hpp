// Steps that outlive a broken connection: each is done once, and only once.
#pragma once

#include <functional>
#include <optional>

#include "etl/pg.hpp"

namespace etl::pg {

// Commits. When the connection breaks before the answer comes, the server is asked over a new one
// what became of the transaction, by its number: returns when it was committed, else the Error of
// the break, and nothing of it is there.
void commit_or_ask(Connection& connection, std::optional<Transaction>& transaction);

// Runs `work` in a transaction of its own, and again, at most twice, when that failed by what
// passes and left nothing behind.
void in_one_step(Connection& connection, const std::function<void()>& work);

}  // namespace etl::pg
