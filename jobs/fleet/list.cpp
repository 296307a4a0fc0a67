#include "jobs/fleet/list.hpp"

#include <fmt/format.h>

#include <optional>

#include "etl/value.hpp"
#include "jobs/output/words.hpp"

namespace jobs::fleet {
namespace {

std::string local_minute(etl::Instant at, const std::string& zone) {
    const auto local = etl::Zone(zone).to_local(at).time_since_epoch();
    return etl::format_instant(etl::Instant{local}).substr(0, 16).replace(10, 1, " ");
}

}  // namespace

etl::pg::Result school_table(const std::vector<School>& schools, bool russian) {
    std::vector<std::vector<etl::pg::Param>> rows;
    for (const School& school : schools) {
        const bool known =
            !school.config.getcourse.account.empty() || !school.config.getcourse.url.empty();
        const bool well = school.error.empty();
        rows.push_back({school.name, known ? school.config.base_url() : "",
                        well ? database_of(school.config) : "",
                        words::sentence(well ? "in order" : school.error, russian)});
    }
    return {{"school", "account", "database", "file_state"}, std::move(rows)};
}

etl::pg::Result status_table(const std::vector<Row>& rows, bool russian) {
    std::vector<std::vector<etl::pg::Param>> cells;
    for (const Row& row : rows) {
        const Seen& seen = row.seen;
        const etl::Config& config = row.running.school.config;
        const auto moment = [&](const std::optional<etl::Instant>& at) -> std::string {
            return at ? local_minute(*at, config.getcourse.time_zone) : "";
        };
        std::string hands;
        for (const Judgement::Reason& reason : hands_of(row))
            hands += (hands.empty() ? "" : "; ") + (russian ? reason.ru : reason.en);
        const bool known = seen.unreachable.empty() && seen.at != etl::Instant{};
        cells.push_back({row.running.school.name, words::shown("trust", trouble_of(row), russian),
                         moment(seen.as_of),
                         seen.run_state.empty()
                             ? ""
                             : words::shown("state", seen.run_state, russian) + " " +
                                   words::said("started", moment(seen.run_began), russian),
                         known ? fmt::format("{}/{}", seen.free, seen.limit) : "", hands});
    }
    return {{"school", "trust", "numbers_as_of", "newest_run", "budget_free", "needs_a_hand"},
            std::move(cells)};
}

}  // namespace jobs::fleet
