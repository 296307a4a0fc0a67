#include "etl/api.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Stringifier.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>

#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/foreign.hpp"
#include "etl/json.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

using Object = Poco::JSON::Object::Ptr;
using Poco::Dynamic::Var;

constexpr const char* kBase = "/pl/api/account/";

std::string trimmed(std::string_view text) { return std::string(schema::trim(text)); }

std::string text_of(const Var& value) {
    if (value.isEmpty()) return {};
    if (value.type() == typeid(Object) || value.type() == typeid(Poco::JSON::Array::Ptr)) return {};
    std::uint64_t replaced = 0;
    return schema::repaired(value.convert<std::string>(), replaced);
}

std::optional<Var> parse(std::string_view json) {
    if (json.starts_with("\xEF\xBB\xBF")) json.remove_prefix(3);
    try {
        Poco::JSON::Parser parser;
        std::uint64_t replaced = 0;
        return parser.parse(with_long_numbers_quoted(repaired_json(json, replaced)));
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

Object object_of(const Var& value) {
    return value.type() == typeid(Object) ? value.extract<Object>() : Object{};
}

Object member(const Object& object, const std::string& name) {
    return object.isNull() ? Object{} : object_of(object->get(name));
}

// info as object, or as text that holds one (getcourse-api.md 3.1).
Var info_of(const Object& root) {
    const Var info = root->get("info");
    if (info.isEmpty() || !info.isString()) return info;
    const std::string text = trimmed(info.convert<std::string>());
    if (!text.starts_with('{') && !text.starts_with('[')) return info;
    return parse(text).value_or(info);
}

// A name, as people read it.
std::string line_of(const Var& value) {
    std::uint64_t replaced = 0;
    return schema::repaired_line(text_of(value), replaced);
}

int code_of(const Object& root) {
    const std::string text = trimmed(text_of(root->get("error_code")));
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    return error == std::errc{} && end == text.data() + text.size() ? code : 0;
}

std::string message_of(const Object& root) {
    const std::string message = trimmed(text_of(root->get("error_message")));
    if (!message.empty()) return foreign_words(message);
    const Var error = root->get("error");
    return !error.isEmpty() && error.isString()
               ? foreign_words(trimmed(error.convert<std::string>()))
               : std::string();
}

// ---- the one table of codes (getcourse-api.md 4.1); a line without a code is known by its words
// ----
enum class Means { not_ready, busy, over_limit, no_file, gone, refused };
struct Known {
    int code;
    std::string_view words;  // part of the message, used when there is no code
    Means means;
    Refused::Cause cause;
    std::string_view hint;
};
using Cause = Refused::Cause;
constexpr std::string_view kKeyHint =
    "Check GETCOURSE_KEY (or key_file) and [getcourse] account: a key belongs to one account.";
constexpr std::array<Known, 17> kKnown = {{
    {909, "еще не создан", Means::not_ready, Cause::other, ""},
    {905, "Уже запущен один экспорт", Means::busy, Cause::other, ""},
    {906, "", Means::busy, Cause::other, ""},
    {907, "", Means::busy, Cause::other, ""},
    {903, "Слишком много запросов", Means::over_limit, Cause::other, ""},
    {910, "попробуйте другой фильтр", Means::no_file, Cause::other, ""},
    {0, "try another filter", Means::no_file, Cause::other, ""},
    {0, "Объект не найден", Means::gone, Cause::other, ""},
    {901, "Неавторизованное API", Means::refused, Cause::key, kKeyHint},
    {0, "Access denied", Means::refused, Cause::key, kKeyHint},
    {904, "параметр key", Means::refused, Cause::no_key, "Set GETCOURSE_KEY or key_file."},
    {908, "хотя бы один фильтр", Means::refused, Cause::no_filter,
     "This is a fault of gcmirror: it sent no filter the service knows."},
    {913, "", Means::refused, Cause::bad_status, "Use a status that the message lists."},
    {914, "", Means::refused, Cause::bad_status, "Use a status that the message lists."},
    {918, "", Means::refused, Cause::bad_status, "Use a status that the message lists."},
    {917, "Функционал недоступен", Means::refused, Cause::api_off,
     "The API is off for this account: see its tariff."},
    {0, "только по https", Means::refused, Cause::https,
     "Set [getcourse] url to an https address."},
}};
constexpr std::string_view kActionWords = "Пустой параметр action";

const Known* known(int code, const std::string& message) {
    for (const Known& line : kKnown)
        if (code != 0 ? line.code == code
                      : !line.words.empty() && message.find(line.words) != std::string::npos)
            return &line;
    return nullptr;
}

Answer refused_by(const std::string& message, int code, Asked asked) {
    if (const Known* line = known(code, message)) {
        switch (line->means) {
            case Means::not_ready:
                if (asked == Asked::poll) return NotReady{};
                break;
            case Means::busy:
                return Busy{code == 0 ? 905 : code};
            case Means::over_limit:
                return OverLimit{};
            case Means::no_file:
                return NoFile{};
            case Means::gone:
                return Gone{message};
            case Means::refused:
                return Refused{line->cause, code, message, std::string(line->hint)};
        }
    }
    if (message.find(kActionWords) != std::string::npos)
        return Refused{Cause::action, code, message,
                       "Wrong host or a redirect: check [getcourse] account or url; else try "
                       "[getcourse] export_by_post = true."};
    return Refused{Cause::other, code, message, "The service's words are kept in journal.request."};
}

std::optional<Answer> below_the_envelope(Asked asked, const Response& response,
                                         const Envelope& envelope) {
    if (response.failure != Response::Failure::none) return Unclear{response.reason, response.sent};
    const int status = response.status;
    if (status >= 300 && status < 400)
        return Refused{Cause::redirect, 0, "the host redirects to " + response.location,
                       "Set [getcourse] account or url to the host it names; redirects are not "
                       "followed, since the key travels in the address."};
    if (status == 429) return OverLimit{};
    if (status == 404 && !envelope.json) {
        const bool account = envelope.text.find("Wrong subdomain") != std::string::npos;
        if (asked == Asked::poll && !account) return Gone{"HTTP 404"};
        return Refused{Cause::host, 0, account ? "Wrong subdomain" : "HTTP 404",
                       "No such account: check [getcourse] account or url."};
    }
    if (status == 401 || status == 403)
        return Refused{Cause::key, 0, fmt::format("HTTP {}", status), std::string(kKeyHint)};
    if (envelope.bytes == 0) return Unclear{fmt::format("empty body (HTTP {})", status)};
    if (!envelope.json)
        return Unclear{fmt::format("not JSON (HTTP {}, {}): wrong host, login page or maintenance",
                                   status, response.content_type)};
    if (!envelope.complete && response.whole) return Broken{"its JSON text ends too early"};
    if (!envelope.complete)
        return Unclear{envelope.why.empty() ? std::string("the answer is cut") : envelope.why};
    return std::nullopt;
}

// What may stand in a path (05, 7).
bool export_id(std::string_view id) {
    return id.size() <= 64 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '_' || c == '-';
           });
}

