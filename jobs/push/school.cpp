#include "jobs/push/school.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>

#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

using etl::pg::array_literal;

std::map<std::string, std::string> texts(const std::string& json) {
    std::map<std::string, std::string> out;
    Poco::JSON::Parser parser;
    const auto object = parser.parse(json).extract<Poco::JSON::Object::Ptr>();
    for (const auto& [name, value] : *object)
        if (!value.isEmpty()) out[name] = value.convert<std::string>();
    return out;
}

void read_users(etl::pg::Connection& connection, const std::vector<std::string>& keys,
                School& school) {
    const auto found = connection.query(push_sql("school_users"), {array_literal(keys)});
    for (std::size_t i = 0; i < found.rows(); ++i) {
        std::vector<MirrorUser>& people = school.users[found.text(i, 0)];
        if (!people.empty() && found.flag(i, 2))
            continue;  // one who is gone does not make an address ambiguous
        MirrorUser user;
        user.id = found.number(i, 1);
        user.missing = found.flag(i, 2);
        user.values = texts(found.text(i, 3));
        user.custom = texts(found.text(i, 4));
        for (const std::string& name : etl::pg::parse_array(found.text(i, 5)))
            user.groups.insert(name);
        people.push_back(std::move(user));
    }
}

void read_deals(etl::pg::Connection& connection, const std::vector<std::string>& numbers,
                School& school) {
    const auto found = connection.query(push_sql("school_deals"), {array_literal(numbers)});
    for (std::size_t i = 0; i < found.rows(); ++i) {
        std::vector<MirrorDeal>& orders = school.deals[found.text(i, 0)];
        if (!orders.empty() && found.flag(i, 2)) continue;
        MirrorDeal deal;
        deal.id = found.number(i, 1);
        deal.missing = found.flag(i, 2);
        deal.values = texts(found.text(i, 3));
        deal.custom = texts(found.text(i, 4));
        orders.push_back(std::move(deal));
    }
}

std::vector<std::string> distinct(std::vector<std::string> items) {
    std::erase(items, "");
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
}

void read_fields(etl::pg::Connection& connection, School& school) {
    const auto fields = connection.query(push_sql("school_fields"));
    for (std::size_t i = 0; i < fields.rows(); ++i) {
        schema::CustomField field;
        field.table = fields.text(i, 0);
        if (fields.at(i, 1)) field.field_id = fields.number(i, 1);
        field.title = fields.text(i, 2);
        field.ordinal = static_cast<int>(fields.number(i, 3));
        field.name = fields.text(i, 4);
        field.type = fields.text(i, 5);
        school.fields.push_back(std::move(field));
    }
}

void read_groups(etl::pg::Connection& connection, School& school) {
    const auto groups = connection.query(
        "SELECT name, id FROM mirror.groups WHERE missing_since IS NULL AND name IS NOT NULL ORDER "
        "BY id");
    for (std::size_t i = 0; i < groups.rows(); ++i)
        if (!school.groups.emplace(groups.text(i, 0), groups.number(i, 1)).second)
            school.shared_group_names.insert(groups.text(i, 0));
}

}  // namespace

School read_school(etl::pg::Connection& connection, const std::vector<std::string>& email_keys,
                   const std::vector<std::string>& deal_numbers,
                   const std::vector<std::int64_t>& user_ids) {
    School school;
    read_fields(connection, school);
    read_groups(connection, school);
    std::vector<std::string> keys = email_keys;
    std::vector<std::string> ids;
    for (const std::int64_t id : user_ids) ids.push_back(std::to_string(id));
    const auto owners = connection.query(
        "SELECT id, email_key FROM mirror.users WHERE id = ANY ($1::bigint[]) AND email_key <> '' "
        "AND missing_since IS NULL",
        {array_literal(distinct(ids))});
    for (std::size_t i = 0; i < owners.rows(); ++i) {
        school.email_of[owners.number(i, 0)] = owners.text(i, 1);
        keys.push_back(owners.text(i, 1));
    }
    read_deals(connection, distinct(deal_numbers), school);
    for (const auto& [number, orders] : school.deals)
        if (const auto buyer = orders.front().values.find("email_key");
            buyer != orders.front().values.end())
            keys.push_back(buyer->second);
    read_users(connection, distinct(keys), school);
    return school;
}

}  // namespace jobs
