// groups (getcourse-api.md 2.6) and memberships (6.1 last column, 6.2).
#include "schema/table.hpp"

namespace schema {

const Table& groups() {
    using enum Place;
    static const Table table = {
        "groups",
        "Groups of users.",
        {"id"},
        {
            {"id", Type::bigint, {"id"}, head, "Number of the group in GetCourse.", true},
            {"name", Type::text, {"name"}, head, "Name; not necessarily unique."},
            {"last_added_at",
             Type::timestamp,
             {"last_added_at"},
             head,
             "When somebody was last added; NULL: never. Says nothing of leaving."},
        },
        false,
        ""};
    return table;
}

const Table& memberships() {
    using enum Place;
    static const Table table = {
        "memberships",
        "Who is, or was, in which group.",
        {"user_id", "group_id"},
        {
            {"user_id", Type::bigint, {"id"}, head, "The person (mirror.users.id).", true},
            {"group_id", Type::bigint, {"ID группы"}, anywhere, "The group (mirror.groups.id)."},
            {"joined_on", Type::date, {}, anywhere, "Day of joining, in the account's zone."},
            {"joined_at",
             Type::timestamp,
             {"Добавлен в группу"},
             anywhere,
             "Moment of joining, where an export of the group gave it."},
            {"left_seen_at",
             Type::timestamp,
             {},
             anywhere,
             "State of the data in which the person was first seen outside the group; NULL: a "
             "member."},
        },
        false,
        ""};
    return table;
}

}  // namespace schema
