// A wanted row, held against the mirror, becomes a change, is so already, or is refused. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "jobs/push/difference.hpp"
#include "jobs/push/import_fields.hpp"
#include "jobs/push/push_query.hpp"
#include "jobs/push/school.hpp"

namespace jobs {

struct Change {
    std::string object;  // users, deals
    std::string key;     // e-mail for joining, or order number
    std::string email_key, deal_number;
    int creates = 0;    // people and orders
    bool pays = false;  // completes an order: the service makes a payment
    std::vector<Difference> differences;
    std::string document;  // JSON as it is sent, without the key
    std::string cost;      // of a known order in the mirror, where the document has none
    std::vector<std::string> warnings;
};
struct AlreadySo {
    std::string key;
};
struct Refusal {
    std::string key, reason;
};
using Outcome = std::variant<Change, AlreadySo, Refusal>;

struct PlanRules {
    std::string order_prefix = "gcm-";
    bool create_groups = false;
};
// getcourse-api.md 8.2, 8.3, 9; what is refused: getcourse-field-notes.md f.
[[nodiscard]] Outcome plan_change(const Wanted& wanted, Mode mode, const School& school,
                                  const PlanRules& rules, const etl::Zone& zone);

// The key a row speaks of, before anything is looked up: e-mail for joining and order number; empty
// when it has none.
struct Keys {
    std::string email_key, deal_number;
    std::int64_t user_id = 0;
};
[[nodiscard]] Keys keys_of(const Wanted& wanted, const std::string& object, const PlanRules& rules);

}  // namespace jobs
