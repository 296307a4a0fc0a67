#include "etl/load_task.hpp"

#include "schema/sql.hpp"

namespace etl {

std::string LoadTask::as_of() const {
    return format_instant(row.started_at.value_or(row.received_at.value_or(row.intended_at)));
}

std::vector<pg::Param> LoadTask::parameters() const {
    return {std::to_string(run_id), std::to_string(row.id), as_of()};
}

bool LoadTask::has_window() const {
    return row.query.filter == "created_at" && row.query.from && row.query.to &&
           !table.created.empty();
}

std::string LoadTask::window_begin(int wider) const {
    return format_instant(zone.begin_of(*row.query.from - std::chrono::days{wider}));
}

std::string LoadTask::window_end(int wider) const {
    return format_instant(zone.begin_of(*row.query.to + std::chrono::days{1 + wider}));
}

std::string LoadTask::mirror() const { return "mirror." + schema::quoted(table.name); }

std::string LoadTask::stage() const { return "stage_" + table.name; }

bool LoadTask::table_is_empty() const {
    return !connection.query("SELECT EXISTS (SELECT FROM " + mirror() + ")").flag(0, 0);
}

}  // namespace etl
