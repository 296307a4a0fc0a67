#include "jobs/serve/trust.hpp"

namespace jobs {

Trust trust_of(const Judgement& judgement, bool russian) {
    Trust trust{std::string(name_of(judgement.level)), {}};
    for (const Level level : {Level::red, Level::amber})  // the worst first
        for (const Judgement::Reason& reason : judgement.reasons)
            if (reason.level == level) trust.reasons.push_back(russian ? reason.ru : reason.en);
    return trust;
}

std::function<Trust(etl::pg::Connection&, bool)> asks_trust(const etl::Config& config,
                                                            etl::Instant service_now) {
    return [&config, service_now](etl::pg::Connection& connection, bool russian) {
        // a report reads moments in the account's zone, the journal its own in UTC
        const std::string zone = connection.value("SELECT current_setting('TimeZone')");
        const auto put = [&](const std::string& to) {
            connection.query("SELECT set_config('TimeZone', $1, true)", {to});
        };
        put("UTC");
        const Judgement judgement = judge(read_facts(connection, config, service_now), config);
        put(zone);
        return trust_of(judgement, russian);
    };
}

}  // namespace jobs