// What was met instead of a table: the keys of info, and how it begins.
std::string shape_of(const Var& info, const Envelope& envelope) {
    std::string keys;
    if (const Object object = object_of(info); !object.isNull())
        for (const std::string& name : object->getNames())
            keys += (keys.empty() ? "info holds " : ", ") + foreign_words(name, 40);
    constexpr std::size_t kShown = 400;  // 200 characters of Russian
    return (keys.empty() ? "" : keys + ": ") + foreign_words(envelope.text, kShown);
}

Answer decode_good(Asked asked, const Object& root, const Envelope& envelope) {
    const Var info = info_of(root);
    const Object object = object_of(info);
    switch (asked) {
        case Asked::start: {
            const std::string id =
                object.isNull() ? std::string() : trimmed(text_of(object->get("export_id")));
            if (id.empty()) return Unclear{"success without an export_id"};
            if (!export_id(id))
                return Unclear{fmt::format("success with an export_id of {} bytes that is none: {}",
                                           id.size(), foreign_words(id, 64))};
            return Started{id};
        }
        case Asked::poll: {
            if (envelope.has_items) {
                std::vector<std::string> names = headings(envelope);
                if (names.empty()) return Unclear{"a table without headings"};
                return Ready{std::move(names), envelope.rows};
            }
            const std::string status =
                object.isNull() ? std::string() : text_of(object->get("status"));
            if (status == "error") return Gone{"info.status is error"};
            if (status == "processing") return NotReady{};
            return UnknownShape{shape_of(info, envelope)};
        }
        case Asked::list:
            if (info.type() == typeid(Poco::JSON::Array::Ptr)) return Listed{};
            return Unclear{"success without a list"};
    }
    return Unclear{"unreadable"};
}

