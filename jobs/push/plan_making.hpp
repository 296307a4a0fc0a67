// Rows become a plan: each held against the mirror, then kept with its hash.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jobs/push/mirror_state.hpp"
#include "jobs/push/push_source.hpp"

namespace jobs {

// Every row's outcome; two rows for one key are both refused, since nobody can say which is meant.
void decide(etl::pg::Connection& connection, const etl::Config& config, bool create_groups,
            std::vector<PlanRow>& rows);

struct PlanFigures {
    std::int64_t changes = 0, already = 0, refused = 0, creations = 0, payments = 0;
    std::vector<std::string> warnings;
    bool approved = false;  // by itself
};
[[nodiscard]] PlanFigures count(const std::vector<PlanRow>& rows);  // pure

// The plan with its changes; rows of the outbox that are not sent get their verdict at once.
// Returns the plan's number; 0: nothing to send. `also` gets it in the same transaction.
std::int64_t keep_plan(etl::pg::Connection& connection, const etl::Config& config,
                       const PushSource& source, const PlanFigures& figures,
                       const MirrorState& state, const std::string& who,
                       const std::function<void(std::int64_t)>& also = {});

[[nodiscard]] std::string refusals_json(const std::vector<PlanRow>& rows);

}  // namespace jobs
