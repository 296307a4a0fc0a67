#include "etl/missing.hpp"

#include "etl/normalizer.hpp"
#include "schema/sql.hpp"

namespace etl {
namespace {

// COPY (query) takes no parameters: what a streamed SELECT compares with is bound to settings of
// the transaction (schema::parameter_setting).
void bind_setting(pg::Connection& connection, int number, const std::string& value) {
    connection.query("SELECT set_config($1, $2, true)", {schema::parameter_setting(number), value});
}

// Nothing else proves that a row is gone: the window must speak of the creation date, be
// unfiltered, not empty, not repeated, and every row of the body must have been read.
bool proves_missing(const LoadTask& task, const Loaded& loaded) {
    return task.has_window() && task.row.query.status.empty() && !task.row.repeated &&
           task.row.rows > 0 && loaded.counts.set_aside == 0;
}

struct Found {
    std::vector<std::string> missing, present;
    std::uint64_t held = 0;  // rows the window should have brought
};

// Rows of the window that this export has not written itself.
Found look_for(const LoadTask& task, const HashIndex& known) {
    bind_setting(task.connection, 1, task.as_of());
    bind_setting(task.connection, 2, std::to_string(task.row.id));
    bind_setting(task.connection, 3, task.window_begin());
    bind_setting(task.connection, 4, task.window_end());
    Found found;
    task.connection.stream(schema::select_window_keys(task.table),
                           [&](const std::vector<std::optional<std::string_view>>& fields) {
                               ++found.held;
                               const bool missing = known.is_missing(key_hash({*fields[0]}));
                               (missing ? found.missing : found.present).emplace_back(*fields[0]);
                           });
    return found;
}

}  // namespace

HashIndex known_hashes(const LoadTask& task) {
    HashIndex index;
    if (task.row.query.resource == "group_users")
        return index;  // all of a group is staged: who is not in it has left
    const bool bounded = task.has_window();
    if (!bounded && !task.row.query.filter.empty()) return index;
    if (bounded) {
        bind_setting(task.connection, 1, task.window_begin(1));
        bind_setting(task.connection, 2, task.window_end(1));
    }
    const std::size_t keys = task.table.key.size();
    std::vector<std::string_view> key;
    task.connection.stream(schema::select_hashes(task.table, bounded),
                           [&](const std::vector<std::optional<std::string_view>>& fields) {
                               key.clear();
                               for (std::size_t i = 0; i < keys; ++i)
                                   key.push_back(fields[i].value_or(""));
                               if (fields[keys])
                                   index.know(key_hash(key),
                                              std::stoll(std::string(*fields[keys])));
                           });
    return index;
}

bool empty_where_rows_are_known(const LoadTask& task) {
    if (task.row.rows > 0 || !task.has_window()) return false;
    const std::string created = schema::quoted(task.table.created);
    return task.connection
        .query("SELECT EXISTS (SELECT FROM " + task.mirror() + " WHERE " + created + " >= $1 AND " +
                   created + " < $2)",
               {task.window_begin(), task.window_end()})
        .flag(0, 0);
}

void mark_missing(const LoadTask& task, const HashIndex& known, Loaded& loaded) {
    const std::string& table = task.table.name;
    const bool watched = task.connection
                             .query(
                                 "SELECT EXISTS (SELECT FROM journal.absence WHERE table_name = "
                                 "$1)",
                                 {table})
                             .flag(0, 0);
    if (!proves_missing(task, loaded) || (known.missing() == 0 && !watched)) return;
    const Found found = look_for(task, known);
    if (watched)
        task.connection.query(
            "DELETE FROM journal.absence WHERE table_name = $1 AND row_key = ANY ($2::text[])",
            {table, pg::array_literal(found.present)});  // seen again
    if (found.missing.empty()) return;
    if (static_cast<double>(found.missing.size()) >
            task.config.sync.gone_limit * static_cast<double>(found.held) &&
        found.missing.size() > 1) {
        loaded.notes.push_back(table + ": " + std::to_string(found.missing.size()) + " of " +
                               std::to_string(found.held) +
                               " rows were missing at once; that is not believed");
        loaded.amber = true;
        return;
    }
    std::vector<pg::Param> params = task.parameters();
    params.emplace_back(table);
    params.emplace_back(pg::array_literal(found.missing));
    const auto marked = task.connection.query(schema::mark_missing(task.table), params);
    if (marked.affected() > 0)
        loaded.notes.push_back(table + ": " + std::to_string(marked.affected()) +
                               " rows have not been seen twice; marked missing, not deleted");
    task.connection.query(
        "INSERT INTO journal.absence (table_name, row_key, export_id, run_id, as_of) SELECT $4, k, "
        "$2, $1, $3 FROM unnest($5::text[]) AS k "
        "ON CONFLICT (table_name, row_key) DO NOTHING",
        params);
}

}  // namespace etl