// ---- filters ----
struct Filters {
    std::string_view resource;
    std::array<std::string_view, 4> dates;
    std::array<std::string_view, 10> statuses;
};
constexpr std::array<Filters, 4> kFilters = {{
    // getcourse-api.md 2.1, 2.2
    {"users", {"created_at"}, {"active", "deactivated", "banned", "invited", "in_base"}},
    {"group_users",
     {"added_at", "created_at"},
     {"active", "deactivated", "banned", "invited", "in_base"}},
    {"deals",
     {"created_at", "payed_at", "finished_at", "status_changed_at"},
     {"new", "in_work", "not_confirmed", "payed", "cancelled", "false", "payment_waiting",
      "part_payed", "waiting_for_return", "pending"}},
    {"payments",
     {"created_at", "status_changed_at"},
     {"expected", "accepted", "returned", "tobalance", "frombalance", "returned_to_balance"}},
}};

template <typename Names>
std::string listed(const Names& names) {
    std::string out;
    for (const std::string_view name : names)
        if (!name.empty()) out += (out.empty() ? "" : ", ") + std::string(name);
    return out;
}

Request keyed(std::string path, const Secret& key, bool by_post) {
    Request request;
    request.path = std::move(path);
    request.method = by_post ? Request::Method::post : Request::Method::get;
    (by_post ? request.form : request.query).emplace_back("key", key.reveal());
    return request;
}

Poco::JSON::Array::Ptr list_in(std::string_view body, const std::string& what) {
    const auto root = parse(body);
    const Object object = root ? object_of(*root) : Object{};
    const Var info = object.isNull() ? Var{} : info_of(object);
    if (info.type() != typeid(Poco::JSON::Array::Ptr))
        throw Error(Kind::refused, "the kept answer for " + what + " holds no list");
    return info.extract<Poco::JSON::Array::Ptr>();
}

std::int64_t number_of(const Var& value) {
    const std::string text = trimmed(text_of(value));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

bool failed(const Object& object) {  // result.error true, or a text (getcourse-api.md 8.4)
    const Var error = object->get("error");
    return !error.isEmpty() &&
           read_flag(error.isString() ? error.convert<std::string>() : error.toString());
}

}  // namespace

std::string_view name_of(const Answer& answer) {
    constexpr std::array<std::string_view, 12> kNames = {
        "Started", "Ready", "Listed",  "NotReady", "Busy",         "OverLimit",
        "NoFile",  "Gone",  "Refused", "Unclear",  "UnknownShape", "Broken"};
    static_assert(std::variant_size_v<Answer> == kNames.size());
    return kNames[answer.index()];
}

bool concerns_account(Refused::Cause cause) {
    return cause != Cause::no_filter && cause != Cause::bad_status && cause != Cause::other;
}

bool read_flag(std::string_view given) {
    std::string text = schema::lower(schema::trim(given));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = trimmed(text.substr(1, text.size() - 2));
    return !(text.empty() || text == "false" || text == "0" || text == "null");
}

