#include "jobs/push/import_document.hpp"

#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>

#include <sstream>

namespace jobs {
namespace {

using Poco::JSON::Object;

Object::Ptr new_object() { return new Object(Poco::JSON_PRESERVE_KEY_ORDER); }

void append(Object& to, const Object& from) {
    for (const std::string& name : from.getNames()) to.set(name, from.get(name));
}

}  // namespace

Object::Ptr ImportDocument::section(const std::string& name) {
    Object::Ptr& section = sections_[name];
    if (section.isNull()) section = new_object();
    return section;
}

void ImportDocument::set_custom(const std::string& section_name, const std::string& title,
                                const std::string& value) {
    Object::Ptr to = section(section_name);
    if (!to->has("addfields")) to->set("addfields", new_object());
    to->getObject("addfields")->set(title, value);
}

std::string ImportDocument::text(const std::string& email, const std::string& deal_number,
                                 bool refresh) {
    Object::Ptr root = new_object();
    Object::Ptr user = new_object();
    user->set("email", email);
    if (has("user")) append(*user, *section("user"));
    root->set("user", user);
    section("system")->set("refresh_if_exists", refresh ? 1 : 0);
    if (!deal_number.empty()) {
        Object::Ptr deal = new_object();
        deal->set("deal_number", deal_number);
        append(*deal, *section("deal"));
        root->set("deal", deal);
        section("system")->set("return_deal_number", 1);
    }
    root->set("system", section("system"));
    if (has("session")) root->set("session", section("session"));
    std::ostringstream text;
    root->stringify(text);
    return text.str();
}

std::string with_cost(const std::string& document, const std::string& cost) {
    Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));  // keeps the order of keys
    Object::Ptr root = parser.parse(document).extract<Object::Ptr>();
    root->getObject("deal")->set("deal_cost", cost);
    std::ostringstream text;
    root->stringify(text);
    return text.str();
}

}  // namespace jobs
