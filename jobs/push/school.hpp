// What the mirror knows of the people and orders that a plan speaks of.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "schema/naming.hpp"

namespace jobs {

using Custom = std::map<std::string, std::string>;  // name of mirror.custom_fields -> text
struct MirrorUser {
    std::int64_t id = 0;
    std::map<std::string, std::string> values;  // columns of mirror.users that imports set; empty
                                                // ones absent
    Custom custom;
    std::set<std::string> groups;  // names of those the person is in
    bool missing = false;
};
struct MirrorDeal {
    std::int64_t id = 0;
    std::map<std::string, std::string> values;  // columns of mirror.deals that exports show of an
                                                // import
    Custom custom;
    bool missing = false;
};
struct School {
    std::map<std::string, std::vector<MirrorUser>> users;  // by e-mail for joining
    std::map<std::string, std::vector<MirrorDeal>> deals;  // by order number
    std::map<std::int64_t, std::string> email_of;          // user id -> e-mail for joining
    std::vector<schema::CustomField> fields;
    std::map<std::string, std::int64_t> groups;  // name -> id
    std::set<std::string> shared_group_names;    // those that several groups have
};

// The people and orders named (by e-mail for joining, number, user id), all groups and all custom
// fields.
[[nodiscard]] School read_school(etl::pg::Connection& connection,
                                 const std::vector<std::string>& email_keys,
                                 const std::vector<std::string>& deal_numbers,
                                 const std::vector<std::int64_t>& user_ids);

}  // namespace jobs
