#include "jobs/push/import_fields.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "etl/value.hpp"
#include "schema/naming.hpp"
#include "schema/table.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Check = ImportField::Check;

constexpr std::array<ImportField, 31> kFields = {{
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
constexpr std::array<std::string_view, 7> kOther = {
    "email", "user_id", "deal_number", "deal_key", "group_add", "group_add_at", "note"};

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

std::string read_money(const std::string& thing, const std::string& text) {
    const auto money = etl::read_money(text);
    if (!money.value || money.value->hundredths < 0)
        throw Refused{thing + " is no amount; expected like 12000 or 990.50"};
    return etl::format_money(money.value->hundredths);
}

std::string read_status(const std::string& thing, const char* table, const std::string& text) {
    const auto code = code_of(table, text);
    if (!code) throw Refused{thing + " is no status; expected one of " + codes(table)};
    return *code;
}

std::string read_time(const std::string& thing, const std::string& text) {
    const bool shape = text.size() >= 10 && etl::parse_day(text.substr(0, 10)) &&
                       (text.size() == 10 || text.size() == 16 || text.size() == 19);
    if (!shape)
        throw Refused{thing + " is no time; expected YYYY-MM-DD HH:MM:SS in the account's zone"};
    return text.size() == 10 ? text + " 00:00:00" : text.size() == 16 ? text + ":00" : text;
}

}  // namespace

const ImportField* find_import_field(std::string_view column) {
    const auto at = std::find_if(kFields.begin(), kFields.end(),
                                 [&](const ImportField& field) { return column == field.column; });
    return at == kFields.end() ? nullptr : &*at;
}

bool names_the_target(std::string_view column) {
    return std::find(kOther.begin(), kOther.end(), column) != kOther.end();
}

std::string trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t\r\n");
    return from == std::string_view::npos
               ? ""
               : std::string(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

const std::optional<std::string>* cell(const Wanted& wanted, std::string_view column) {
    for (const auto& [name, value] : wanted)
        if (name == column && value) return &value;
    return nullptr;
}

std::string text_of(const Wanted& wanted, std::string_view column) {
    const auto* value = cell(wanted, column);
    return value == nullptr ? "" : trimmed(**value);
}

bool is_email(const std::string& text) {  // GetCourse judges the rest
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

std::string checked(const ImportField& field, const std::string& text) {
    const std::string thing = fmt::format("{} \"{}\"", field.column, text);
    switch (field.check) {
        case Check::text:
            return text;
        case Check::email:
            if (!is_email(text)) throw Refused{thing + " is no e-mail address"};
            return text;
        case Check::money:
            return read_money(thing, text);
        case Check::count:
            if (etl::read_integer(text).value.value_or(0) < 1)
                throw Refused{thing + " is no whole number from 1"};
            return text;
        case Check::number:
            if (!digits(text)) throw Refused{thing + " is no number"};
            return text;
        case Check::status:
            return read_status(thing, "deals", text);
        case Check::payment_status:
            return read_status(thing, "payments", text);
        case Check::flag: {
            const auto flag = etl::read_boolean(text);
            if (!flag.value) throw Refused{thing + " is neither 1 nor 0"};
            return *flag.value ? "1" : "0";
        }
        case Check::time:
            break;
    }
    return read_time(thing, text);
}

void check_columns(const std::vector<std::string>& columns) {
    std::set<std::string> seen;
    for (const std::string& column : columns) {
        if (column == "product_id")
            throw Error(Kind::usage, "column \"product_id\": imports know offers, not products",
                        "Use offer_id, offer_code or product_title.");
        if (!names_the_target(column) && find_import_field(column) == nullptr &&
            !column.starts_with("field:") && !column.starts_with("user_field:")) {
            std::vector<std::string> names(kOther.begin(), kOther.end());
            for (const ImportField& field : kFields) names.emplace_back(field.column);
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
        if (column == "deal_number" || column == "deal_key" || column.starts_with("user_field:"))
            return "deals";
        if (const ImportField* field = find_import_field(column);
            field != nullptr && std::string_view(field->section) == "deal")
            return "deals";
    }
    return "users";
}

std::string object_of(const Wanted& wanted) {
    std::vector<std::string> columns;
    for (const auto& [column, value] : wanted)
        if (value) columns.push_back(column);
    return object_of(columns);
}

}  // namespace jobs
