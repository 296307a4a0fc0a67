// Which groups are asked for their members beside the people that came tonight.
#pragma once

#include <vector>

#include "etl/journal.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/sync/plan_inputs.hpp"

namespace jobs {

constexpr int kMovedGroups = 5;  // of one night; what is left moves to the next one

struct GroupInputs {
    etl::pg::Connection& connection;
    etl::Journal& journal;
    const etl::Config& config;
    const etl::Zone& zone;
    DayOf day_of;
};

// From tonight's list of groups, newest first. Where people come without the column of their
// groups, each group that somebody joined since it was last read, or that was read longer ago than
// the sweep allows (leaving shows nowhere else), is asked for whole. Where they come with it, a
// group that moved is asked for those who joined since: somebody of years ago is in no look-back.
[[nodiscard]] std::vector<PlannedQuery> group_queries(const GroupInputs& inputs);

}  // namespace jobs
