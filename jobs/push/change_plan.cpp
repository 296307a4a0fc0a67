#include "jobs/push/change_plan.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/SHA1Engine.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "schema/table.hpp"
#include "schema/text.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Poco::JSON::Array;
using Poco::JSON::Object;

// A column of a source: which key of the document it becomes, and where exports show it.
struct Field {
    const char* column = "";
    const char* section = "";  // user, deal, system, session
    const char* key = "";
    const char* where = "";  // "user X", "deal X"; empty: exports do not show it
    enum class Check {
        text,
        email,
        money,
        count,
        number,
        status,
        payment_status,
        flag,
        time
    } check = Check::text;
};
using Check = Field::Check;
constexpr std::array<Field, 31> kFields = {{
    {"first_name", "user", "first_name", "user first_name"},
    {"last_name", "user", "last_name", "user last_name"},
    {"phone", "user", "phone", "user phone"},
    {"city", "user", "city", "user city"},
    {"country", "user", "country", "user country"},
    {"partner_email", "system", "partner_email", "", Check::email},
    {"utm_source", "session", "utm_source", "utm_source"},
    {"utm_medium", "session", "utm_medium", "utm_medium"},
    {"utm_content", "session", "utm_content", "utm_content"},
    {"utm_campaign", "session", "utm_campaign", "utm_campaign"},
    {"utm_group", "session", "utm_group", "utm_group"},
    {"gcpc", "session", "gcpc", ""},
    {"gcao", "session", "gcao", ""},
    {"offer_id", "deal", "offer_id", "", Check::number},
    {"offer_code", "deal", "offer_code", ""},
    {"product_title", "deal", "product_title", "deal content"},
    {"product_description", "deal", "product_description", ""},
    {"quantity", "deal", "quantity", "", Check::count},
    {"deal_cost", "deal", "deal_cost", "deal cost", Check::money},
    {"deal_status", "deal", "deal_status", "deal status_code", Check::status},
    {"deal_is_paid", "deal", "deal_is_paid", "deal status_code", Check::flag},
    {"deal_created_at", "deal", "deal_created_at", "deal created_at", Check::time},
    {"deal_finished_at", "deal", "deal_finished_at", "", Check::time},
    {"deal_comment", "deal", "deal_comment", ""},
    {"deal_currency", "deal", "deal_currency", "deal currency"},
    {"deal_partner_email", "deal", "partner_email", "deal order_partner_email", Check::email},
    {"manager_email", "deal", "manager_email", "", Check::email},
    {"payment_type", "deal", "payment_type", ""},
    {"payment_status", "deal", "payment_status", "", Check::payment_status},
    {"funnel_id", "deal", "funnel_id", "", Check::number},
    {"funnel_stage_id", "deal", "funnel_stage_id", "", Check::number},
}};
// Columns that say whom, how, or nothing to the service.
constexpr std::array<const char*, 7> kOther = {
    "email", "user_id", "deal_number", "deal_key", "group_add", "group_add_at", "note"};

const Field* find_field(std::string_view column) {
    const auto at = std::find_if(kFields.begin(), kFields.end(),
                                 [&](const Field& field) { return column == field.column; });
    return at == kFields.end() ? nullptr : &*at;
}

