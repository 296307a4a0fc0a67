#include "jobs/push/mirror_state.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "etl/error.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

std::string age_text(etl::Duration age) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(age).count();
    if (minutes < 120) return fmt::format("{} min", minutes);
    return minutes < 72 * 60 ? fmt::format("{} h", minutes / 60)
                             : fmt::format("{} days", minutes / (24 * 60));
}

}  // namespace

MirrorState read_mirror_state(etl::pg::Connection& connection, const etl::Config& config) {
    std::vector<std::string> tables = config.sync.resources;
    std::erase_if(tables, [](const std::string& t) { return t != "users" && t != "deals"; });
    const auto found = connection.query(
        push_sql("mirror_state"), {etl::pg::array_literal(tables), config.getcourse.time_zone});
    MirrorState state;
    if (found.empty()) return state;
    state.table = found.text(0, 0);
    if (!found.at(0, 1)) return state;
    state.as_of = found.text(0, 1);
    state.local = found.text(0, 2);
    state.age = etl::Duration{found.number(0, 3)};
    return state;
}

void check_fresh(const MirrorState& state, const etl::Config& config, bool stale_ok) {
    if (stale_ok || state.table.empty()) return;
    if (state.as_of && state.age <= config.alert.fresh_within) return;
    throw etl::Error(
        etl::Kind::usage,
        state.as_of ? fmt::format("{}; [alert] fresh_within allows {}", describe(state),
                                  etl::format_duration(config.alert.fresh_within))
                    : fmt::format("the mirror has never read {}", state.table),
        "Run gcmirror sync first, so that nobody's later edit is overwritten; --stale-ok goes on "
        "all the same.");
}

std::string describe(const MirrorState& state) {
    if (!state.as_of) return "the mirror was never filled";
    return fmt::format("the mirror is as of {}, {} old", state.local, age_text(state.age));
}

}  // namespace jobs
