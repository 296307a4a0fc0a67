#include "jobs/push/change_plan.hpp"

#include <Poco/JSON/Parser.h>
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "etl/nearest.hpp"
#include "jobs/push/import_document.hpp"
#include "jobs/push/target.hpp"

namespace jobs {
namespace {

using Poco::JSON::Array;
using Check = ImportField::Check;

// A JSON list of texts, or the text itself.
std::vector<std::string> names_in(const std::string& text) {
    if (!text.starts_with("[")) return {text};
    std::vector<std::string> names;
    try {
        Poco::JSON::Parser parser;
        const Array::Ptr list = parser.parse(text).extract<Array::Ptr>();
        for (const auto& item : *list) names.push_back(trimmed(item.convert<std::string>()));
    } catch (const Poco::Exception&) {
        return {text};  // a group may well be called "[VIP]"
    }
    return names;
}

const schema::CustomField* find_custom(const School& school, std::string_view table,
                                       const std::string& title, bool& several) {
    const schema::CustomField* found = nullptr;
    for (const schema::CustomField& field : school.fields) {
        if (field.table != table) continue;
        if (field.name == title) return &field;
        if (field.title == title) several = found != nullptr, found = &field;
    }
    return found;
}

// The custom field of that title or name, or Refused.
const schema::CustomField& custom_field(const School& school, const std::string& table,
                                        const std::string& title) {
    bool several = false;
    const schema::CustomField* field = find_custom(school, table, title, several);
    if (field == nullptr) {
        std::vector<std::string> titles;
        for (const schema::CustomField& known : school.fields)
            if (known.table == table && !known.title.empty()) titles.push_back(known.title);
        throw Refused{
            fmt::format("the school has no field \"{}\" of {}", title, table) +
            (titles.empty() ? "" : "; the nearest are " + etl::nearest_text(title, titles))};
    }
    if (several)
        throw Refused{
            fmt::format("the school has several fields \"{}\" of {}; the service finds "
                        "them by title and would take either",
                        title, table)};
    if (field->title.empty())
        throw Refused{
            fmt::format("field {} has no title; the service finds fields by it", field->name)};
    return *field;
}

// The text of a custom field as the service takes it, by the field's type.
std::string custom_value(const schema::CustomField& field, const std::string& column,
                         const std::string& text) {
    if (text.empty())
        throw Refused{column +
                      " is empty; how to empty a field is not documented (getcourse-api.md 8.2): "
                      "leave it NULL"};
    if (field.type == "boolean") {
        const auto flag = etl::read_boolean(text);
        if (!flag.value)
            throw Refused{fmt::format("{} \"{}\" is neither yes nor no", column, text)};
        return *flag.value ? "1" : "0";
    }
    if (field.type == "date") {
        const auto day = etl::read_date(text);
        if (!day.value)
            throw Refused{fmt::format("{} \"{}\" is no day; expected YYYY-MM-DD", column, text)};
        return etl::format_day(*day.value);
    }
    return text;
}

// Gathers what a row wants of its target, compares, and writes the document.
class ChangeBuilder {
public:
    ChangeBuilder(const Wanted& wanted, Mode mode, const School& school, const PlanRules& rules,
                  const etl::Zone& zone)
        : wanted_(wanted), mode_(mode), school_(school), rules_(rules), zone_(zone) {
        change_.object = object_of(wanted);
    }

    Outcome build() {
        try {
            find_target(target_, wanted_, change_.object, mode_, school_, rules_);
            change_.differences = target_.created;
            // Whoever exists already is left alone by a creation, whatever else the row says.
            const bool exists = is_deal() ? target_.deal != nullptr : target_.user != nullptr;
            if (mode_ == Mode::create && exists) return AlreadySo{target_.key};
            for (const auto& [column, value] : wanted_)
                if (value) take(column, trimmed(*value));
            take_groups();
            if (is_deal()) complete_deal();
        } catch (const Refused& refused) {
            return Refusal{target_.key, refused.reason};
        }
        if (change_.differences.empty()) return AlreadySo{target_.key};
        return complete_change();
    }

private:
    [[nodiscard]] bool is_deal() const { return change_.object == "deals"; }
    [[nodiscard]] Shown shown_now(const Difference& wish) const {
        return shown(wish, target_.user, target_.deal, school_, zone_);
    }

