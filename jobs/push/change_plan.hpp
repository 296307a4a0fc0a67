// What is to go back to GetCourse: a wanted row, held against the mirror, becomes a change, is so
// already, or is refused. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "etl/value.hpp"
#include "schema/naming.hpp"

namespace jobs {

enum class Mode { create, update, upsert };
[[nodiscard]] std::string_view name_of(Mode mode);
[[nodiscard]] std::optional<Mode> mode_of(std::string_view name);

// A named query, jobs/push/queries/NAME.sql or one of the school's own; its columns say what is
// wanted.
struct WriteBack {
    std::string name;
    std::string what, what_ru;  // one line each
    Mode mode = Mode::update;
    std::int64_t limit = 1000;  // more rows than this and no plan is made
    std::string text;           // header lines behind the first two
    std::string sql;
};
// First comment: what it does, "ru:", "mode:", "limit:"; the rest is SQL. Error{usage} naming the
// file when the header is not complete.
[[nodiscard]] WriteBack parse_write_back(std::string_view name, std::string_view text);

// One row of a source: column -> text; nullopt is "leave this alone".
using Wanted = std::vector<std::pair<std::string, std::optional<std::string>>>;
// Error{usage} with the nearest names when a column is none that imports know; `field:TITLE` and
// `user_field:TITLE` are any.
void check_columns(const std::vector<std::string>& columns);
// users, or deals as soon as a column speaks of an order.
[[nodiscard]] std::string object_of(const std::vector<std::string>& columns);

// ---- what the mirror knows ----
using Custom = std::map<std::string, std::string>;  // name of mirror.custom_fields -> text
struct MirrorUser {
    std::int64_t id = 0;
    std::map<std::string, std::string>
        values;  // columns of mirror.users that imports set; empty ones absent
    Custom custom;
    std::set<std::string> groups;  // names of those the person is in
    bool missing = false;
};
struct MirrorDeal {
    std::int64_t id = 0;
    std::map<std::string, std::string>
        values;  // columns of mirror.deals that exports show of an import
    Custom custom;
    bool missing = false;
};
struct School {
    std::map<std::string, std::vector<MirrorUser>> users;  // by e-mail for joining
    std::map<std::string, std::vector<MirrorDeal>> deals;  // by order number
    std::map<std::int64_t, std::string> email_of;          // user id -> e-mail for joining
    std::vector<schema::CustomField> fields;
    std::map<std::string, std::int64_t> groups;  // name -> id
};

// ---- what becomes of a row ----
struct Difference {
    std::string field;  // as the row calls it: "group_add", "field:Сегмент", "deal_status"
    std::string
        old;  // what the mirror shows; empty: nothing; equal to wanted: goes along unchanged
    std::string wanted;
    std::string where;  // where exports show it: "user city", "user custom segment", "group VIP",
                        // "deal status_code"; empty: nowhere
};
struct Change {
    std::string object;  // users, deals
    std::string key;     // e-mail for joining, or order number
    std::string email_key, deal_number;
    int creates = 0;    // people and orders
    bool pays = false;  // completes an order: the service makes a payment
    std::vector<Difference> differences;
    std::string document;  // JSON as it is sent, without the key
    std::vector<std::string> warnings;
};
struct AlreadySo {
    std::string key;
};
struct Refusal {
    std::string key, reason;
};
using Outcome = std::variant<Change, AlreadySo, Refusal>;

struct PlanRules {
    std::string order_prefix = "gcm-";
    bool create_groups = false;
};
// getcourse-api.md 8.2, 8.3, 9; what is refused: getcourse-field-notes.md f.
[[nodiscard]] Outcome plan_change(const Wanted& wanted, Mode mode, const School& school,
                                  const PlanRules& rules, const etl::Zone& zone);
// The key a row speaks of, before anything is looked up: e-mail for joining and order number; empty
// when it has none.
struct Keys {
    std::string email_key, deal_number;
    std::int64_t user_id = 0;
};
[[nodiscard]] Keys keys_of(const Wanted& wanted, const std::string& object, const PlanRules& rules);

// What the mirror shows now in the place of a difference, and whether that is what was wanted.
struct Shown {
    std::string text;
    bool same = false;
};
[[nodiscard]] Shown shown(const Difference& difference, const MirrorUser* user,
                          const MirrorDeal* deal, const School& school, const etl::Zone& zone);

[[nodiscard]] std::string differences_json(const std::vector<Difference>& differences);
[[nodiscard]] std::vector<Difference> parse_differences(const std::string& json);

}  // namespace jobs
