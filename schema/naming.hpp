// From headings to columns: folding, assignment of fixed and custom columns, readable names for
// custom fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/table.hpp"
#include "schema/text.hpp"

namespace schema {

// ASCII identifier for a title: transliterated, [a-z0-9_], never empty, never starting with a
// digit, at most 63 bytes.
[[nodiscard]] std::string transliterate(std::string_view title);

// A line of `GET /fields` (getcourse-api.md 2.7).
struct Field {
    std::int64_t id = 0;
    std::string type;           // as the service calls it
    std::string title;          // may be empty, may repeat
    std::string context;        // "user" or "deal"
    std::int64_t position = 0;  // field_order_pos
    std::int64_t form_id = 0;
};

// A line of mirror.custom_fields: a custom column with a name that lasts.
struct CustomField {
    std::string table;                     // "users" or "deals"
    std::optional<std::int64_t> field_id;  // unknown until matched to the fields list
    std::string title;                     // newest title
    int ordinal = 1;                       // among equal titles, from the left, from 1
    std::string name;                      // our column; never changes
    std::string type;                      // text, boolean, date, numeric: what the wide view shows
    std::string source;                    // of a column that shows another field's text: its name
};

// What one position of a body is.
struct Slot {
    enum class Kind { column, custom, repeated } kind = Kind::custom;
    int column = -1;  // index into Table::columns for Kind::column
    int custom = -1;  // index into Layout::custom for Kind::custom
};

// How a body's columns are read. Slots stand in the order of the headings.
struct Layout {
    std::vector<Slot> slots;
    std::vector<CustomField> custom;  // custom fields of this body, known and new
    std::vector<int> new_custom;  // indexes into custom that the registry did not have (or whose
                                  // title/id changed)
    std::vector<std::string>
        absent;  // columns of the table that the body lacks; their stored values stay
    std::vector<std::string>
        problems;  // sentences for people: fallback used, counts disagree, untitled fields
    std::string heading_currency;  // "RUB" from «Стоимость, RUB»; empty when the heading has none
    std::string
        missing_required;  // name of a required column that is absent; the body must be refused
};

// Assigns headings to columns by the five steps of getcourse-api.md 6.5; pure. `extra` adds the
// school's own headings: pairs (folded heading, column name). `registry` holds the custom fields
// known so far of this table.
[[nodiscard]] Layout assign(const Table& table, const std::vector<std::string>& headings,
                            const std::vector<Field>& fields,
                            const std::vector<CustomField>& registry,
                            const std::vector<std::pair<std::string, std::string>>& extra = {});

// A free column name for `title` among `taken`: transliterated, reserved words and names of the
// table's own columns get a suffix, collisions a number; untitled fields are named field_<id> or
// untitled_<ordinal>.
[[nodiscard]] std::string free_name(std::string_view title, std::optional<std::int64_t> field_id,
                                    int ordinal, const Table& table,
                                    const std::vector<std::string>& taken);

}  // namespace schema
