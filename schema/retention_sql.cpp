#include "schema/retention_sql.hpp"

#include "schema/sql.hpp"

namespace schema {
namespace {

std::string list_of(const Table& table) { return "old_" + table.name; }

// A status is needed where it differs from its neighbour's: without it the change would be lost.
std::string keep_statuses(const Table& table) {
    if (table.name != "deals") return {};
    return "kept AS (INSERT INTO history.dropped_statuses (id, status, status_code, run_id, "
           "export_id, valid_from, valid_to) SELECT id, status, status_code, run_id, export_id, "
           "valid_from, valid_to FROM gone g WHERE EXISTS (SELECT FROM history.deals b WHERE b.id "
           "= g.id AND b.valid_to = g.valid_from AND b.status IS DISTINCT FROM g.status) OR EXISTS "
           "(SELECT FROM history.dropped_statuses b WHERE b.id = g.id AND b.valid_to = "
           "g.valid_from AND b.status IS DISTINCT FROM g.status) OR EXISTS (SELECT FROM "
           "history.deals a WHERE a.id = g.id AND a.valid_from = g.valid_to AND a.status IS "
           "DISTINCT FROM g.status) OR EXISTS (SELECT FROM mirror.deals a WHERE a.id = g.id AND "
           "a.valid_from = g.valid_to AND a.status IS DISTINCT FROM g.status) OR EXISTS (SELECT "
           "FROM history.dropped_statuses a WHERE a.id = g.id AND a.valid_from = g.valid_to AND "
           "a.status IS DISTINCT FROM g.status)), ";
}

}  // namespace

std::string create_old_versions(const Table& table) {
    std::string columns = "n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    for (const std::string& key : table.key)
        columns += ", " + quoted(key) + " " + std::string(sql_type(find_column(table, key)->type));
    return "DROP TABLE IF EXISTS pg_temp." + list_of(table) + "; CREATE TEMP TABLE " +
           list_of(table) + " (" + columns + ", valid_to timestamptz, first_to timestamptz)";
}

std::string list_old_versions(const Table& table) {
    return "INSERT INTO pg_temp." + list_of(table) + " (" + column_list(table.key) +
           ", valid_to, first_to) SELECT " + column_list(table.key) +
           ", valid_to, first_to FROM (SELECT " + column_list(table.key) +
           ", valid_to, min(valid_to) OVER every AS first_to, count(*) OVER every - count(*) OVER "
           "up_to AS newer FROM history." +
           quoted(table.name) + " WINDOW every AS (PARTITION BY " + column_list(table.key) +
           "), up_to AS (PARTITION BY " + column_list(table.key) +
           " ORDER BY valid_to)) v WHERE valid_to > first_to AND valid_to < $3::timestamptz AND "
           "(valid_to <= $1::timestamptz OR ($2::bigint > 0 AND newer >= $2::bigint)) LIMIT "
           "$4::bigint";
}

std::string drop_old_versions(const Table& table) {
    return "WITH gone AS (DELETE FROM history." + quoted(table.name) + " h USING pg_temp." +
           list_of(table) + " o WHERE o.n > $1::bigint AND o.n <= $2::bigint AND " +
           key_join(table, "h", "o") +
           " AND h.valid_to = o.valid_to AND h.closed_run_id < $3::bigint AND EXISTS (SELECT FROM "
           "history." +
           quoted(table.name) + " f WHERE " + key_join(table, "f", "o") +
           " AND f.valid_to = o.first_to AND f.valid_from < h.valid_from) RETURNING h.*), " +
           keep_statuses(table) +
           "written AS (INSERT INTO journal.history_dropped AS d (run_id, table_name, policy, "
           "versions, valid_from, valid_to, closed_run_id) SELECT $4::bigint, '" +
           table.name +
           "', $5, count(*), min(valid_from), max(valid_to), max(closed_run_id) FROM gone HAVING "
           "count(*) > 0 ON CONFLICT (run_id, table_name) DO UPDATE SET dropped_at = "
           "clock_timestamp(), policy = excluded.policy, versions = d.versions + "
           "excluded.versions, valid_from = least(d.valid_from, excluded.valid_from), valid_to = "
           "greatest(d.valid_to, excluded.valid_to), closed_run_id = greatest(d.closed_run_id, "
           "excluded.closed_run_id)) SELECT count(*) FROM gone";
}

}  // namespace schema
