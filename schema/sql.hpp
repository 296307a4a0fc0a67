// SQL derived from tables: pure functions that return text, golden-tested. Values never enter a
// statement here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/naming.hpp"
#include "schema/table.hpp"

namespace schema {

[[nodiscard]] std::string quoted(std::string_view identifier);  // "name", inner quotes doubled

// Which of the table's columns a body brings: staged and merged, all others keep their stored
// values.
struct Present {
    std::vector<std::string>
        columns;          // names of Table::columns incl. derived ones, without group_list columns
    bool custom = false;  // body has custom columns
    std::vector<std::string>
        custom_names;     // their names: what of these is not in a staged row is empty there
    bool groups = false;  // users: body has the group list
};
[[nodiscard]] Present present(const Table& table, const Layout& layout);

// CREATE TEMP TABLE stage_<table> (present columns, custom, groups as group_ids bigint[] /
// group_dates date[], row_hash bigint, row_no integer) ON COMMIT DROP.
[[nodiscard]] std::string create_stage(const Table& table, const Present& present);
// COPY statement into the stage; the column order is that of create_stage, which the normalizer
// follows.
[[nodiscard]] std::string copy_stage(const Table& table, const Present& present);
// COPY straight into mirror.<table> for an empty target: the same leading columns as the stage's,
// without row_no, then run_id, export_id, valid_from.
[[nodiscard]] std::string copy_direct(const Table& table, const Present& present);
// What merge_memberships() reads of the stage of users, for users who went straight into the table.
[[nodiscard]] std::string create_stage_of_groups();
[[nodiscard]] std::string copy_stage_of_groups();

// "id", "number" of names; `prefix` before each: t."id", …
[[nodiscard]] std::string column_list(const std::vector<std::string>& names,
                                      std::string_view prefix = {});
// t."key" = s."key" AND …
[[nodiscard]] std::string key_join(const Table& table, std::string_view left,
                                   std::string_view right);
// Keys of rows that were not sent, as a temporary table; its COPY; and it joined with the table as
// t.
[[nodiscard]] std::string create_unchanged(const Table& table);
[[nodiscard]] std::string copy_unchanged(const Table& table);
[[nodiscard]] std::string join_unchanged(const Table& table);
// Statistics of the stage's keys, which the merge joins by.
[[nodiscard]] std::string analyze_stage(const Table& table);
// Rows of the stage that the merge did not write: those with a newer state in the table, and those
// with equal values; and those that have no newer state. $1 export_id, $2 as_of.
[[nodiscard]] std::string count_unwritten(const Table& table);

// Keeps the last row of each key (highest row_no) in the stage; returns the number of removed rows
// as affected rows.
[[nodiscard]] std::string drop_duplicates(const Table& table);
// One statement: changed rows get the staged values, the versions before go to history. $1 run_id,
// $2 export_id, $3 as_of (timestamptz). Rows whose stored valid_from is later than $3 are left
// alone. Custom values absent from the body stay. A row marked missing becomes current again.
// Affected rows = changed.
[[nodiscard]] std::string merge_changed(const Table& table, const Present& present);
// Rows whose values are equal though the hash differs (another layout): only row_hash is written.
// Same parameters.
[[nodiscard]] std::string merge_rehash(const Table& table, const Present& present);
// Rows of the stage without a counterpart are inserted. Same parameters. Affected rows = inserted.
[[nodiscard]] std::string merge_new(const Table& table, const Present& present);
// Users with the group list staged: three statements on mirror.memberships (left, joined, changed),
// same parameters.
[[nodiscard]] std::vector<std::string> merge_memberships();
// The second of them, which alone does something where no membership is known.
[[nodiscard]] std::string new_memberships();

// A group's own complete export staged in stage_memberships: who is not in it has left, who is in
// it again is back. Same parameters, and $4 the group.
[[nodiscard]] std::vector<std::string> merge_group_members();

// Setting of the transaction that stands for parameter `number` of a SELECT that goes through COPY,
// which takes no parameters: set it with set_config(…, true).
[[nodiscard]] std::string parameter_setting(int number);
// SELECT key columns and row_hash, for recognising unchanged rows; settings 1, 2: bounds of the
// `created` column when bounded.
[[nodiscard]] std::string select_hashes(const Table& table, bool bounded);
// SELECT the key of the current rows that a complete export should have brought: settings 1 as_of,
// 2 and 3 bounds of the `created` column.
[[nodiscard]] std::string select_window_keys(const Table& table);

// Marks the rows with keys $5::text[] of table $4 that an earlier export lacked already, and no
// body brought since (journal.absence): missing since that export's state, a version like any
// change. $1 run_id, $2 export_id, $3 as_of. Affected rows = marked.
[[nodiscard]] std::string mark_missing(const Table& table);

// CREATE OR REPLACE VIEW mirror.<table>_wide: the table's columns, then one typed column per custom
// field in the order of `fields` (registry order; at most 1500), read by safe casts; with comments.
[[nodiscard]] std::string wide_view(const Table& table, const std::vector<CustomField>& fields);

// Content hash of a table: text digest over all rows in key order, without row_hash; equal content
// gives equal text.
[[nodiscard]] std::string content_hash(const Table& table, std::string_view schema_name);

// Restores the state before run $1: the statements in order, for one transaction.
[[nodiscard]] std::vector<std::string> rollback_run(const Table& table);

}  // namespace schema
