#include "schema/sql.hpp"

#include <algorithm>

namespace schema {
namespace {

// Custom fields that a wide view shows, the first of the registry; PostgreSQL ends at 1600 columns.
constexpr std::size_t kWidest = 1500;

std::string between(char quote, std::string_view text) {
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote) out += quote;
        out += c;
    }
    return out += quote;
}

std::string literal(std::string_view text) { return between('\'', text); }

std::string mirror(const Table& table) { return "mirror." + quoted(table.name); }
std::string history(const Table& table) { return "history." + quoted(table.name); }
std::string stage(const Table& table) { return "stage_" + table.name; }

bool stored(const Column& column) { return column.type != Type::group_list; }

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : std::string(separator)) + part;
    return out;
}

bool is_key(const Table& table, const std::string& column) {
    return std::find(table.key.begin(), table.key.end(), column) != table.key.end();
}

std::vector<std::string> all_columns(const Table& table) {
    std::vector<std::string> names;
    for (const Column& column : table.columns)
        if (stored(column)) names.push_back(column.name);
    if (table.has_custom) names.push_back("custom");
    for (const Bookkeeping& column : bookkeeping()) names.push_back(column.name);
    return names;
}

// Stored custom values of fields the body lacks, and the staged ones of those it has.
std::string merged_custom(const Present& present, std::string_view old) {
    std::vector<std::string> names;
    for (const std::string& name : present.custom_names) names.push_back(literal(name));
    return "((" + std::string(old) + ".custom - ARRAY[" + joined(names, ", ") +
           "]::text[]) || s.custom)";
}

// (old present values, old custom with the staged laid over) differs from what is stored, or the
// row was taken for missing.
std::string differs(const Table& table, const Present& present, std::string_view old) {
    std::vector<std::string> parts;
    for (const std::string& column : present.columns)
        if (!is_key(table, column))
            parts.push_back(std::string(old) + "." + quoted(column) + " IS DISTINCT FROM s." +
                            quoted(column));
    if (present.custom)
        parts.push_back(std::string(old) + ".custom IS DISTINCT FROM " +
                        merged_custom(present, old));
    parts.push_back(std::string(old) + ".missing_since IS NOT NULL");
    return "(" + joined(parts, " OR ") + ")";
}

std::string setting(int number, std::string_view type) {
    return "current_setting('" + parameter_setting(number) + "')::" + std::string(type);
}

std::string sql_type_of(const Table& table, const std::string& name) {
    return std::string(sql_type(find_column(table, name)->type));
}

}  // namespace

std::string quoted(std::string_view identifier) { return between('"', identifier); }

std::string column_list(const std::vector<std::string>& names, std::string_view prefix) {
    std::vector<std::string> parts;
    for (const std::string& name : names) parts.push_back(std::string(prefix) + quoted(name));
    return joined(parts, ", ");
}

std::string key_join(const Table& table, std::string_view left, std::string_view right) {
    std::vector<std::string> parts;
    for (const std::string& key : table.key)
        parts.push_back(std::string(left) + "." + quoted(key) + " = " + std::string(right) + "." +
                        quoted(key));
    return joined(parts, " AND ");
}

Present present(const Table& table, const Layout& layout) {
    Present out;
    std::vector<bool> seen(table.columns.size(), false);
    for (const Slot& slot : layout.slots) {
        if (slot.kind == Slot::Kind::column) seen[static_cast<std::size_t>(slot.column)] = true;
        if (slot.kind != Slot::Kind::custom || !table.has_custom) continue;
        out.custom = true;
        out.custom_names.push_back(layout.custom[static_cast<std::size_t>(slot.custom)].name);
    }
    const auto has = [&](const std::string& name) {
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            if (table.columns[i].name == name) return static_cast<bool>(seen[i]);
        return false;
    };
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const Column& column = table.columns[i];
        if (column.type == Type::group_list) {
            out.groups = seen[i];
        } else if (seen[i] ||
                   (column.derive != Derive::none && !column.source.empty() &&
                    has(column.source)) ||
                   (column.derive == Derive::currency && !layout.heading_currency.empty())) {
            out.columns.push_back(column.name);
        }
    }
    return out;
}

std::string create_stage(const Table& table, const Present& present) {
    std::string columns;
    for (const std::string& name : present.columns)
        columns += quoted(name) + " " + sql_type_of(table, name) + ", ";
    if (present.custom) columns += "custom jsonb, ";
    if (present.groups) columns += "group_ids bigint[], group_dates date[], ";
    return "CREATE TEMP TABLE " + stage(table) + " (" + columns +
           "row_hash bigint, row_no integer) ON COMMIT DROP";
}

