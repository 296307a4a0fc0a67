#include "jobs/push/difference.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <sstream>

#include "jobs/push/import_fields.hpp"

namespace jobs {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::string utc(const std::string& local, const etl::Zone& zone) {
    const auto read = etl::read_timestamp(local, zone);
    return read.value ? etl::format_instant(*read.value) : local;
}

// Equal as the type of the place sees it; exports write values in their own way.
bool same(const std::string& type, const std::string& wanted, const std::string& shown) {
    if (type == "boolean") {
        const auto a = etl::read_boolean(wanted), b = etl::read_boolean(shown);
        return a.value.value_or(false) == b.value.value_or(false);  // an empty cell is a no
    }
    if (type == "date") {
        const auto a = etl::read_date(wanted), b = etl::read_date(shown);
        if (a.value && b.value) return *a.value == *b.value;
    }
    if (type == "numeric") {
        const auto a = etl::read_money(wanted), b = etl::read_money(shown);
        if (a.value && b.value) return a.value->hundredths == b.value->hundredths;
    }
    return trimmed(wanted) == trimmed(shown);
}

Shown shown_custom(const std::string& name, const std::string& text, const std::string& table,
                   const std::string& wanted, const School& school) {
    std::string type = "text";
    for (const schema::CustomField& field : school.fields)
        if (field.table == table && field.name == name) type = field.type;
    return {text, same(type, wanted, text)};
}

// A column of mirror.users or mirror.deals, each compared in its own way.
Shown shown_column(const std::string& name, const std::string& text, const std::string& wanted,
                   const etl::Zone& zone) {
    if (name == "phone")
        return {text,
                !etl::phone_key(text).empty() && etl::phone_key(text) == etl::phone_key(wanted)};
    if (name == "cost") return {text, same("numeric", wanted, text)};
    if (name == "created_at") return {text, text == utc(wanted, zone)};
    if (name == "content")
        return {text, schema::fold(text).find(schema::fold(wanted)) != std::string::npos};
    if (name == "order_partner_email")
        return {text, etl::email_key(text) == etl::email_key(wanted)};
    return {text, same("text", wanted, text)};
}

}  // namespace

Shown shown(const Difference& difference, const MirrorUser* user, const MirrorDeal* deal,
            const School& school, const etl::Zone& zone) {
    const std::string& where = difference.where;
    if (where.empty()) return {};
    if (where == "user") return user == nullptr ? Shown{} : Shown{difference.wanted, true};
    if (where == "deal") return deal == nullptr ? Shown{} : Shown{difference.wanted, true};
    if (where.starts_with("group ")) {
        const bool in = user != nullptr && user->groups.contains(where.substr(6));
        return {in ? difference.wanted : "", in};
    }
    const bool of_deal = where.starts_with("deal ");
    const std::string place = where.substr(5);
    const bool custom = place.starts_with("custom ");
    const std::string name = custom ? place.substr(7) : place;
    const std::map<std::string, std::string>* values = nullptr;
    if (of_deal && deal != nullptr) values = custom ? &deal->custom : &deal->values;
    if (!of_deal && user != nullptr) values = custom ? &user->custom : &user->values;
    if (values == nullptr) return {};
    const auto found = values->find(name);
    const std::string text = found == values->end() ? "" : found->second;
    if (custom)
        return shown_custom(name, text, of_deal ? "deals" : "users", difference.wanted, school);
    return shown_column(name, text, difference.wanted, zone);
}

std::string differences_json(const std::vector<Difference>& differences) {
    Array list;
    for (const Difference& difference : differences) {
        Object::Ptr item(new Object(Poco::JSON_PRESERVE_KEY_ORDER));
        item->set("field", difference.field);
        item->set("old", difference.old);
        item->set("new", difference.wanted);
        item->set("where", difference.where);
        list.add(item);
    }
    std::ostringstream text;
    list.stringify(text);
    return text.str();
}

std::vector<Difference> parse_differences(const std::string& json) {
    std::vector<Difference> differences;
    Poco::JSON::Parser parser;
    const Array::Ptr list = parser.parse(json).extract<Array::Ptr>();
    for (const auto& item : *list) {
        Object::Ptr object = item.extract<Object::Ptr>();
        differences.push_back(
            {object->getValue<std::string>("field"), object->getValue<std::string>("old"),
             object->getValue<std::string>("new"), object->getValue<std::string>("where")});
    }
    return differences;
}

}  // namespace jobs
