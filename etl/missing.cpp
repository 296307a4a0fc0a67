#include "etl/missing.hpp"

#include <fmt/core.h>

#include "etl/normalizer.hpp"
#include "schema/sql.hpp"

namespace etl {
namespace {

constexpr std::size_t kKeysSaid = 5;  // of a list of missing rows; the rest is in the tables

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
    std::vector<std::string> missing;
    std::uint64_t held = 0;  // rows the window should have brought
};

Found look_for(const LoadTask& task, const HashIndex& known) {
    bind_setting(task.connection, 1, task.as_of());
    bind_setting(task.connection, 2, task.window_begin());
    bind_setting(task.connection, 3, task.window_end());
    Found found;
    task.connection.stream(schema::select_window_keys(task.table),
                           [&](const std::vector<std::optional<std::string_view>>& fields) {
                               ++found.held;
                               if (known.is_missing(key_hash({*fields[0]})))
                                   found.missing.emplace_back(*fields[0]);
                           });
    return found;
}

bool exists(const LoadTask& task, const std::string& from_where,
            const std::vector<pg::Param>& params) {
    return task.connection.query("SELECT EXISTS (SELECT FROM " + from_where + ")", params)
        .flag(0, 0);
}

// The newest body before this one of the same group had no rows either.
bool was_empty_before(const LoadTask& task) {
    return exists(
        task,
        "(SELECT rows FROM journal.export WHERE resource = 'group_users' AND group_id = "
        "$1 AND filter = '' AND status = '' AND body_id <> 0 AND id < $2 ORDER BY id DESC "
        "LIMIT 1) before WHERE rows = 0",
        {std::to_string(task.row.query.group_id), std::to_string(task.row.id)});
}

std::string doubt_of_empty_group(const LoadTask& task) {
    const auto members = task.connection.query(
        "SELECT count(*) FROM mirror.memberships WHERE group_id = $1 AND left_seen_at IS NULL",
        {std::to_string(task.row.query.group_id)});
    if (members.number(0, 0) <= 1 || was_empty_before(task)) return {};
    return fmt::format(
        "no members of group {}, where {} are known; believed when it comes a second time",
        task.row.query.group_id, members.text(0, 0));
}

// The first keys of a list, for people.
std::string some_of(const std::vector<std::string>& keys) {
    std::string text;
    for (std::size_t i = 0; i < keys.size() && i < kKeysSaid; ++i)
        text += (i > 0 ? ", " : "") + keys[i];
    return keys.size() > kKeysSaid ? text + ", …" : text;
}

std::vector<std::string> first_column(const pg::Result& result) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < result.rows(); ++i) texts.push_back(result.text(i, 0));
    return texts;
}

// Lines of absence that are over; kept, since a rollback of this run puts them back.
std::vector<std::string> end_absences(const LoadTask& task, const std::vector<std::string>& keys) {
    return first_column(task.connection.query(
        "WITH ended AS (DELETE FROM journal.absence WHERE table_name = $1 AND row_key = ANY "
        "($2::text[]) AND as_of < $3 RETURNING *) INSERT INTO journal.absence_ended (table_name, "
        "row_key, export_id, run_id, as_of, ended_run_id) SELECT table_name, row_key, export_id, "
        "run_id, as_of, $4::bigint FROM ended RETURNING row_key",
        {task.table.name, pg::array_literal(keys), task.as_of(), std::to_string(task.run_id)}));
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
    // The window cannot hold more rows than the table; what its body has is a good guess.
    index.reserve(task.row.rows + task.row.rows / 16);
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

std::string doubt_of_empty(const LoadTask& task) {
    const ExportQuery& query = task.row.query;
    if (query.resource == "group_users")
        return query.filter.empty() && query.status.empty() ? doubt_of_empty_group(task)
                                                            : std::string();
    if (query.resource == "groups")
        return exists(task, task.mirror(), {})
                   ? "no groups, where the mirror has groups; the answer is not believed"
                   : std::string();
    if (!task.has_window() || !query.status.empty()) return {};
    const std::string created = schema::quoted(task.table.created);
    if (!exists(task,
                task.mirror() + " WHERE missing_since IS NULL AND " + created + " >= $1 AND " +
                    created + " < $2",
                {task.window_begin(), task.window_end()}))
        return {};
    return "no rows in " + describe(query) +
           ", where the mirror has rows of the same days; the answer is not believed";
}

void clear_missing(const LoadTask& task, const HashIndex& known) {
    const std::string& table = task.table.name;
    std::vector<std::string> seen;
    for (std::string& key : first_column(task.connection.query(
             "SELECT row_key FROM journal.absence WHERE table_name = $1 AND as_of < $2",
             {table, task.as_of()})))
        if (known.seen(key_hash({key}))) seen.push_back(std::move(key));
    if (!seen.empty()) (void)end_absences(task, seen);
}

void mark_missing(const LoadTask& task, const HashIndex& known, Loaded& loaded) {
    if (!proves_missing(task, loaded) || known.missing() == 0) return;
    const std::string& table = task.table.name;
    const Found found = look_for(task, known);
    if (found.missing.empty()) return;
    if (static_cast<double>(found.missing.size()) >
            task.config.sync.gone_limit * static_cast<double>(found.held) &&
        found.missing.size() > 1) {
        loaded.warn(fmt::format("{}: {} of {} rows were missing at once; that is not believed",
                                table, found.missing.size(), found.held));
        return;
    }
    std::vector<pg::Param> params = task.parameters();
    params.emplace_back(table);
    params.emplace_back(pg::array_literal(found.missing));
    loaded.counts.marked_missing = static_cast<std::uint64_t>(
        task.connection.query(schema::mark_missing(task.table), params).affected());
    const std::vector<std::string> marked = end_absences(task, found.missing);
    const std::vector<std::string> once = first_column(task.connection.query(
        "INSERT INTO journal.absence (table_name, row_key, export_id, run_id, as_of) SELECT $4, k, "
        "$2, $1, $3 FROM unnest($5::text[]) AS k WHERE k <> ALL ($6::text[]) "
        "ON CONFLICT (table_name, row_key) DO NOTHING RETURNING row_key",
        {params[0], params[1], params[2], params[3], params[4], pg::array_literal(marked)}));
    loaded.counts.missing_once = once.size();
    if (!marked.empty())
        loaded.notes.push_back(fmt::format(
            "{}: {} missing in two whole answers, marked, not deleted, set apart in reports: {}",
            table, marked.size(), some_of(marked)));
    if (!once.empty())
        loaded.notes.push_back(fmt::format(
            "{}: {} missing in this whole answer for the first time, kept as before: {}", table,
            once.size(), some_of(once)));
}

}  // namespace etl
