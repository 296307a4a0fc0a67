// The journal in memory, with a moment given from outside: for tests of the rules. Shares the
// contract suite with the PostgreSQL one.
#pragma once

#include <functional>
#include <memory>

#include "etl/journal.hpp"

namespace test_support {

[[nodiscard]] std::unique_ptr<etl::Journal> memory_journal(const etl::BudgetRules& rules,
                                                           std::function<etl::Moment()> moment);

}  // namespace test_support