std::string copy_stage(const Table& table, const Present& present) {
    return "COPY " + stage(table) + " (" + column_list(present.columns) +
           (present.custom ? ", custom" : "") + (present.groups ? ", group_ids, group_dates" : "") +
           ", row_hash, row_no) FROM STDIN";
}

std::string copy_direct(const Table& table, const Present& present) {
    return "COPY " + mirror(table) + " (" + column_list(present.columns) +
           (present.custom ? ", custom" : "") +
           ", row_hash, run_id, export_id, valid_from) FROM STDIN";
}

std::string create_stage_of_groups() {
    return "CREATE TEMP TABLE stage_users (id bigint, group_ids bigint[], group_dates date[]) ON "
           "COMMIT DROP";
}

std::string copy_stage_of_groups() {
    return "COPY stage_users (id, group_ids, group_dates) FROM STDIN";
}

std::string drop_duplicates(const Table& table) {
    return "DELETE FROM " + stage(table) + " s USING (SELECT " + column_list(table.key) +
           ", max(row_no) AS last FROM " + stage(table) + " GROUP BY " + column_list(table.key) +
           " HAVING count(*) > 1) d WHERE " + key_join(table, "d", "s") + " AND s.row_no < d.last";
}

std::string merge_changed(const Table& table, const Present& present) {
    std::vector<std::string> sets;
    for (const std::string& column : present.columns)
        if (!is_key(table, column)) sets.push_back(quoted(column) + " = s." + quoted(column));
    if (present.custom) sets.push_back("custom = " + merged_custom(present, "o"));
    sets.push_back(
        "row_hash = s.row_hash, run_id = $1::bigint, export_id = $2::bigint, valid_from = "
        "$3::timestamptz, missing_since = NULL");
    const std::vector<std::string> columns = all_columns(table);
    return "WITH before AS (UPDATE " + mirror(table) + " t SET " + joined(sets, ", ") + " FROM " +
           stage(table) + " s JOIN " + mirror(table) + " o ON " + key_join(table, "o", "s") +
           " WHERE " + key_join(table, "t", "o") + " AND o.valid_from <= $3::timestamptz AND " +
           differs(table, present, "o") + " RETURNING " + column_list(columns, "o.") +
           ") INSERT INTO " + history(table) + " (" + column_list(columns) +
           ", valid_to, closed_run_id) SELECT " + column_list(columns) +
           ", $3::timestamptz, $1::bigint FROM before";
}

std::string merge_rehash(const Table& table, const Present& present) {
    return "UPDATE " + mirror(table) + " t SET row_hash = s.row_hash FROM " + stage(table) +
           " s WHERE " + key_join(table, "t", "s") +
           " AND t.row_hash <> s.row_hash AND t.valid_from <= $3::timestamptz AND $1::bigint IS "
           "NOT NULL AND $2::bigint IS NOT NULL AND NOT " +
           differs(table, present, "t");
}

std::string merge_new(const Table& table, const Present& present) {
    return "INSERT INTO " + mirror(table) + " (" + column_list(present.columns) +
           (present.custom ? ", custom" : "") +
           ", row_hash, run_id, export_id, valid_from) SELECT " +
           column_list(present.columns, "s.") + (present.custom ? ", s.custom" : "") +
           ", s.row_hash, $1::bigint, $2::bigint, $3::timestamptz FROM " + stage(table) +
           " s LEFT JOIN " + mirror(table) + " t ON " + key_join(table, "t", "s") + " WHERE t." +
           quoted(table.key.front()) + " IS NULL";
}

namespace {

// Memberships that the staged people have.
const char* const kWanted =
    "(SELECT s.id AS user_id, g.id AS group_id, g.day AS joined_on FROM stage_users s, "
    "unnest(s.group_ids, s.group_dates) AS g(id, day))";

}  // namespace

std::string new_memberships() {
    return "INSERT INTO mirror.memberships (user_id, group_id, joined_on, row_hash, run_id, "
           "export_id, valid_from) "
           "SELECT w.user_id, w.group_id, min(w.joined_on), 0, $1::bigint, $2::bigint, "
           "$3::timestamptz FROM " +
           std::string(kWanted) +
           " w LEFT JOIN mirror.memberships t ON t.user_id = w.user_id AND t.group_id = "
           "w.group_id WHERE t.user_id IS NULL GROUP BY 1, 2";
}

