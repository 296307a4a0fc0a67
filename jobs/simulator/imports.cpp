#include "jobs/simulator/imports.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "jobs/simulator/import_document.hpp"
#include "jobs/simulator/text.hpp"

namespace simulator {
namespace {

using Object = Poco::JSON::Object::Ptr;
using Array = Poco::JSON::Array::Ptr;
using Poco::Dynamic::Var;

constexpr std::array<HeadingOf, 6> kUserFields = {{{"email", "Email"},
                                                   {"phone", "Телефон"},
                                                   {"first_name", "Имя"},
                                                   {"last_name", "Фамилия"},
                                                   {"city", "Город"},
                                                   {"country", "Страна"}}};

Object section(const Object& root, const char* name) {
    return root->isObject(name) ? root->getObject(name) : Object(new Poco::JSON::Object);
}

// Null when it is no base64 of a JSON object.
Object parsed(const std::string& params) {
    std::istringstream encoded(params);
    Poco::Base64Decoder decoder(encoded);
    std::ostringstream decoded;
    decoded << decoder.rdbuf();
    try {
        const Var value = Poco::JSON::Parser().parse(decoded.str());
        if (value.type() == typeid(Object)) return value.extract<Object>();
    } catch (const Poco::Exception&) {  // unreadable is answered like missing
    }
    return {};
}

std::string refused_inside(const std::string& action, const std::string& message) {
    return fmt::format(
        R"({{"success":true,"action":{},"result":{{"success":false,"error_message":{},"error":true}}}})",
        json_text(action), json_text(message));
}

}  // namespace

std::string not_understood(const std::string& action, const std::string& message) {
    return fmt::format(R"({{"success":false,"action":{},"result":[],"error":{}}})",
                       json_text(action.empty() ? "add" : action), json_text(message));
}

std::string text_of(const Object& object, const std::string& name) {
    if (object.isNull() || !object->has(name)) return {};
    const Var value = object->get(name);
    if (value.isEmpty() || value.type() == typeid(Object) || value.type() == typeid(Array))
        return {};
    return value.convert<std::string>();
}

void add_custom(const Object& section, const std::vector<std::string>& headings, Edits& edits) {
    if (!section->isObject("addfields")) return;
    const Object fields = section->getObject("addfields");
    for (const std::string& title : fields->getNames())
        if (!title.empty() && std::find(headings.begin(), headings.end(), title) != headings.end())
            edits["custom:" + title] = text_of(fields, title);
}

ImportedUser* Imports::find_user(const std::string& email, int day) {
    const std::string key = email_key(email);
    if (const auto made = by_email_.find(key); made != by_email_.end())
        return &users_.at(made->second);
    if (!key.starts_with("person")) return nullptr;
    const std::int64_t index = leading_number(std::string_view(key).substr(6));
    if (index < 0 || index >= school_.users(day) || email_key(school_.user_email(index)) != key)
        return nullptr;
    return find_by_id(std::to_string(school_.user_id(index)), day);
}

ImportedUser* Imports::find_by_id(const std::string& id, int day) {
    const std::int64_t number = leading_number(id);
    if (const auto known = users_.find(number); known != users_.end()) return &known->second;
    const std::int64_t index = (number - school_.user_id(0)) / 7;
    if (index < 0 || index >= school_.users(day) || school_.user_id(index) != number)
        return nullptr;
    ImportedUser& user = users_[number];
    user.id = number;
    user.index = index;
    user.created = school_.user_created(index);
    return &user;
}

// Among people that imports made; weaker than the e-mail (8.2).
ImportedUser* Imports::find_by_phone(const std::string& phone) {
    const std::string key = phone_key(phone);
    for (auto& [id, user] : users_)
        if (const auto known = user.edits.find("Телефон");
            known != user.edits.end() && !key.empty() && phone_key(known->second) == key)
            return &user;
    return nullptr;
}

std::int64_t Imports::group_id(const std::string& name) {
    if (const auto known = school_.group_id(name)) return *known;
    // an unknown name makes a group (8.2)
    auto [at, fresh] = new_groups_.try_emplace(name, next_group_);
    if (fresh) ++next_group_;
    return at->second;
}

void Imports::join_groups(const Document& document, bool replace, int day, ImportedUser& user) {
    if (!document.user->isArray("group_name")) return;
    const Array groups = document.user->getArray("group_name");
    for (const Var& item : *groups) {
        std::string name;
        Day joined = school_.today(day);
        if (item.type() == typeid(Array)) {
            const auto& pair = item.extract<Array>();
            name = pair->size() > 0 ? pair->get(0).convert<std::string>() : "";
            if (pair->size() > 1 && !replace)
                joined =
                    parse_day(pair->get(1).convert<std::string>().substr(0, 10)).value_or(joined);
        } else {
            name = item.convert<std::string>();
        }
        if (name.empty()) continue;
        const std::int64_t group = group_id(name);
        if (user.groups.try_emplace(group, joined).second) last_added_[group] = now;
    }
}

ImportedUser& Imports::add_user(const Document& document, const std::string& email, int day) {
    ImportedUser& user = users_[next_user_];
    user.id = next_user_++;
    user.created = school_.today(day);
    user.created_at = now;
    if (!email.empty()) by_email_[email_key(email)] = user.id;
    for (const HeadingOf& field : kSession)  // origin: set at creation, never rewritten (8.2)
        if (const std::string text = text_of(document.session, field.name); !text.empty())
            user.edits[field.heading] = text;
    return user;
}

Imports::Outcome Imports::import_user(const Document& document, bool replace_groups, int day) {
    const std::string email = text_of(document.user, "email"),
                      phone = text_of(document.user, "phone"),
                      partner = text_of(document.system, "partner_email");
    Outcome outcome;
    ImportedUser* user = nullptr;
    if (replace_groups) {  // by the numeric id alone; an e-mail without it replaces nothing (8.2)
        user = find_by_id(text_of(document.user, "id"), day);
        if (user == nullptr) return outcome.error = "Объект не найден", outcome;
    } else {
        if (email.empty() && phone.empty())
            return outcome.error = "Не указан ни эл. адрес, ни телефон", outcome;
        if (document.user->has("last_name") && !document.user->isNull("last_name") &&
            text_of(document.user, "last_name").empty())
            return outcome.error = "Некорректная фамилия", outcome;
        user = email.empty() ? find_by_phone(phone) : find_user(email, day);
    }
    if (!partner.empty() && find_user(partner, day) == nullptr)
        return outcome.error = "Партнер не найден", outcome;  // must exist (8.2)
    if (user == nullptr) {
        if (rules.allowance <= 0) return outcome.outer = "Достигнут лимит", outcome;
        --rules.allowance;
        user = &add_user(document, email, day);
        outcome.added = true;
    }
    outcome.user_id = user->id;
    // without refresh nothing of a known user changes, groups included
    if (!outcome.added && !replace_groups && !is_yes(text_of(document.system, "refresh_if_exists")))
        return outcome;
    if (replace_groups) {
        user->groups.clear();
        user->groups_replaced = true;
    } else {
        for (const HeadingOf& field : kUserFields)
            if (const std::string text = text_of(document.user, field.name); !text.empty())
                user->edits[field.heading] = text;
        if (!partner.empty()) user->edits["Email партнера"] = partner;
        if (!rules.drop_fields) add_custom(document.user, School::user_headings(), user->edits);
    }
    join_groups(document, replace_groups, day, *user);
    return outcome;
}

ImportAnswer Imports::run(const std::string& object, const std::string& action,
                          const std::string& params, bool may_write, int day) {
    const auto json = [](std::string body, std::string means) {
        return ImportAnswer{200, "application/json", std::move(body), std::move(means)};
    };
    if (action.empty()) return json(not_understood("", "Пустой параметр action"), "no action");
    if (!may_write || (action != "add" && !(action == "update" && object == "users")))
        return json(not_understood(action, "Действие запрещено"), "forbidden");
    if (!rules.in_tariff) return {200, "text/html; charset=utf-8", "", "not in tariff"};
    const Object root = parsed(params);
    if (root.isNull())
        return json(not_understood(
                        action, params.empty() ? "Параметры не указаны" : "Не указаны параметры"),
                    "no params");
    const Document document{section(root, "user"), section(root, "deal"), section(root, "system"),
                            section(root, "session"), root->isObject("deal")};
    const Outcome outcome = object == "deals" ? import_deal(document, day)
                                              : import_user(document, action == "update", day);
    if (!outcome.outer.empty()) return json(not_understood(action, outcome.outer), "allowance");
    if (!outcome.error.empty()) return json(refused_inside(action, outcome.error), "refused");
    std::string result = fmt::format(R"("user_id":{},"user_status":"{}")", outcome.user_id,
                                     outcome.added ? "added" : "updated");
    if (object == "deals") {
        if (is_yes(text_of(document.system, "return_payment_link")))
            result += fmt::format(R"(,"payment_link":"https://demo-school.example/pay/{}")",
                                  outcome.deal_id);
        const bool number_wanted = is_yes(text_of(document.system, "return_deal_number"));
        result += fmt::format(R"(,"deal_id":{},"deal_number":{})", outcome.deal_id,
                              json_text(number_wanted ? outcome.deal_number : ""));
    }
    return json(
        fmt::format(
            R"({{"success":true,"action":{},"result":{{"success":true,{},"error_message":"","error":false}}}})",
            json_text(action), result),
        "written");
}

}  // namespace simulator