Answer decode(Asked asked, const Response& response, const Envelope& envelope) {
    if (auto early = below_the_envelope(asked, response, envelope)) return *early;
    const auto parsed = parse(envelope.text);
    const Object root = parsed ? object_of(*parsed) : Object{};
    if (root.isNull() && response.whole) return Broken{"unreadable JSON"};
    if (root.isNull()) return Unclear{"unreadable JSON"};
    const int code = code_of(root);
    const std::string message = message_of(root);
    const Var success = root->get("success");
    if (code != 0 || (!success.isEmpty() && !read_flag(text_of(success))) || failed(root))
        return refused_by(message, code, asked);
    if (success.isEmpty()) return Unclear{"an answer without success"};
    if (response.status >= 500) return Unclear{fmt::format("HTTP {}", response.status)};
    return decode_good(asked, root, envelope);
}

std::string describe(const ExportQuery& query) {
    std::string text = query.resource;
    if (query.group_id != 0) text += fmt::format(" of group {}", query.group_id);
    if (!query.filter.empty())
        text += " " + query.filter + " " + (query.from ? format_day(*query.from) : "…") + ".." +
                (query.to ? format_day(*query.to) : "…");
    if (!query.status.empty()) text += " status " + query.status;
    return text;
}

void check_filter(const ExportQuery& query) {
    if (query.resource == "groups" || query.resource == "fields") return;
    for (const Filters& known : kFilters) {
        if (known.resource != query.resource) continue;
        if (!query.filter.empty() &&
            std::find(known.dates.begin(), known.dates.end(), query.filter) == known.dates.end())
            throw Error(
                Kind::usage,
                "filter \"" + query.filter + "\" is not documented for " + query.resource +
                    "; expected " + listed(known.dates),
                "The service ignores filters it does not know, and would return everything.");
        if (!query.status.empty() && std::find(known.statuses.begin(), known.statuses.end(),
                                               query.status) == known.statuses.end())
            throw Error(Kind::usage, "status \"" + query.status + "\" is none of " +
                                         query.resource + "; expected " + listed(known.statuses));
        if (query.from && query.to && *query.from > *query.to)
            throw Error(Kind::usage, "the window " + describe(query) + " ends before it begins");
        if (query.filter.empty() && query.status.empty() && query.resource != "group_users")
            throw Error(Kind::usage, "an export of " + query.resource +
                                         " needs a filter; expected " + listed(known.dates));
        return;
    }
    throw Error(Kind::usage, "there is no export of \"" + query.resource +
                                 "\"; expected users, deals, payments, group_users");
}

Request start_request(const ExportQuery& query, const Secret& key, bool by_post) {
    check_filter(query);
    const std::string path = query.resource == "group_users"
                                 ? fmt::format("groups/{}/users", query.group_id)
                                 : query.resource;
    Request request = keyed(kBase + path, key, by_post);
    Fields& fields = by_post ? request.form : request.query;
    if (!query.filter.empty()) {
        if (query.from) fields.emplace_back(query.filter + "[from]", format_day(*query.from));
        if (query.to) fields.emplace_back(query.filter + "[to]", format_day(*query.to));
    }
    if (!query.status.empty()) fields.emplace_back("status", query.status);
    if (query.resource == "users") fields.emplace_back("idgrouplist", "id_date");
    return request;
}

Request poll_request(const std::string& service_export_id, const Secret& key, bool by_post) {
    return keyed(kBase + std::string("exports/") + service_export_id, key, by_post);
}

Request groups_request(const Secret& key, bool by_post) {
    return keyed(kBase + std::string("groups"), key, by_post);
}

Request fields_request(const Secret& key) {
    Request request =
        keyed(kBase + std::string("fields"), key, true);  // documented as a POST (2.7)
    request.form.emplace_back("action", "get");
    return request;
}

Request import_request(std::string_view object, std::string_view action, std::string_view document,
                       const Secret& key) {
    Request request = keyed("/pl/api/" + std::string(object), key, true);
    request.form.emplace_back("action", std::string(action));
    request.form.emplace_back("params", base64(document));
    return request;
}

