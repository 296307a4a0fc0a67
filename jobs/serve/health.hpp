// Can today's numbers be trusted? Facts of the journal, and what follows from them: one judgement
// for dashboard, metrics and alerts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

struct TableFacts {
    std::string name;
    std::optional<etl::Instant> as_of;  // state of its newest rows; nullopt: never read
};
struct RunFacts {
    std::int64_t id = 0;
    std::string state, reason;
    std::int64_t rejects = 0;  // cells and rows its bodies had that could not be read
    bool balanced = true;      // all its certificates
};
struct RefusedBody {
    std::string about;   // "deals created_at 2026-09-01..2026-09-30"
    std::string reason;  // "12 of 20 rows of deals could not be read"
    std::int64_t rows = 0;
};
// Refused for a whole window and more: what had been spent before has left, so that somebody goes
// on spending.
struct AtLimit {
    etl::Instant since, until;  // the first and the newest 903, nothing else answered between
    std::int64_t others = 0;    // of the limit, as the first 903 showed
};
// A segment's plan that nobody has approved yet.
struct WaitingPlan {
    std::int64_t id = 0, changes = 0;
    std::string segment;
};
struct Facts {
    etl::Instant now;                  // the database's clock
    std::vector<TableFacts> tables;    // of the configured resources
    std::optional<RunFacts> last_run;  // newest sync that has ended
    std::optional<etl::Instant>
        overdue_since;  // a run that was due then has not begun (by the service's clock)
    std::string last_expected, last_expected_reason;  // what became of the newest run that the
                                                      // schedule asked for; empty: none yet
    std::int64_t missed = 0;           // runs that never came since the last good one
    std::vector<RefusedBody> refused;  // bodies set aside whose days nothing has read since
    std::vector<std::string>
        empty;  // "deals 2026-09-01..2026-09-30": exports without rows where the mirror has some
    std::int64_t foreign_requests =
        0;  // of the budget, spent by others, as the newest 903 showed; 0: none within the window
    std::optional<AtLimit> at_limit;
    std::vector<std::string>
        new_fields;  // "deals: Мой цвет", met first by the newest run that loaded
    std::vector<std::string> new_statuses;  // "deals: Странный", labels without a code, met by it
    std::vector<WaitingPlan> waiting_plans;
    std::int64_t unclear_changes = 0;  // write-back that no export has shown for days
};
// `service_now`: the clock that due times are compared with.
[[nodiscard]] Facts read_facts(etl::pg::Connection& connection, const etl::Config& config,
                               etl::Instant service_now);

// event: worth telling once, no state; unread: a fresh install, nothing to judge yet
enum class Level { green, amber, red, event, unread };
struct Judgement {
    struct Reason {
        std::string code;   // failed, partial, late, missed, amber, refused, stale, never,
                            // unbalanced, empty, foreign_budget, at_limit, unclear_changes,
                            // new_field, new_status, plan_waits
        std::string about;  // table, field; with the code it identifies the reason
        Level level = Level::amber;
        std::string en, ru;  // a sentence for people
    };
    Level level = Level::green;  // the worst of the reasons
    std::vector<Reason> reasons;
};
[[nodiscard]] Judgement judge(const Facts& facts, const etl::Config& config);  // pure
[[nodiscard]] std::string_view name_of(Level level);

}  // namespace jobs