    void take(const std::string& column, const std::string& text) {
        if (names_the_target(column)) return;
        const bool user_field = column.starts_with("user_field:");
        if (user_field || column.starts_with("field:"))
            return take_custom(column, column.substr(column.find(':') + 1),
                               !user_field && is_deal() ? "deals" : "users", text);
        const ImportField* field = find_import_field(column);
        if (field == nullptr) return;  // check_columns has spoken
        if (text.empty())
            throw Refused{
                column +
                " is empty; GetCourse refuses that, or keeps the old value: leave it NULL"};
        take_field(*field, column, checked(*field, text));
    }

    // Where exports show the field; of an origin this depends on whose it is.
    [[nodiscard]] std::string where_of(const ImportField& field, const std::string& value) const {
        std::string where = field.where;
        if (where.starts_with("utm_")) {  // rewritten on an order, set once on a person (8.2, 8.3)
            if (!is_deal() && target_.user != nullptr)
                throw Refused{std::string(field.column) +
                              " of a known person cannot be changed by an import"};
            where = (is_deal() ? "deal " : "user ") + where;
        }
        if (field.check == Check::flag && value == "0") where.clear();
        return where;
    }

    void take_field(const ImportField& field, const std::string& column, const std::string& value) {
        const std::string where = where_of(field, value);
        const std::string compared = field.check == Check::flag && value == "1" ? "payed" : value;
        const Shown now = shown_now({column, "", compared, where});
        const bool same = !where.empty() && now.same;
        // The cost goes along whenever the row gives it: some accounts refuse an edit without
        // (8.3). Anything else only when it changes.
        if (!same || column == "deal_cost") document_.section(field.section)->set(field.key, value);
        if (same && column == "deal_cost")
            sent_along_ = Difference{column, compared, compared, where};
        if (same) return;
        change_.differences.push_back({column, now.text, compared, where});
        note_completion(column, value);
    }

    // Completing an order makes a payment; leaving that state does not undo what it gave.
    void note_completion(const std::string& column, const std::string& value) {
        change_.pays = change_.pays || (column == "deal_status" && value == "payed") ||
                       (column == "deal_is_paid" && value == "1");
        if (column != "deal_status" || target_.deal == nullptr) return;
        const auto status = target_.deal->values.find("status_code");
        if (status != target_.deal->values.end() && status->second == "payed")
            change_.warnings.push_back(
                "order " + target_.deal_number +
                " is completed; another status does not take the access away");
    }

    void take_custom(const std::string& column, const std::string& title, const std::string& table,
                     const std::string& text) {
        const schema::CustomField& field = custom_field(school_, table, title);
        const std::string value = custom_value(field, column, text);
        const bool of_deal = table == "deals";
        const std::string where = (of_deal ? "deal custom " : "user custom ") + field.name;
        const Shown now = shown_now({column, "", value, where});
        if (now.same) return;
        change_.differences.push_back({column, now.text, value, where});
        document_.set_custom(of_deal ? "deal" : "user", field.title, value);
    }

    void take_groups() {
        const auto* wish = cell(wanted_, "group_add");
        if (wish == nullptr) return;
        const std::string since = text_of(wanted_, "group_add_at");
        const std::string at =
            since.empty() ? "" : checked({"group_add_at", "", "", "", Check::time}, since);
        Array::Ptr list(new Array);
        const std::vector<std::string> wished = names_in(trimmed(**wish));
        if (wished.empty())
            throw Refused{"group_add is an empty list: name a group, or leave it NULL"};
        for (const std::string& given : wished) {
            if (given.empty()) throw Refused{"group_add is empty"};
            const std::string name = school_name(given);
            if (target_.user != nullptr && target_.user->groups.contains(name)) continue;
            change_.differences.push_back({"group_add", "", name, "group " + name});
            if (at.empty()) {
                list->add(name);
            } else {
                Array::Ptr pair(new Array);
                pair->add(name);
                pair->add(at.substr(0, 16));
                list->add(pair);
            }
        }
        if (list->size() > 0) document_.section("user")->set("group_name", list);
    }