std::vector<schema::Field> decode_fields(std::string_view body) {
    std::vector<schema::Field> fields;
    std::set<std::int64_t> ids;
    const Poco::JSON::Array::Ptr list = list_in(body, "fields");
    for (const Var& item : *list) {
        const Object object = object_of(item);
        if (object.isNull()) continue;
        schema::Field field;
        field.id = number_of(object->get("id"));
        if (field.id == 0 || !ids.insert(field.id).second) continue;  // a name is bound to one id
        field.type = text_of(object->get("type"));
        field.title = line_of(object->get("title"));
        field.context = text_of(object->get("context_type"));
        field.position = number_of(object->get("field_order_pos"));
        field.form_id = number_of(object->get("form_id"));
        fields.push_back(std::move(field));
    }
    return fields;
}

std::vector<Group> decode_groups(std::string_view body) {
    std::vector<Group> groups;
    const Poco::JSON::Array::Ptr list = list_in(body, "groups");
    for (const Var& item : *list) {
        const Object object = object_of(item);
        if (object.isNull()) continue;
        groups.push_back({number_of(object->get("id")), line_of(object->get("name")),
                          text_of(object->get("last_added_at"))});
    }
    return groups;
}

ImportAnswer decode_import(const Response& response, std::string_view body) {
    if (response.failure != Response::Failure::none) return Unclear{response.reason, response.sent};
    if (response.status >= 500) return Unclear{fmt::format("HTTP {}", response.status)};
    if (response.status >= 300 && response.status < 400)
        return Rejected{
            "the host redirects to " + response.location + "; set [getcourse] url to it",
            Rejected::Cause::redirect};
    if (schema::trim(body).empty())
        return Rejected{
            "an empty answer: nothing was written. The tariff does not include this import, or the "
            "key may not write",
            Rejected::Cause::empty};
    const auto parsed = parse(body);
    const Object root = parsed ? object_of(*parsed) : Object{};
    if (root.isNull())
        return Unclear{
            fmt::format("not JSON (HTTP {}, {})", response.status, response.content_type)};
    const Object result = member(root, "result");
    std::string message = message_of(root);
    if (!result.isNull() && !message_of(result).empty() && message_of(result) != message)
        message += (message.empty() ? "" : "; ") + message_of(result);
    const Var success = root->get("success");
    const bool outer = !success.isEmpty() && read_flag(text_of(success)) && !failed(root);
    const Var inner = result.isNull() ? Var{} : result->get("success");
    const bool refused_inside =
        !result.isNull() && ((!inner.isEmpty() && !read_flag(text_of(inner))) || failed(result));
    if (!outer || refused_inside) {
        const auto says = [&](std::string_view words) {
            return message.find(words) != std::string::npos;
        };
        if (says("Лимит превышен") || says("Достигнут лимит") || says("Limit reached"))
            return Rejected{message, Rejected::Cause::allowance};
        const bool account = says("Неавторизованное") || says("Действие запрещено") ||
                             says("Функционал недоступен") || says(kActionWords) ||
                             says("только по https");
        return Rejected{message, account ? Rejected::Cause::account : Rejected::Cause::said};
    }
    if (result.isNull()) return Unclear{"success without a result"};
    const auto field = [&](const char* name) { return foreign_words(text_of(result->get(name))); };
    return Written{field("user_id"), field("user_status"), field("deal_id"), field("deal_number")};
}

std::string describe(const Request& request) {
    std::string out = (request.method == Request::Method::get ? "GET " : "POST ") + request.path;
    char separator = '?';
    for (const Fields* fields : {&request.query, &request.form})
        for (const auto& [name, value] : *fields) {
            if (name == "key") continue;
            out += separator + name + "=" +
                   (name == "params" ? fmt::format("({} bytes)", value.size()) : value);
            separator = '&';
        }
    return out;
}

}  // namespace etl
