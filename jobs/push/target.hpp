// The person and order that a wanted row speaks of. Pure.
#pragma once

#include <string>
#include <vector>

#include "jobs/push/change_plan.hpp"

namespace jobs {

struct Target {
    std::string key;        // e-mail for joining, or order number
    std::string email;      // as the document carries it
    std::string email_key;  // for joining
    std::string deal_number;
    const MirrorUser* user = nullptr;  // nullptr: the mirror has none
    const MirrorDeal* deal = nullptr;
    std::vector<Difference> created;  // the person and the order that the import makes
};

// Fills `target`, so that what was found is there even when Refused is thrown.
void find_target(Target& target, const Wanted& wanted, const std::string& object, Mode mode,
                 const School& school, const PlanRules& rules);

}  // namespace jobs