    // The name as the school writes it: typed on another system it may be composed otherwise, or
    // have a double blank. Throws Refused when it is none's, or several groups'.
    std::string school_name(const std::string& name) {
        std::vector<std::string> alike;
        if (school_.groups.contains(name)) {
            alike.push_back(name);
        } else {
            const std::string folded = schema::fold(name);
            for (const auto& [known, id] : school_.groups)
                if (schema::fold(known) == folded) alike.push_back(known);
        }
        if (alike.empty()) {
            unknown_group(name);
            return name;
        }
        if (alike.size() > 1 || school_.shared_group_names.contains(alike.front()))
            throw Refused{fmt::format(
                "the school has several groups called \"{}\"; imports take the name and would "
                "pick one of them: rename the others first",
                name)};
        if (alike.front() != name)
            change_.warnings.push_back(
                fmt::format("group \"{}\" is taken as \"{}\"", name, alike.front()));
        return alike.front();
    }

    void unknown_group(const std::string& name) {
        if (std::all_of(name.begin(), name.end(),
                        [](unsigned char c) { return std::isdigit(c) != 0; })) {
            for (const auto& [known, id] : school_.groups)
                if (std::to_string(id) == name)
                    throw Refused{"group_add " + name + " is the id of group \"" + known +
                                  "\"; imports take the name and would make a group called " +
                                  name};
            throw Refused{"group_add " + name +
                          " is a number; imports take names and would make a group called so"};
        }
        if (rules_.create_groups)
            return change_.warnings.push_back("group \"" + name +
                                              "\" does not exist and will be made");
        std::vector<std::string> names;
        for (const auto& [known, id] : school_.groups) names.push_back(known);
        throw Refused{"the school has no group \"" + name + "\"" +
                      (names.empty() ? "" : "; the nearest are " + etl::nearest_text(name, names)) +
                      "; --create-groups lets an import make it"};
    }

    void complete_deal() {
        const auto section = document_.section("deal");
        if (target_.deal == nullptr) {
            if (!section->has("offer_id") && !section->has("offer_code") &&
                !section->has("product_title"))
                throw Refused{"a new order needs offer_id, offer_code or product_title"};
            if (!section->has("deal_cost") && !section->has("offer_id"))
                throw Refused{"a new order by offer_code or product_title needs deal_cost"};
        }
        // What goes along unchanged must still be so when it is sent, or it would undo somebody's
        // change.
        if (sent_along_ && !change_.differences.empty())
            change_.differences.push_back(*sent_along_);
        if (section->has("funnel_stage_id") && !section->has("funnel_id"))
            throw Refused{"funnel_stage_id goes only together with funnel_id"};
    }

    Change complete_change() {
        change_.key = target_.key;
        change_.email_key = target_.email_key;
        change_.deal_number = target_.deal_number;
        change_.creates = static_cast<int>(target_.created.size());
        // A person who exists is changed only with this flag, groups included; a creation must not
        // touch somebody who came meanwhile (8.2).
        const bool refresh = is_deal() ? document_.has("user") : mode_ != Mode::create;
        if (target_.deal != nullptr && !document_.section("deal")->has("deal_cost"))
            if (const auto cost = target_.deal->values.find("cost");
                cost != target_.deal->values.end())
                change_.cost = cost->second;
        change_.document = document_.text(target_.email, target_.deal_number, refresh);
        return change_;
    }

    const Wanted& wanted_;
    Mode mode_;
    const School& school_;
    const PlanRules& rules_;
    const etl::Zone& zone_;
    Target target_;
    ImportDocument document_;
    std::optional<Difference> sent_along_;
    Change change_;
};

}  // namespace

Outcome plan_change(const Wanted& wanted, Mode mode, const School& school, const PlanRules& rules,
                    const etl::Zone& zone) {
    return ChangeBuilder(wanted, mode, school, rules, zone).build();
}

}  // namespace jobs
