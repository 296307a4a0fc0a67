#include "jobs/simulator/imports.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "etl/value.hpp"
#include "schema/table.hpp"

namespace simulator {
namespace {

using Object = Poco::JSON::Object::Ptr;
using Array = Poco::JSON::Array::Ptr;
using Poco::Dynamic::Var;

std::string text_of(const Object& object, const std::string& name) {
    if (object.isNull() || !object->has(name)) return {};
    const Var value = object->get(name);
    if (value.isEmpty() || value.type() == typeid(Object) || value.type() == typeid(Array))
        return {};
    return value.convert<std::string>();
}

std::string key_of(std::string email) {
    std::string key = etl::email_key(email);
    return key;
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string not_understood(const std::string& message) {
    return "{\"success\":false,\"action\":\"add\",\"result\":[],\"error_message\":" +
           quoted(message) + ",\"error\":true}";
}

struct HeadingOf {
    const char *name, *heading;
};
constexpr std::array<HeadingOf, 6> kUserFields = {{{"email", "Email"},
                                                   {"phone", "Телефон"},
                                                   {"first_name", "Имя"},
                                                   {"last_name", "Фамилия"},
                                                   {"city", "Город"},
                                                   {"country", "Страна"}}};
constexpr std::array<HeadingOf, 3> kDealFields = {{{"product_title", "Состав заказа"},
                                                   {"manager_email", "Менеджер"},
                                                   {"deal_comment", "Комментарий к заказу"}}};
constexpr std::array<HeadingOf, 6> kSession = {{{"utm_source", "utm_source"},
                                                {"utm_medium", "utm_medium"},
                                                {"utm_campaign", "utm_campaign"},
                                                {"utm_content", "utm_content"},
                                                {"utm_term", "utm_term"},
                                                {"utm_group", "utm_group"}}};

// The school's offers: id -> price in hundredths. An unknown id is an error, nothing is invented
// (8.3).
std::optional<std::int64_t> offer_price(const std::string& id) {
    const std::int64_t number = std::atoll(id.c_str());
    if (number < 3001 || number > 3012) return std::nullopt;
    return (number - 3000) * 100000;
}

// Custom fields by exact title; an unknown one is dropped without a word (8.2).
void add_custom(const Object& section, const std::vector<std::string>& headings, Edits& edits) {
    if (section.isNull() || !section->isObject("addfields")) return;
    const Object fields = section->getObject("addfields");
    for (const std::string& title : fields->getNames())
        if (!title.empty() && std::find(headings.begin(), headings.end(), title) != headings.end())
            edits["custom:" + title] = text_of(fields, title);
}

}  // namespace

struct Imports::Outcome {
    std::string error;  // of the inner result; empty: written
    std::string outer;  // the whole import is refused with these words
    std::int64_t user_id = 0;
    bool added = false;
    std::int64_t deal_id = 0;
    std::string deal_number;
};

ImportedUser* Imports::find_user(const std::string& email, int day) {
    const std::string key = key_of(email);
    if (const auto made = by_email_.find(key); made != by_email_.end())
        return &users_.at(made->second);
    if (key.rfind("person", 0) != 0) return nullptr;
    const std::int64_t index = std::atoll(key.c_str() + 6);
    if (index < 0 || index >= school_.users(day) || key_of(school_.user_email(index)) != key)
        return nullptr;
    ImportedUser& user = users_[school_.user_id(index)];
    if (user.id == 0) {
        user.id = school_.user_id(index);
        user.index = index;
        user.created = school_.user_created(index);
    }
    return &user;
}

ImportedUser* Imports::find_by_phone(
    const std::string& phone) {  // among people that imports made; weaker than the e-mail (8.2)
    const std::string key = etl::phone_key(phone);
    for (auto& [id, user] : users_)
        if (const auto known = user.edits.find("Телефон");
            known != user.edits.end() && !key.empty() && etl::phone_key(known->second) == key)
            return &user;
    return nullptr;
}

std::int64_t Imports::group_id(const std::string& name) {
    if (const auto known = school_.group_id(name)) return *known;
    auto [at, fresh] =
        new_groups_.try_emplace(name, next_group_);  // an unknown name makes a group (8.2)
    if (fresh) ++next_group_;
    return at->second;
}

Imports::Outcome Imports::import_user(const void* document, bool replace_groups, int day) {
    const Object& root = *static_cast<const Object*>(document);
    const Object section = root->isObject("user") ? root->getObject("user") : Object{};
    const Object system = root->isObject("system") ? root->getObject("system") : Object{};
    const std::string email = text_of(section, "email"), phone = text_of(section, "phone"),
                      id = text_of(section, "id");
    Outcome outcome;
    ImportedUser* user = nullptr;
    if (replace_groups && !id.empty()) {
        const std::int64_t number = std::atoll(id.c_str());
        if (const auto known = users_.find(number); known != users_.end())
            user = &known->second;
        else if (const std::int64_t index = (number - school_.user_id(0)) / 7;
                 index >= 0 && index < school_.users(day) && school_.user_id(index) == number)
            user = find_user(school_.user_email(index), day);
        if (user == nullptr) return outcome.error = "Пользователь не найден", outcome;
    } else {
        if (email.empty() && phone.empty())
            return outcome.error = "Не указан ни эл. адрес, ни телефон", outcome;
        if (section->has("last_name") && text_of(section, "last_name").empty())
            return outcome.error = "Некорректная фамилия", outcome;
        user = email.empty() ? find_by_phone(phone) : find_user(email, day);
    }
    const std::string partner = text_of(system, "partner_email");
    if (!partner.empty() && find_user(partner, day) == nullptr)
        return outcome.error = "Партнер не найден", outcome;  // must exist (8.2)
    if (user == nullptr) {
        if (rules.allowance <= 0) return outcome.outer = "Достигнут лимит", outcome;
        --rules.allowance;
        user = &users_[next_user_];
        user->id = next_user_++;
        user->created = school_.today(day);
        if (!email.empty()) by_email_[key_of(email)] = user->id;
        outcome.added = true;
        if (root->isObject("session"))  // origin: set when somebody is made, never rewritten (8.2)
            for (const HeadingOf& field : kSession)
                if (const std::string text = text_of(root->getObject("session"), field.name);
                    !text.empty())
                    user->edits[field.heading] = text;
    }
    outcome.user_id = user->id;
    const std::string refresh = text_of(system, "refresh_if_exists");
    if (!outcome.added && !replace_groups && refresh != "1" && refresh != "true")
        return outcome;  // nothing of a known user changes, groups included
    if (!replace_groups) {
        for (const HeadingOf& field : kUserFields)
            if (const std::string text = text_of(section, field.name); !text.empty())
                user->edits[field.heading] = text;
        if (!partner.empty()) user->edits["Email партнера"] = partner;
        if (!rules.drop_fields) add_custom(section, School::user_headings(), user->edits);
    } else {
        user->groups.clear();
        user->groups_replaced = true;
    }
    if (!section->isArray("group_name")) return outcome;
    const Array groups = section->getArray("group_name");
    for (const Var& item : *groups) {
        std::string name;
        etl::Day joined = school_.today(day);
        if (item.type() == typeid(Array)) {
            const Array pair = item.extract<Array>();
            name = pair->size() > 0 ? pair->get(0).convert<std::string>() : "";
            if (pair->size() > 1 && !replace_groups)
                joined = etl::parse_day(pair->get(1).convert<std::string>().substr(0, 10))
                             .value_or(joined);
        } else {
            name = item.convert<std::string>();
        }
        if (name.empty()) continue;
        const std::int64_t group = group_id(name);
        if (user->groups.try_emplace(group, joined).second) last_added_[group] = now;
    }
    return outcome;
}

Imports::Outcome Imports::import_deal(const void* document, int day) {
    const Object& root = *static_cast<const Object*>(document);
    const Object section = root->isObject("deal") ? root->getObject("deal") : Object{};
    Outcome outcome = import_user(document, false, day);
    if (!outcome.error.empty() || !outcome.outer.empty()) return outcome;
    if (section.isNull()) return outcome.error = "Не указан заказ", outcome;
    const std::string number = text_of(section, "deal_number"),
                      status = text_of(section, "deal_status"),
                      paid_flag = text_of(section, "deal_is_paid");
    const auto cost = etl::read_money(text_of(section, "deal_cost"));
    if (!status.empty()) {
        const auto& known = schema::statuses("deals");
        if (std::none_of(known.begin(), known.end(),
                         [&](const schema::Status& s) { return s.code == status; }))
            return outcome.error = "Неверный статус заказа", outcome;
    }
    const std::string offer = text_of(section, "offer_id"),
                      partner = text_of(section, "partner_email");
    if (!offer.empty() && !offer_price(offer))
        return outcome.error = "Предложение не найдено", outcome;
    if (!partner.empty() && find_user(partner, day) == nullptr)
        return outcome.error = "Партнер не найден", outcome;
    ImportedDeal* deal = nullptr;
    for (auto& [id, made] : deals_)
        if (!number.empty() && made.number == number) deal = &made;
    if (deal == nullptr && !number.empty()) {
        if (const auto index = school_.deal_with_number(number, day)) {
            const DealState state = school_.deal_state(*index, day);
            ImportedDeal& known = deals_[school_.deal_id(*index)];
            known.id = school_.deal_id(*index);
            known.index = *index;
            known.number = number;
            known.user_id = school_.user_id(school_.deal_user(*index));
            known.created = school_.deal_created(*index);
            known.status_changed = state.status_changed;
            known.paid_day = state.paid_day;
            known.status = state.status;
            known.cost = state.cost;
            known.paid = state.paid;
            deal = &known;
        }
    }
    const bool is_new = deal == nullptr;
    if (is_new) {
        if (text_of(section, "offer_id").empty() && text_of(section, "offer_code").empty() &&
            text_of(section, "product_title").empty())
            return outcome.error = "Не указано предложение", outcome;
        if (!cost.value && text_of(section, "offer_id").empty())
            return outcome.error = "Не указана стоимость заказа", outcome;
        if (rules.allowance <= 0) return outcome.outer = "Достигнут лимит", outcome;
        --rules.allowance;
        deal = &deals_[next_deal_];
        deal->id = next_deal_++;
        deal->number = number.empty() ? std::to_string(next_number_++) : number;
        deal->user_id = outcome.user_id;
        deal->created = etl::parse_day(text_of(section, "deal_created_at").substr(0, 10))
                            .value_or(school_.today(day));
        deal->created_at = text_of(section, "deal_created_at");
        deal->status_changed = deal->created;
    }
    // multiple_offers appends to the content of a known order, and what it costs; otherwise both
    // are replaced (8.3).
    const bool append = !is_new && root->isObject("system") &&
                        text_of(root->getObject("system"), "multiple_offers") == "1";
    const std::optional<std::int64_t> price =
        cost.value ? std::optional(cost.value->hundredths) : offer_price(offer);
    if (price) deal->cost = append ? deal->cost + *price : *price;
    for (const HeadingOf& field : kDealFields)
        if (const std::string text = text_of(section, field.name); !text.empty()) {
            std::string& edit = deal->edits[field.heading];
            edit = append && std::string(field.name) == "product_title" && !edit.empty()
                       ? edit + ", " + text
                       : text;
        }
    if (!partner.empty()) deal->edits["Email партнера заказа"] = partner;
    if (root->isObject("session"))
        for (const HeadingOf& field : kSession)
            if (const std::string text = text_of(root->getObject("session"), field.name);
                !text.empty())
                deal->edits[field.heading] = text;
    if (!rules.drop_fields) add_custom(section, School::deal_headings(), deal->edits);
    if (!status.empty() && status != deal->status) {
        deal->status = status;
        deal->status_changed = school_.today(day);
    }
    if ((status == "payed" || paid_flag == "1" || paid_flag == "yes" || paid_flag == "да") &&
        deal->cost > 0) {  // also makes a payment: each time it is sent (8.3, 8.4)
        payments_.push_back(
            {next_payment_++, deal->id, deal->number, deal->cost, school_.today(day)});
        deal->paid += deal->cost;
        deal->paid_day = school_.today(day);
        if (deal->status != "payed") deal->status_changed = school_.today(day);
        deal->status = "payed";
    }
    outcome.deal_id = deal->id;
    outcome.deal_number = deal->number;
    return outcome;
}

ImportAnswer Imports::run(const std::string& object, const std::string& action,
                          const std::string& params, bool may_write, int day) {
    const auto json = [](std::string body, std::string means) {
        return ImportAnswer{200, "application/json", std::move(body), std::move(means)};
    };
    if (action.empty()) return json(not_understood("Пустой параметр action"), "no action");
    if (!may_write || (action != "add" && !(action == "update" && object == "users")))
        return json(not_understood("Действие запрещено"), "forbidden");
    if (!rules.in_tariff) return {200, "text/html; charset=utf-8", "", "not in tariff"};
    std::string document;
    std::istringstream encoded(params);
    Poco::Base64Decoder decoder(encoded);
    std::ostringstream decoded;
    decoded << decoder.rdbuf();
    Object root;
    try {
        Poco::JSON::Parser parser;
        const Var parsed = parser.parse(decoded.str());
        if (parsed.type() == typeid(Object)) root = parsed.extract<Object>();
    } catch (const Poco::Exception&) {  // unreadable is answered like missing
    }
    if (root.isNull())
        return json(
            not_understood(params.empty() ? "Параметры не указаны" : "Не указаны параметры"),
            "no params");
    const Outcome outcome =
        object == "deals" ? import_deal(&root, day) : import_user(&root, action == "update", day);
    if (!outcome.outer.empty()) return json(not_understood(outcome.outer), "allowance");
    if (!outcome.error.empty())
        return json("{\"success\":true,\"action\":" + quoted(action) +
                        ",\"result\":{\"success\":false,\"error_message\":" +
                        quoted(outcome.error) + ",\"error\":true}}",
                    "refused");
    std::string result = "\"user_id\":" + std::to_string(outcome.user_id) + ",\"user_status\":\"" +
                         (outcome.added ? "added" : "updated") + "\"";
    if (object == "deals") {
        const bool number_wanted =
            root->isObject("system") &&
            !text_of(root->getObject("system"), "return_deal_number").empty();
        if (root->isObject("system") &&
            !text_of(root->getObject("system"), "return_payment_link").empty())
            result += ",\"payment_link\":\"https://demo-school.example/pay/" +
                      std::to_string(outcome.deal_id) + "\"";
        result += ",\"deal_id\":" + std::to_string(outcome.deal_id) +
                  ",\"deal_number\":" + (number_wanted ? quoted(outcome.deal_number) : "\"\"");
    }
    return json("{\"success\":true,\"action\":" + quoted(action) +
                    ",\"result\":{\"success\":true," + result +
                    ",\"error_message\":\"\",\"error\":false}}",
                "written");
}

}  // namespace simulator
