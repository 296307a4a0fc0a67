#include "jobs/push/target.hpp"

#include <Poco/SHA1Engine.h>
#include <fmt/core.h>

#include "etl/value.hpp"

namespace jobs {
namespace {

std::string digest(const std::string& text) {
    Poco::SHA1Engine engine;
    engine.update(text);
    return Poco::DigestEngine::digestToHex(engine.digest()).substr(0, 12);
}

std::string buyer_of(const MirrorDeal& deal) {
    const auto found = deal.values.find("email_key");
    return found == deal.values.end() ? "" : found->second;
}

void take_known_order(Target& target, Keys& keys, const std::vector<MirrorDeal>& orders) {
    if (orders.size() > 1)
        throw Refused{fmt::format("the mirror has {} orders with number {}", orders.size(),
                                  keys.deal_number)};
    target.deal = &orders.front();
    if (target.deal->missing)
        throw Refused{"order " + keys.deal_number +
                      " is no longer in the exports; an import would make a new one"};
    const std::string buyer = buyer_of(*target.deal);
    if (keys.email_key.empty())
        keys.email_key = buyer;
    else if (!buyer.empty() && buyer != keys.email_key)
        throw Refused{fmt::format("order {} belongs to {}, not to {}", keys.deal_number, buyer,
                                  keys.email_key)};
}

void find_order(Target& target, Keys& keys, Mode mode, const School& school,
                const PlanRules& rules) {
    target.deal_number = target.key = keys.deal_number;
    const auto found = school.deals.find(keys.deal_number);
    if (found != school.deals.end()) return take_known_order(target, keys, found->second);
    if (mode == Mode::update)
        throw Refused{keys.deal_number.empty()
                          ? std::string("deal_number is missing: which order?")
                          : "the mirror has no order with number " + keys.deal_number};
    if (keys.deal_number.rfind(rules.order_prefix, 0) != 0)
        throw Refused{
            fmt::format("a new order needs a number of ours: deal_number \"{}\" does not "
                        "begin with \"{}\"; leave the column out and the order gets one",
                        keys.deal_number, rules.order_prefix)};
    target.created.push_back({"deal_number", "", keys.deal_number, "deal"});
}

void take_known_person(Target& target, const Keys& keys, const std::vector<MirrorUser>& people,
                       bool of_deal) {
    if (people.size() > 1)
        throw Refused{
            fmt::format("the mirror has {} people with e-mail {}", people.size(), keys.email_key)};
    target.user = &people.front();
    if (keys.user_id != 0 && target.user->id != keys.user_id)
        throw Refused{fmt::format("e-mail {} belongs to user {}, not to {}", keys.email_key,
                                  target.user->id, keys.user_id)};
    if (target.user->missing && !of_deal)
        throw Refused{keys.email_key +
                      " is no longer in the exports; an import would make a new person"};
}

void find_person(Target& target, Keys& keys, const Wanted& wanted, bool of_deal, Mode mode,
                 const School& school) {
    if (keys.email_key.empty() && keys.user_id != 0) {
        const auto known = school.email_of.find(keys.user_id);
        if (known == school.email_of.end())
            throw Refused{fmt::format("the mirror has no person with user_id {}", keys.user_id)};
        keys.email_key = known->second;
    }
    const std::string email = text_of(wanted, "email");
    if (!of_deal) target.key = keys.email_key.empty() ? email : keys.email_key;
    if (keys.email_key.empty() || !is_email(keys.email_key))
        throw Refused{email.empty() ? "email is missing: people are found by it"
                                    : "email \"" + email + "\" is no e-mail address"};
    target.email_key = keys.email_key;
    target.email = email.empty() ? keys.email_key : email;
    const auto found = school.users.find(keys.email_key);
    if (found != school.users.end()) return take_known_person(target, keys, found->second, of_deal);
    // Of a known order the buyer exists, whatever the mirror of people says.
    if (target.deal != nullptr) return;
    if (mode == Mode::update) throw Refused{"the mirror has nobody with e-mail " + keys.email_key};
    target.created.push_back({"email", "", target.email, "user"});
}

}  // namespace

Keys keys_of(const Wanted& wanted, const std::string& object, const PlanRules& rules) {
    Keys keys;
    keys.email_key = etl::email_key(text_of(wanted, "email"));
    keys.user_id = etl::read_bigint(text_of(wanted, "user_id")).value.value_or(0);
    if (object != "deals") return keys;
    keys.deal_number = text_of(wanted, "deal_number");
    const bool offer = cell(wanted, "offer_id") != nullptr ||
                       cell(wanted, "offer_code") != nullptr ||
                       cell(wanted, "product_title") != nullptr;
    if (!keys.deal_number.empty() || !offer) return keys;
    // The same wish has the same number for ever: asked for twice, it is one order.
    std::string wish = keys.email_key.empty() ? std::to_string(keys.user_id) : keys.email_key;
    for (const char* column : {"offer_id", "offer_code", "product_title", "deal_key"})
        wish += "\n" + text_of(wanted, column);
    keys.deal_number = rules.order_prefix + digest(wish);
    return keys;
}

void find_target(Target& target, const Wanted& wanted, const std::string& object, Mode mode,
                 const School& school, const PlanRules& rules) {
    const bool of_deal = object == "deals";
    Keys keys = keys_of(wanted, object, rules);
    if (of_deal) find_order(target, keys, mode, school, rules);
    find_person(target, keys, wanted, of_deal, mode, school);
}

}  // namespace jobs