std::vector<std::string> merge_memberships() {
    const Table& table = memberships();
    const std::vector<std::string> columns = all_columns(table);
    const std::string wanted = kWanted;
    const std::string close = " RETURNING " + column_list(columns, "o.") +
                              ") INSERT INTO history.memberships (" + column_list(columns) +
                              ", valid_to, closed_run_id) SELECT " + column_list(columns) +
                              ", $3::timestamptz, $1::bigint FROM before";
    const std::string written =
        "run_id = $1::bigint, export_id = $2::bigint, valid_from = $3::timestamptz";
    return {
        "WITH before AS (UPDATE mirror.memberships t SET left_seen_at = $3::timestamptz, " +
            written +
            " FROM stage_users s JOIN mirror.memberships o ON o.user_id = s.id WHERE t.user_id = "
            "o.user_id AND t.group_id = o.group_id "
            "AND s.group_ids IS NOT NULL AND o.group_id <> ALL (s.group_ids) AND o.left_seen_at IS "
            "NULL AND o.valid_from <= $3::timestamptz" +
            close,
        new_memberships(),
        "WITH before AS (UPDATE mirror.memberships t SET left_seen_at = NULL, joined_on = "
        "coalesce(w.joined_on, o.joined_on), "
        "joined_at = CASE WHEN w.joined_on IS DISTINCT FROM o.joined_on AND w.joined_on IS NOT "
        "NULL AND o.joined_on IS NOT NULL THEN NULL ELSE o.joined_at END, " +
            written + " FROM (SELECT user_id, group_id, min(joined_on) AS joined_on FROM " +
            wanted +
            " x GROUP BY 1, 2) w JOIN mirror.memberships o ON o.user_id = w.user_id AND o.group_id "
            "= w.group_id "
            "WHERE t.user_id = o.user_id AND t.group_id = o.group_id AND o.valid_from <= "
            "$3::timestamptz "
            "AND (o.left_seen_at IS NOT NULL OR (w.joined_on IS NOT NULL AND w.joined_on IS "
            "DISTINCT FROM o.joined_on))" +
            close,
    };
}

std::vector<std::string> merge_group_members() {
    const std::vector<std::string> columns = all_columns(memberships());
    const auto statement = [&](const std::string& left, const std::string& which) {
        return "WITH before AS (UPDATE mirror.memberships t SET left_seen_at = " + left +
               ", run_id = $1::bigint, export_id = $2::bigint, valid_from = $3::timestamptz "
               "FROM mirror.memberships o WHERE t.user_id = o.user_id AND t.group_id = o.group_id "
               "AND o.group_id = $4::bigint AND o.valid_from <= $3::timestamptz AND " +
               which +
               " (SELECT FROM stage_memberships s WHERE s.user_id = o.user_id AND s.group_id = "
               "o.group_id) RETURNING " +
               column_list(columns, "o.") + ") INSERT INTO history.memberships (" +
               column_list(columns) + ", valid_to, closed_run_id) SELECT " + column_list(columns) +
               ", $3::timestamptz, $1::bigint FROM before";
    };
    return {statement("$3::timestamptz", "o.left_seen_at IS NULL AND NOT EXISTS"),
            statement("NULL", "o.left_seen_at IS NOT NULL AND EXISTS")};
}

std::string parameter_setting(int number) { return "gcmirror.p" + std::to_string(number); }

std::string select_hashes(const Table& table, bool bounded) {
    std::string where = " WHERE missing_since IS NULL";  // a row taken for missing must go to the
                                                         // server to become current again
    if (bounded)
        where += " AND " + quoted(table.created) + " >= " + setting(1, "timestamptz") + " AND " +
                 quoted(table.created) + " < " + setting(2, "timestamptz");
    return "SELECT " + column_list(table.key) + ", row_hash FROM " + mirror(table) + where;
}

std::string select_window_keys(const Table& table) {
    return "SELECT " + quoted(table.key.front()) + " FROM " + mirror(table) +
           " WHERE missing_since IS NULL AND valid_from <= " + setting(1, "timestamptz") + " AND " +
           quoted(table.created) + " >= " + setting(2, "timestamptz") + " AND " +
           quoted(table.created) + " < " + setting(3, "timestamptz");
}

std::string create_unchanged(const Table& table) {
    std::vector<std::string> columns;
    for (const std::string& key : table.key)
        columns.push_back(quoted(key) + " " + sql_type_of(table, key));
    return "CREATE TEMP TABLE unchanged_" + table.name + " (" + joined(columns, ", ") +
           ") ON COMMIT DROP";
}

std::string copy_unchanged(const Table& table) {
    return "COPY unchanged_" + table.name + " (" + column_list(table.key) + ") FROM STDIN";
}

std::string join_unchanged(const Table& table) {
    return "unchanged_" + table.name + " s JOIN " + mirror(table) + " t ON " +
           key_join(table, "t", "s");
}

std::string analyze_stage(const Table& table) {
    return "ANALYZE " + stage(table) + " (" + column_list(table.key) + ")";
}

