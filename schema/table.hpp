// What a mirrored table is: columns, the headings they arrive under, the key. Data only; SQL is
// derived in sql.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace schema {

enum class Type {
    text,       // text, as written
    bigint,     // 64-bit id
    integer,    // small whole number
    money,      // numeric(18,2); currency stands in a column of its own
    boolean,    // «Да» or empty
    date,       // date
    timestamp,  // timestamptz, read in the account's zone
    text_list,  // text[]
    group_list  // users' «id групп пользователя/дата добавления»: staged only, becomes memberships
};

// Where the service puts a fixed column: before or after the block of custom fields
// (getcourse-api.md 6.5).
enum class Place { head, tail, anywhere };

// How a column without a heading of its own gets its value from `source`.
enum class Derive {
    none,
    email_key,    // trimmed, lower case: for joining
    phone_key,    // digits, 8XXXXXXXXXX as 7XXXXXXXXXX: for joining
    status_code,  // label -> code by the vocabulary of getcourse-api.md 9; NULL when unknown
    currency      // the row's own currency, else the word behind the amount, else the code in the
                  // heading of cost
};

struct Column {
    std::string name;  // ours, ASCII
    Type type = Type::text;
    std::vector<std::string>
        headings;  // every title the service has been seen to use; the first is today's
    Place place = Place::anywhere;
    std::string comment;    // becomes the COMMENT in the database
    bool required = false;  // body without it is refused (getcourse-api.md 6.5 rule 6)
    Derive derive = Derive::none;
    std::string source = {};  // column a derived one is made from
};

struct Table {
    std::string name;  // "deals" -> mirror.deals, history.deals
    std::string comment;
    std::vector<std::string> key;  // column names of the primary key
    std::vector<Column> columns;   // in the order of the service; derived ones behind their source
    bool has_custom = false;       // custom jsonb and a wide view
    std::string created;           // column that the created_at filter speaks of; empty: none
};

// A column every mirrored table has beside its own; same order in mirror and history.
struct Bookkeeping {
    std::string name;
    std::string sql_type;
    std::string comment;
};

[[nodiscard]] const Table& users();
[[nodiscard]] const Table& deals();
[[nodiscard]] const Table& payments();
[[nodiscard]] const Table& groups();
[[nodiscard]] const Table& memberships();

// All tables, in load order (users first, so that a reader never meets an order without its user in
// one run).
[[nodiscard]] const std::vector<const Table*>& tables();
[[nodiscard]] const Table* find_table(std::string_view name);
[[nodiscard]] const Column* find_column(const Table& table, std::string_view name);

// row_hash bigint, run_id bigint, export_id bigint, valid_from timestamptz, missing_since
// timestamptz; `custom jsonb` stands before them where has_custom.
[[nodiscard]] const std::vector<Bookkeeping>& bookkeeping();
// valid_to timestamptz, closed_run_id bigint: behind the bookkeeping in history.*.
[[nodiscard]] const std::vector<Bookkeeping>& history_bookkeeping();

[[nodiscard]] std::string_view sql_type(Type type);

// Status vocabulary of one table (deals, payments, users): code and the labels exports carry.
struct Status {
    std::string code;
    std::vector<std::string> labels;
};
[[nodiscard]] const std::vector<Status>& statuses(std::string_view table);

}  // namespace schema
