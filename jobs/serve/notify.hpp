// Tells people: conditions of health become alerts, once each, by webhook, Telegram and mail;
// recovered ones, too; and a ping when a night was good.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "jobs/output/context.hpp"
#include "jobs/serve/health.hpp"

namespace jobs {

// ---- what to tell: pure ----
struct OpenAlert {
    std::int64_t id = 0;
    std::string code, about;
};
struct AlertSteps {
    std::vector<Judgement::Reason> raise;  // not open yet
    std::vector<OpenAlert> recover;        // open, and no longer so
};
// Conditions are compared by code and about. `events_told`: events ever told ("code about"), since
// an event is told once.
[[nodiscard]] AlertSteps alert_steps(const Judgement& judgement, const std::vector<OpenAlert>& open,
                                     const std::vector<std::string>& events_told);
[[nodiscard]] etl::Micros retry_after(int attempts);  // 1 min, 2, 4, … at most an hour

// ---- how it is told ----
struct Message {
    std::string kind;  // raised, recovered, test
    std::string code, about, level, text;
    std::string school;
};
// Sends on one channel; returns why it did not arrive, empty when it did. Never throws.
using Channel = std::function<std::string(const Message&)>;
[[nodiscard]] std::vector<std::pair<std::string, Channel>> channels_of(
    const etl::Config& config);  // configured ones: webhook, telegram, mail
[[nodiscard]] std::string ping_dead_man(
    const etl::Config& config);  // the same for the dead-man address

// Looks at the facts, writes alerts and deliveries, and sends what is due. One step; called by the
// service after each run and each tick.
void notify(etl::pg::Connection& connection, const etl::Config& config, etl::Instant service_now,
            bool good_night);

int run_alert_test(Context& context);  // one message on each channel; says what became of each. 2:
                                       // none configured, 5: one failed

}  // namespace jobs