std::string count_unwritten(const Table& table) {
    return "SELECT count(*) FILTER (WHERE t.valid_from > $2::timestamptz), count(*) FILTER (WHERE "
           "t.valid_from <= $2::timestamptz AND t.export_id <> $1::bigint), count(*) FILTER (WHERE "
           "t.valid_from <= $2::timestamptz) FROM " +
           stage(table) + " s JOIN " + mirror(table) + " t ON " + key_join(table, "t", "s");
}

std::string wide_view(const Table& table, const std::vector<CustomField>& all) {
    const std::vector<CustomField> fields(
        all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kWidest)));
    std::vector<std::string> parts;
    for (const std::string& column : all_columns(table))
        if (column != "custom" && column != "row_hash") parts.push_back("t." + quoted(column));
    for (const CustomField& field : fields) {
        const std::string text =
            "t.custom->>" + literal(field.source.empty() ? field.name : field.source);
        const std::string cast = field.type == "boolean"   ? "mirror.as_boolean(" + text + ")"
                                 : field.type == "date"    ? "mirror.as_date(" + text + ")"
                                 : field.type == "numeric" ? "mirror.as_numeric(" + text + ")"
                                                           : "(" + text + ")";
        parts.push_back(cast + " AS " + quoted(field.name));
    }
    const std::string view = "mirror." + quoted(table.name + "_wide");
    std::string out = "CREATE OR REPLACE VIEW " + view + " AS SELECT " + joined(parts, ", ") +
                      " FROM " + mirror(table) + " t;\n";
    out += "COMMENT ON VIEW " + view + " IS " +
           literal(table.comment + " With a column per custom field.") + ";\n";
    const auto comment = [&](const std::string& name, const std::string& text) {
        out += "COMMENT ON COLUMN " + view + "." + quoted(name) + " IS " + literal(text) + ";\n";
    };
    for (const Column& c : table.columns)
        if (stored(c)) comment(c.name, c.comment);
    for (const Bookkeeping& c : bookkeeping())
        if (c.name != "row_hash") comment(c.name, c.comment);
    for (const CustomField& field : fields)
        comment(field.name, field.title.empty() ? "Custom field without a title." : field.title);
    return out;
}

std::string content_hash(const Table& table, std::string_view schema_name) {
    std::vector<std::string> columns;
    for (const std::string& column : all_columns(table))
        if (column != "row_hash") columns.push_back("t." + quoted(column));
    std::string order = column_list(table.key, "t.");
    if (schema_name == "history") {
        for (const Bookkeeping& c : history_bookkeeping()) columns.push_back("t." + quoted(c.name));
        order += ", t.valid_from, t.valid_to";
    }
    return "SELECT count(*) || ':' || coalesce(md5(string_agg(md5(ROW(" + joined(columns, ", ") +
           ")::text), '' ORDER BY " + order + ")), '') FROM " + std::string(schema_name) + "." +
           quoted(table.name) + " t";
}

std::vector<std::string> rollback_run(const Table& table) {
    const std::string columns = column_list(all_columns(table));
    return {"DELETE FROM " + mirror(table) + " WHERE run_id >= $1::bigint",
            // The version of each touched key that was current before run $1: closed by it or a
            // later one, written by an earlier one.
            "INSERT INTO " + mirror(table) + " (" + columns + ") SELECT " + columns + " FROM " +
                history(table) + " WHERE run_id < $1::bigint AND closed_run_id >= $1::bigint",
            "DELETE FROM " + history(table) + " WHERE closed_run_id >= $1::bigint"};
}

std::string mark_missing(const Table& table) {
    const std::vector<std::string> columns = all_columns(table);
    const std::string key = "o." + quoted(table.key.front()) + "::text";
    return "WITH before AS (UPDATE " + mirror(table) +
           " t SET missing_since = a.as_of, run_id = $1::bigint, export_id = $2::bigint, "
           "valid_from = $3::timestamptz FROM " +
           mirror(table) + " o JOIN journal.absence a ON a.table_name = $4 AND a.row_key = " + key +
           " WHERE " + key_join(table, "t", "o") + " AND " + key +
           " = ANY ($5::text[]) AND o.missing_since IS NULL AND o.valid_from <= $3::timestamptz "
           "AND a.as_of < $3::timestamptz AND a.export_id <> $2::bigint "
           "RETURNING " +
           column_list(columns, "o.") + ") INSERT INTO " + history(table) + " (" +
           column_list(columns) + ", valid_to, closed_run_id) SELECT " + column_list(columns) +
           ", $3::timestamptz, $1::bigint FROM before";
}

}  // namespace schema
