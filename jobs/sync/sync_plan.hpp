// What a sync will ask, what that costs and when it ends, before the first request. Pure; sync and
// `gcmirror plan` use the same.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/pacing.hpp"
#include "jobs/sync/export_queries.hpp"

namespace jobs {

struct PlanLine {
    PlannedQuery planned;
    double requests = 0;      // start and expected polls; 1 for a list
    etl::Duration build{0};   // expected time until its file is there
    etl::Duration begins{0};  // from now
    bool dropped = false;     // would begin past the run's end
};

enum class PlanFit { fits, fits_with_delay, does_not_fit };

struct Plan {
    std::vector<PlanLine> lines;
    double q = 0.5;       // quantile of the learned build time at which polls are placed
    double requests = 0;  // of the lines that are not dropped, and group by group
    double group_requests = 0;
    int free_now = 0;
    etl::Duration earliest{0}, expected{0}, latest{0};  // end of the last export, from now
    PlanFit fit = PlanFit::fits;
};

// What the journal says beside build times.
struct PlanNow {
    std::optional<etl::SendDecision> decision = {};  // of the one account of the budget
    double group_exports = 0;  // read group by group in a usual run; which ones shows its list
};
// `models`: what is known of build times per resource (absent: nothing). `ages`: of the requests
// that count in the window now.
[[nodiscard]] Plan make_plan(const std::vector<PlannedQuery>& queries,
                             const std::map<std::string, etl::BuildModel>& models,
                             const etl::Config& config, const std::vector<etl::Duration>& ages,
                             const PlanNow& now = {});

// Windows whose expected rows exceed `most` are cut into equal parts; `rows_per_day` per table,
// absent: unknown, nothing is cut. A window without a lower bound counts from `first_row` on.
[[nodiscard]] std::vector<PlannedQuery> cut_windows(
    const std::vector<PlannedQuery>& queries, const std::map<std::string, double>& rows_per_day,
    std::optional<etl::Day> first_row, int most);
// The two halves of a window of several days; empty for a single day or a list.
[[nodiscard]] std::vector<PlannedQuery> halves(const PlannedQuery& planned,
                                               std::optional<etl::Day> first_row);

[[nodiscard]] std::string plan_json(const Plan& plan);  // what journal.run keeps
// "fits: 21 requests, done in about 4 minutes", or what would be delayed or dropped.
[[nodiscard]] std::string plan_sentence(const Plan& plan, const etl::Config& config);

// Requests per window that a schedule with this shortest interval would need, at `requests` a run.
[[nodiscard]] double schedule_load(etl::Duration interval, double requests, etl::Duration window);

}  // namespace jobs
