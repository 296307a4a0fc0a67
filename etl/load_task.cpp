#include "etl/load_task.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "schema/sql.hpp"

namespace etl {

std::string LoadTask::as_of() const { return format_instant(state); }

std::vector<pg::Param> LoadTask::parameters() const {
    return {std::to_string(run_id), std::to_string(row.id), as_of()};
}

std::string LoadTask::local(Instant t) const {
    const auto moment = zone.to_local(t);
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::minutes>(moment - day)};
    return fmt::format("{} {:02}:{:02}", format_day(Day{day.time_since_epoch()}),
                       time.hours().count(), time.minutes().count());
}

bool LoadTask::has_window() const {
    return row.query.filter == "created_at" && !table.created.empty();
}

std::string LoadTask::window_begin(int wider) const {
    if (!row.query.from) return "-infinity";
    return format_instant(zone.begin_of(*row.query.from - std::chrono::days{wider}));
}

std::string LoadTask::window_end(int wider) const {
    if (!row.query.to) return "infinity";
    return format_instant(zone.begin_of(*row.query.to + std::chrono::days{1 + wider}));
}

std::string LoadTask::mirror() const { return "mirror." + schema::quoted(table.name); }

std::string LoadTask::stage() const { return "stage_" + table.name; }

bool LoadTask::table_is_empty() const {
    return !connection.query("SELECT EXISTS (SELECT FROM " + mirror() + ")").flag(0, 0);
}

Instant state_of(pg::Connection& connection, const Zone& zone, const ExportRow& row) {
    const Instant own = row.started_at.value_or(row.received_at.value_or(row.intended_at));
    const auto first = connection.query(
        "SELECT to_char(min(coalesce(e.started_at, e.intended_at)) AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM journal.export e JOIN journal.export own ON "
        "own.id = $1 AND e.id < own.id AND own.resource NOT IN ('groups', 'fields') WHERE "
        "(e.service_id <> '' AND e.service_id = own.service_id) OR (e.service_id = '' AND e.state "
        "= 'unclear' AND (e.resource, e.filter, e.status, e.group_id) = (own.resource, own.filter, "
        "own.status, own.group_id) AND (e.from_day, e.to_day) IS NOT DISTINCT FROM (own.from_day, "
        "own.to_day) AND (e.intended_at AT TIME ZONE $2)::date = (coalesce(own.started_at, "
        "own.intended_at) AT TIME ZONE $2)::date)",
        {std::to_string(row.id), zone.name()});
    const auto before = first.at(0, 0) ? parse_instant(*first.at(0, 0)) : std::nullopt;
    return before ? std::min(own, *before) : own;
}

}  // namespace etl
