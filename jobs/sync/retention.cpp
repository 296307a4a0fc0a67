#include "jobs/sync/retention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/sync/open_load.hpp"
#include "jobs/sync/sql.hpp"
#include "jobs/sync/vacuum.hpp"
#include "schema/retention_sql.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using SteadyClock = std::chrono::steady_clock;

constexpr std::int64_t kVersionsAStep = 10000;     // a transaction of a tenth of a second
constexpr std::int64_t kVersionsANight = 1000000;  // of a table

std::string policy(const etl::Config::Keep& keep) {
    std::string out = "[keep]";
    if (keep.history > etl::Duration{})
        out += " history = \"" + etl::format_duration(keep.history) + "\"";
    if (keep.history_versions > 0)
        out += fmt::format(" history_versions = {}", keep.history_versions);
    return out;
}

class OldVersions {
public:
    OldVersions(etl::pg::Connection& connection, const etl::Config::Keep& keep,
                const Dropping& dropping)
        : connection_(connection), keep_(keep), dropping_(dropping) {}

    std::int64_t drop() {
        const std::stop_callback cancel(dropping_.stop, CancelStatement{connection_});
        const auto needed = connection_.query(sync_sql("versions_needed"));
        if (!needed.at(0, 0)) return 0;  // nothing has been loaded
        first_run_ = needed.text(0, 0);
        first_moment_ = needed.text(0, 1);
        std::int64_t all = 0;
        for (const schema::Table* table : schema::tables()) all += drop_of(*table);
        return all;
    }

private:
    std::int64_t drop_of(const schema::Table& table) {
        if (over()) return 0;
        connection_.execute(schema::create_old_versions(table));
        const etl::pg::Param cutoff =
            keep_.history > etl::Duration{}
                ? etl::pg::Param(etl::format_instant(dropping_.now - keep_.history))
                : std::nullopt;
        const auto listed =
            static_cast<std::int64_t>(connection_
                                          .query(schema::list_old_versions(table),
                                                 {cutoff, std::to_string(keep_.history_versions),
                                                  first_moment_, std::to_string(kVersionsANight)})
                                          .affected());
        const std::string statement = schema::drop_old_versions(table);
        std::int64_t gone = 0;
        for (std::int64_t n = 0; n < listed && !over(); n += kVersionsAStep)
            gone +=
                connection_
                    .query(statement, {std::to_string(n), std::to_string(n + kVersionsAStep),
                                       first_run_, std::to_string(dropping_.run_id), policy(keep_)})
                    .number(0, 0);
        connection_.execute("DROP TABLE pg_temp.old_" + table.name);
        if (gone == 0) return 0;
        etl::log::info("earlier versions dropped",
                       {{"table", table.name}, {"versions", std::to_string(gone)}});
        vacuum(table, gone);
        return gone;
    }

    // The next versions go where these were, instead of behind them.
    void vacuum(const schema::Table& table, std::int64_t gone) {
        const std::string name = "history." + schema::quoted(table.name);
        if (worth_a_vacuum(connection_, name, static_cast<std::uint64_t>(gone)))
            connection_.execute("VACUUM (SKIP_LOCKED) " + name);
    }

    [[nodiscard]] bool over() const {
        return dropping_.stop.stop_requested() || SteadyClock::now() - began_ > dropping_.at_most;
    }

    etl::pg::Connection& connection_;
    const etl::Config::Keep& keep_;
    const Dropping& dropping_;
    const SteadyClock::time_point began_ = SteadyClock::now();
    std::string first_run_, first_moment_;
};

}  // namespace

std::int64_t drop_old_bodies(etl::pg::Connection& connection, const etl::Config::Keep& keep) {
    return connection
        .query(
            "DELETE FROM journal.body b USING journal.export e WHERE e.id = b.export_id AND "
            "e.state <> 'received' AND (b.kept_at < clock_timestamp() - $1::interval OR "
            "coalesce(e.loaded_run_id, e.run_id) < (SELECT coalesce(min(id), 0) FROM (SELECT id "
            "FROM journal.run WHERE loaded_at IS NOT NULL ORDER BY id DESC LIMIT $2) newest))",
            {etl::format_interval(keep.bodies), std::to_string(keep.runs)})
        .affected();
}

std::int64_t drop_old_versions(etl::pg::Connection& connection, const etl::Config::Keep& keep,
                               const Dropping& dropping) {
    if (keep.history <= etl::Duration{} && keep.history_versions <= 0) return 0;
    return OldVersions(connection, keep, dropping).drop();
}

void require_versions(etl::pg::Connection& connection, const std::string& run) {
    const auto newest = connection.query(
        "SELECT closed_run_id, table_name, to_char(dropped_at AT TIME ZONE (SELECT time_zone FROM "
        "report.settings), 'YYYY-MM-DD') FROM journal.history_dropped ORDER BY closed_run_id DESC "
        "LIMIT 1");
    if (newest.empty() || newest.number(0, 0) < std::stoll(run)) return;
    throw Error(Kind::usage,
                fmt::format("earlier versions of {} that run {} ended were dropped on {}: the "
                            "tables cannot be taken back to before run {}",
                            newest.text(0, 1), newest.text(0, 0), newest.text(0, 2), run),
                fmt::format("They can be taken back to before run {} or a later one; [keep] "
                            "history says how long versions stay.",
                            newest.number(0, 0) + 1));
}

}  // namespace jobs