bool starts(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

std::string trimmed(std::string_view text) { return std::string(schema::trim(text)); }

const std::optional<std::string>* cell(const Wanted& wanted, std::string_view column) {
    for (const auto& [name, value] : wanted)
        if (name == column && value) return &value;
    return nullptr;
}
std::string text_of(const Wanted& wanted, std::string_view column) {
    const auto* value = cell(wanted, column);
    return value == nullptr ? "" : trimmed(**value);
}

bool is_email(
    const std::string& text) {  // what an address cannot do without; GetCourse judges the rest
    const std::size_t at = text.find('@');
    if (at == 0 || at == std::string::npos || text.find('@', at + 1) != std::string::npos)
        return false;
    const std::string host = text.substr(at + 1);
    const bool dotted = host.find('.') != std::string::npos && host.front() != '.' &&
                        host.back() != '.' && host.find("..") == std::string::npos;
    return dotted && std::none_of(text.begin(), text.end(), [](unsigned char c) {
               return c <= ' ' || c == ',' || c == ';' || c == '<' || c == '>' || c == '"' ||
                      c == '\\';
           });
}

bool digits(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Code of a status given as code or label; nullopt when it is neither.
std::optional<std::string> code_of(const char* table, const std::string& text) {
    for (const schema::Status& status : schema::statuses(table)) {
        if (status.code == text) return status.code;
        for (const std::string& label : status.labels)
            if (schema::fold(label) == schema::fold(text)) return status.code;
    }
    return std::nullopt;
}
std::string codes(const char* table) {
    std::string all;
    for (const schema::Status& status : schema::statuses(table))
        all += (all.empty() ? "" : ", ") + status.code;
    return all;
}

std::string value_of(const std::map<std::string, std::string>& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? "" : found->second;
}

struct Refused {
    std::string reason;
};  // leaves plan_change from any depth

// The text as the service takes it, or Refused.
std::string checked(const Field& field, const std::string& text) {
    const std::string thing = std::string(field.column) + " \"" + text + "\"";
    switch (field.check) {
        case Check::text:
            return text;
        case Check::email:
            if (!is_email(text)) throw Refused{thing + " is no e-mail address"};
            return text;
        case Check::money: {
            const auto money = etl::read_money(text);
            if (!money.value || money.value->hundredths < 0)
                throw Refused{thing + " is no amount; expected like 12000 or 990.50"};
            return etl::format_money(money.value->hundredths);
        }
        case Check::count: {
            const auto count = etl::read_integer(text);
            if (!count.value || *count.value < 1)
                throw Refused{thing + " is no whole number from 1"};
            return text;
        }
        case Check::number:
            if (!digits(text)) throw Refused{thing + " is no number"};
            return text;
        case Check::status:
        case Check::payment_status: {
            const char* table = field.check == Check::status ? "deals" : "payments";
            const auto code = code_of(table, text);
            if (!code) throw Refused{thing + " is no status; expected one of " + codes(table)};
            return *code;
        }
        case Check::flag: {
            const auto flag = etl::read_boolean(text);
            if (!flag.value) throw Refused{thing + " is neither 1 nor 0"};
            return *flag.value ? "1" : "0";
        }
        case Check::time:
            break;
    }
    const bool shape = text.size() >= 10 && etl::parse_day(text.substr(0, 10)) &&
                       (text.size() == 10 || text.size() == 16 || text.size() == 19);
    if (!shape)
        throw Refused{thing + " is no time; expected YYYY-MM-DD HH:MM:SS in the account's zone"};
    return text.size() == 10 ? text + " 00:00:00" : text.size() == 16 ? text + ":00" : text;
}

// A JSON list of texts, or the text itself.
std::vector<std::string> names_in(const std::string& text) {
    if (!starts(text, "[")) return {text};
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

std::string digest(const std::string& text) {
    Poco::SHA1Engine engine;
    engine.update(text);
    return Poco::DigestEngine::digestToHex(engine.digest()).substr(0, 12);
}

std::string utc(const std::string& local, const etl::Zone& zone) {
    const auto read = etl::read_timestamp(local, zone);
    return read.value ? etl::format_instant(*read.value) : local;
}

// Builds one change: gathers what the row wants, compares, and writes the document.
class Planner {
public:
    Planner(const Wanted& wanted, Mode mode, const School& school, const PlanRules& rules,
            const etl::Zone& zone)
        : wanted_(wanted), mode_(mode), school_(school), rules_(rules), zone_(zone) {
        std::vector<std::string> columns;
        for (const auto& [column, value] : wanted)
            if (value) columns.push_back(column);
        change_.object = object_of(columns);
    }

    Outcome plan() {
        keys_ = keys_of(wanted_, change_.object, rules_);
        try {
            if (is_deal()) find_deal();
            find_user();
            for (const auto& [column, value] : wanted_)
                if (value) take(column, *value);
            groups();
            if (is_deal()) complete_deal();
        } catch (const Refused& refused) {
            return Refusal{change_.key, refused.reason};
        }
        if (change_.differences.empty()) return AlreadySo{change_.key};
        write_document();
        return change_;
    }

private:
    [[nodiscard]] bool is_deal() const { return change_.object == "deals"; }

    void find_deal() {
        change_.deal_number = change_.key = keys_.deal_number;
        const auto found = school_.deals.find(keys_.deal_number);
        if (found != school_.deals.end()) {
            if (found->second.size() > 1)
                throw Refused{"the mirror has " + std::to_string(found->second.size()) +
                              " orders with number " + keys_.deal_number};
            deal_ = &found->second.front();
            if (deal_->missing)
                throw Refused{"order " + keys_.deal_number +
                              " is no longer in the exports; an import would make a new one"};
            if (keys_.email_key.empty())
                keys_.email_key = value_of(deal_->values, "email_key");
            else if (const std::string buyer = value_of(deal_->values, "email_key");
                     !buyer.empty() && buyer != keys_.email_key)
                throw Refused{"order " + keys_.deal_number + " belongs to " + buyer + ", not to " +
                              keys_.email_key};
        } else {
            if (mode_ == Mode::update)
                throw Refused{keys_.deal_number.empty()
                                  ? std::string("deal_number is missing: which order?")
                                  : "the mirror has no order with number " + keys_.deal_number};
            if (!starts(keys_.deal_number, rules_.order_prefix))
                throw Refused{"a new order needs a number of ours: deal_number \"" +
                              keys_.deal_number + "\" does not begin with \"" +
                              rules_.order_prefix +
                              "\"; leave the column out and the order gets one"};
            difference("deal_number", "", keys_.deal_number, "deal");
            ++change_.creates;
        }
    }

    void find_user() {
        if (keys_.email_key.empty() && keys_.user_id != 0) {
            const auto known = school_.email_of.find(keys_.user_id);
            if (known == school_.email_of.end())
                throw Refused{"the mirror has no person with user_id " +
                              std::to_string(keys_.user_id)};
            keys_.email_key = known->second;
        }
        const std::string email = text_of(wanted_, "email");
        if (!is_deal()) change_.key = keys_.email_key.empty() ? email : keys_.email_key;
        if (keys_.email_key.empty() || !is_email(keys_.email_key))
            throw Refused{email.empty() ? "email is missing: people are found by it"
                                        : "email \"" + email + "\" is no e-mail address"};
        change_.email_key = keys_.email_key;
        email_ = email.empty() ? keys_.email_key : email;
        const auto found = school_.users.find(keys_.email_key);
        if (found != school_.users.end()) {
            if (found->second.size() > 1)
                throw Refused{"the mirror has " + std::to_string(found->second.size()) +
                              " people with e-mail " + keys_.email_key};
            user_ = &found->second.front();
            if (keys_.user_id != 0 && user_->id != keys_.user_id)
                throw Refused{"e-mail " + keys_.email_key + " belongs to user " +
                              std::to_string(user_->id) + ", not to " +
                              std::to_string(keys_.user_id)};
            if (user_->missing && !is_deal())
                throw Refused{keys_.email_key +
                              " is no longer in the exports; an import would make a new person"};
        } else if (deal_ == nullptr) {  // of a known order the buyer exists, whatever the mirror of
                                        // people says
            if (mode_ == Mode::update)
                throw Refused{"the mirror has nobody with e-mail " + keys_.email_key};
            difference("email", "", email_, "user");
            ++change_.creates;
        }
        if (!is_deal() && mode_ == Mode::create && user_ != nullptr)
            leave_ = true;  // exists: so already, whatever else the row says
    }

    void take(const std::string& column, const std::string& raw) {
        if (std::any_of(kOther.begin(), kOther.end(),
                        [&](const char* other) { return column == other; }) ||
            leave_)
            return;
        const std::string text = trimmed(raw);
        const bool user_field = starts(column, "user_field:");
        if (user_field || starts(column, "field:"))
            return take_custom(column, column.substr(column.find(':') + 1),
                               !user_field && is_deal() ? "deals" : "users", text);
        const Field* field = find_field(column);
        if (field == nullptr) return;  // check_columns has spoken
        if (text.empty())
            throw Refused{
                column +
                " is empty; GetCourse refuses that, or keeps the old value: leave it NULL"};
        const std::string value = checked(*field, text);
        std::string where = field->where;
        if (starts(where, "utm_")) {  // rewritten on an order, set once on a person (8.2, 8.3)
            if (!is_deal() && user_ != nullptr)
                throw Refused{column + " of a known person cannot be changed by an import"};
            where = (is_deal() ? "deal " : "user ") + where;
        }
        std::string compared = value;
        if (field->check == Check::flag) {
            if (value == "0")
                where.clear();
            else
                compared = "payed";
        }
        const Difference wish{column, "", compared, where};
        const Shown now = jobs::shown(wish, user_, deal_, school_, zone_);
        const bool same = !where.empty() && now.same;
        if (!same) difference(column, now.text, compared, where);
        const bool pays = (column == "deal_status" && value == "payed") ||
                          (column == "deal_is_paid" && value == "1");
        change_.pays = change_.pays || (pays && !same);
        if (column == "deal_status" && !same && deal_ != nullptr &&
            value_of(deal_->values, "status_code") == "payed")
            change_.warnings.push_back(
                "order " + change_.deal_number +
                " is completed; another status does not take the access away");
        // The cost goes along whenever the row gives it: some accounts refuse an edit without
        // (8.3). Anything else only when it changes.
        if (!same || column == "deal_cost") part(field->section)->set(field->key, value);
        if (same && column == "deal_cost")
            sent_along_ = Difference{column, compared, compared, where};
    }

    void take_custom(const std::string& column, const std::string& title, const std::string& table,
                     const std::string& text) {
        bool several = false;
        const schema::CustomField* field = find_custom(school_, table, title, several);
        if (field == nullptr) {
            std::vector<std::string> titles;
            for (const schema::CustomField& known : school_.fields)
                if (known.table == table && !known.title.empty()) titles.push_back(known.title);
            throw Refused{
                "the school has no field \"" + title + "\" of " + table +
                (titles.empty() ? "" : "; the nearest are " + etl::nearest_text(title, titles))};
        }
        if (several)
            throw Refused{"the school has several fields \"" + title + "\" of " + table +
                          "; the service finds them by title and would take either"};
        if (field->title.empty())
            throw Refused{"field " + field->name + " has no title; the service finds fields by it"};
        if (text.empty())
            throw Refused{column +
                          " is empty; how to empty a field is not documented (getcourse-api.md "
                          "8.2): leave it NULL"};
        std::string value = text;
        if (field->type == "boolean") {
            const auto flag = etl::read_boolean(text);
            if (!flag.value) throw Refused{column + " \"" + text + "\" is neither yes nor no"};
            value = *flag.value ? "1" : "0";
        } else if (field->type == "date") {
            const auto day = etl::read_date(text);
            if (!day.value)
                throw Refused{column + " \"" + text + "\" is no day; expected YYYY-MM-DD"};
            value = etl::format_day(*day.value);
        }
        const std::string where =
            (table == "deals" ? "deal custom " : "user custom ") + field->name;
        const Shown now = jobs::shown({column, "", value, where}, user_, deal_, school_, zone_);
        if (now.same) return;
        difference(column, now.text, value, where);
        Object::Ptr section = part(table == "deals" ? "deal" : "user");
        if (!section->has("addfields"))
            section->set("addfields", Object::Ptr(new Object(Poco::JSON_PRESERVE_KEY_ORDER)));
        section->getObject("addfields")->set(field->title, value);
    }

    void groups() {
        const auto* wish = cell(wanted_, "group_add");
        if (wish == nullptr || leave_) return;
        const std::string since = text_of(wanted_, "group_add_at");
        const std::string at =
            since.empty() ? "" : checked({"group_add_at", "", "", "", Check::time}, since);
        Array::Ptr list(new Array);
        for (const std::string& name : names_in(trimmed(**wish))) {
            if (name.empty()) throw Refused{"group_add is empty"};
            if (!school_.groups.contains(name)) unknown_group(name);
            if (user_ != nullptr && user_->groups.contains(name)) continue;
            difference("group_add", "", name, "group " + name);
            if (at.empty()) {
                list->add(name);
            } else {
                Array::Ptr pair(new Array);
                pair->add(name);
                pair->add(at.substr(0, 16));
                list->add(pair);
            }
        }
        if (list->size() > 0) part("user")->set("group_name", list);
    }

    void unknown_group(const std::string& name) {
        if (digits(name)) {
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
        if (mode_ == Mode::create &&
            deal_ != nullptr) {  // there already: nothing to do, and nothing of it is overwritten
            change_.differences.clear();
            return;
        }
        Object::Ptr section = part("deal");
        if (deal_ == nullptr) {
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

    void difference(const std::string& field, const std::string& old, const std::string& wanted,
                    const std::string& where) {
        change_.differences.push_back({field, old, wanted, where});
    }

    Object::Ptr part(const std::string& name) {
        Object::Ptr& section = sections_[name];
        if (section.isNull()) section = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
        return section;
    }

    void write_document() {
        Object::Ptr user(new Object(Poco::JSON_PRESERVE_KEY_ORDER));
        user->set("email", email_);
        const bool of_user = sections_.contains("user");
        if (of_user)
            for (const std::string& name : part("user")->getNames())
                user->set(name, part("user")->get(name));
        Object root(Poco::JSON_PRESERVE_KEY_ORDER);
        root.set("user", user);
        // A person who exists is changed only with this flag, groups included; a creation must not
        // touch somebody who came meanwhile (8.2).
        const bool refresh = is_deal() ? of_user : mode_ != Mode::create;
        part("system")->set("refresh_if_exists", refresh ? 1 : 0);
        if (is_deal()) {
            Object::Ptr deal(new Object(Poco::JSON_PRESERVE_KEY_ORDER));
            deal->set("deal_number", change_.deal_number);
            for (const std::string& name : part("deal")->getNames())
                deal->set(name, part("deal")->get(name));
            root.set("deal", deal);
            part("system")->set("return_deal_number", 1);
        }
        root.set("system", part("system"));
        if (sections_.contains("session")) root.set("session", part("session"));
        std::ostringstream text;
        root.stringify(text);
        change_.document = text.str();
    }

    const Wanted& wanted_;
    Mode mode_;
    const School& school_;
    const PlanRules& rules_;
    const etl::Zone& zone_;
    Keys keys_;
    std::string email_;
    const MirrorUser* user_ = nullptr;
    const MirrorDeal* deal_ = nullptr;
    bool leave_ = false;
    std::optional<Difference> sent_along_;
    std::map<std::string, Object::Ptr> sections_;
    Change change_;
};

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

}  // namespace

std::string_view name_of(Mode mode) {
    return mode == Mode::create ? "create" : mode == Mode::update ? "update" : "upsert";
}
std::optional<Mode> mode_of(std::string_view name) {
    for (const Mode mode : {Mode::create, Mode::update, Mode::upsert})
        if (name == name_of(mode)) return mode;
    return std::nullopt;
}

WriteBack parse_write_back(std::string_view name, std::string_view text) {
    WriteBack query;
    query.name = std::string(name);
    bool has_mode = false;
    std::istringstream lines{std::string(text)};
    std::string line;
    while (std::getline(lines, line) && starts(line, "--")) {
        line = trimmed(line.substr(2));
        if (starts(line, "ru:"))
            query.what_ru = trimmed(line.substr(3));
        else if (starts(line, "mode:")) {
            const auto mode = mode_of(trimmed(line.substr(5)));
            if (!mode)
                throw Error(Kind::usage,
                            "write-back " + query.name + ": \"" + line +
                                "\", expected mode: create, update or upsert",
                            "See jobs/push/README.md.");
            query.mode = *mode;
            has_mode = true;
        } else if (starts(line, "limit:")) {
            const auto limit = etl::read_bigint(trimmed(line.substr(6)));
            if (!limit.value || *limit.value < 1)
                throw Error(Kind::usage,
                            "write-back " + query.name + ": \"" + line +
                                "\", expected a number of rows from 1",
                            "See jobs/push/README.md.");
            query.limit = *limit.value;
        } else if (query.what.empty())
            query.what = line;
        else
            query.text += line + "\n";
    }
    do query.sql += line + "\n";
    while (std::getline(lines, line));
    if (query.what.empty() || !has_mode || trimmed(query.sql).empty())
        throw Error(Kind::usage,
                    "write-back " + query.name + " lacks its first line, \"mode:\" or its SQL",
                    "See jobs/push/README.md for the header.");
    return query;
}

void check_columns(const std::vector<std::string>& columns) {
    std::set<std::string> seen;
    for (const std::string& column : columns) {
        if (column == "product_id")
            throw Error(Kind::usage, "column \"product_id\": imports know offers, not products",
                        "Use offer_id, offer_code or product_title.");
        const bool other = std::any_of(kOther.begin(), kOther.end(),
                                       [&](const char* name) { return column == name; });
        if (!other && find_field(column) == nullptr && !starts(column, "field:") &&
            !starts(column, "user_field:")) {
            std::vector<std::string> names(kOther.begin(), kOther.end());
            for (const Field& field : kFields) names.emplace_back(field.column);
            names.emplace_back("field:" + column);
            throw Error(Kind::usage,
                        "column \"" + column + "\" is none that an import knows; the nearest are " +
                            etl::nearest_text(column, names),
                        "jobs/push/README.md lists them; a custom field is field:TITLE.");
        }
        if (!seen.insert(column).second)
            throw Error(Kind::usage, "column \"" + column + "\" stands twice", "Leave one out.");
    }
}

std::string object_of(const std::vector<std::string>& columns) {
    for (const std::string& column : columns) {
        if (column == "deal_number" || column == "deal_key" || starts(column, "user_field:"))
            return "deals";
        if (const Field* field = find_field(column);
            field != nullptr && std::string_view(field->section) == "deal")
            return "deals";
    }
    return "users";
}

Keys keys_of(const Wanted& wanted, const std::string& object, const PlanRules& rules) {
    Keys keys;
    keys.email_key = etl::email_key(text_of(wanted, "email"));
    keys.user_id = etl::read_bigint(text_of(wanted, "user_id")).value.value_or(0);
    if (object != "deals") return keys;
    keys.deal_number = text_of(wanted, "deal_number");
    const bool offer = cell(wanted, "offer_id") != nullptr ||
                       cell(wanted, "offer_code") != nullptr ||
                       cell(wanted, "product_title") != nullptr;
    if (keys.deal_number.empty() &&
        offer) {  // the same wish has the same number for ever: asked for twice, it is one order
        std::string wish = keys.email_key.empty() ? std::to_string(keys.user_id) : keys.email_key;
        for (const char* column : {"offer_id", "offer_code", "product_title", "deal_key"})
            wish += "\n" + text_of(wanted, column);
        keys.deal_number = rules.order_prefix + digest(wish);
    }
    return keys;
}

Outcome plan_change(const Wanted& wanted, Mode mode, const School& school, const PlanRules& rules,
                    const etl::Zone& zone) {
    return Planner(wanted, mode, school, rules, zone).plan();
}

Shown shown(const Difference& difference, const MirrorUser* user, const MirrorDeal* deal,
            const School& school, const etl::Zone& zone) {
    const std::string& where = difference.where;
    if (where.empty()) return {};
    if (where == "user") return user == nullptr ? Shown{} : Shown{difference.wanted, true};
    if (where == "deal") return deal == nullptr ? Shown{} : Shown{difference.wanted, true};
    if (starts(where, "group ")) {
        const bool in = user != nullptr && user->groups.contains(where.substr(6));
        return {in ? difference.wanted : "", in};
    }
    const bool of_deal = starts(where, "deal ");
    const std::string place = where.substr(5);
    const bool custom = starts(place, "custom ");
    const std::string name = custom ? place.substr(7) : place;
    const std::map<std::string, std::string>* values = nullptr;
    if (of_deal && deal != nullptr) values = custom ? &deal->custom : &deal->values;
    if (!of_deal && user != nullptr) values = custom ? &user->custom : &user->values;
    if (values == nullptr) return {};
    const auto found = values->find(name);
    const std::string text = found == values->end() ? "" : found->second;
    if (custom) {
        std::string type = "text";
        for (const schema::CustomField& field : school.fields)
            if (field.table == (of_deal ? "deals" : "users") && field.name == name)
                type = field.type;
        return {text, same(type, difference.wanted, text)};
    }
    if (name == "phone")
        return {text, !etl::phone_key(text).empty() &&
                          etl::phone_key(text) == etl::phone_key(difference.wanted)};
    if (name == "cost") return {text, same("numeric", difference.wanted, text)};
    if (name == "created_at") return {text, text == utc(difference.wanted, zone)};
    if (name == "content")
        return {text,
                schema::fold(text).find(schema::fold(difference.wanted)) != std::string::npos};
    if (name == "order_partner_email")
        return {text, etl::email_key(text) == etl::email_key(difference.wanted)};
    return {text, same("text", difference.wanted, text)};
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
