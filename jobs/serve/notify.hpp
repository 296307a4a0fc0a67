// Turns health reasons into alerts and delivers each once; recovered ones, too; and pings the
// heartbeat monitor when a run was good.
#pragma once

#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "jobs/output/context.hpp"
#include "jobs/serve/health.hpp"

namespace jobs {

struct OpenAlert {
    std::int64_t id = 0;
    std::string code, about;
};
struct AlertSteps {
    std::vector<Judgement::Reason> raise;  // not open yet
    std::vector<OpenAlert> recover;        // open, and no longer so
};
// Pure. Conditions are compared by code and about. `events_raised`: events ever raised ("code
// about"), since an event is raised once.
[[nodiscard]] AlertSteps alert_steps(const Judgement& judgement, const std::vector<OpenAlert>& open,
                                     const std::vector<std::string>& events_raised);
[[nodiscard]] etl::Duration retry_after(int attempts);  // 1 min, 2, 4, … at most an hour

// Looks at the facts, writes alerts and deliveries, and sends what is due. One step; called by the
// service after each run and each tick.
void notify(etl::pg::Connection& connection, const etl::Config& config, etl::Instant service_now,
            bool run_succeeded);

// One message on each channel; says what became of each. Exit code usage: none configured, refused:
// one failed.
int run_alert_test(Context& context);

}  // namespace jobs
