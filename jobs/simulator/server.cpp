// The HTTPS door and the rules of the export family: getcourse-api.md 1 to 5.
#include <Poco/Net/Context.h>
#include <Poco/Net/HTMLForm.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/ThreadPool.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <sstream>

#include "etl/gzip.hpp"
#include "etl/value.hpp"
#include "jobs/simulator/imports.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/simulator/tls_certificates.hpp"
#include "schema/table.hpp"

namespace simulator {
namespace {

using etl::Day;
using Form = std::multimap<std::string, std::string>;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using SteadyTime = std::chrono::steady_clock::time_point;

std::string one(const Form& form, const std::string& name) {
    const auto found = form.find(name);
    return found == form.end() ? std::string() : found->second;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> items;
    std::stringstream stream(text);
    for (std::string item; std::getline(stream, item, ',');) {
        item.erase(0, item.find_first_not_of(' '));
        item.erase(item.find_last_not_of(' ') + 1);
        if (!item.empty()) items.push_back(item);
    }
    return items;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

void append_json(std::string& out, const std::string& text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

void append_row(std::string& out, const Row& row) {
    out += '[';
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) out += ',';
        if (!row[i].is_list) {
            append_json(out, row[i].text);
            continue;
        }
        out += '[';
        for (std::size_t k = 0; k < row[i].list.size(); ++k) {
            if (k > 0) out += ',';
            append_json(out, row[i].list[k]);
        }
        out += ']';
    }
    out += ']';
}

struct Span {
    std::optional<Day> from, to;
    [[nodiscard]] bool given() const { return from || to; }
    [[nodiscard]] bool holds(std::optional<Day> day) const {
        return !given() || (day && (!from || *day >= *from) && (!to || *day <= *to));
    }
};

// What an export was asked for, and when; its table is made from this when it is fetched: the same
// seed gives the same rows.
struct Export {
    std::string resource;
    std::int64_t group = 0;
    std::map<std::string, Span> spans;
    std::string status, idgrouplist;
    std::vector<std::string> emails, user_ids;
    std::int64_t user_in_group = 0;
    int day = 0;
    SteadyTime ready;
};

std::string envelope(const std::string& info) {
    return "{\"success\":true,\"info\":" + info + ",\"error_message\":\"\",\"error\":false}";
}
std::string failure(int code, const std::string& message) {
    std::string out = "{\"success\":false,\"info\":[],\"error_message\":";
    append_json(out, message);
    out += ",\"error\":true";
    if (code != 0) out += ",\"error_code\":" + std::to_string(code);
    return out + "}";
}

struct Known {
    std::string_view resource;
    std::vector<std::string> dates;
    int status_code;
};
const std::vector<Known>& known() {
    static const std::vector<Known> all = {
        {"users", {"created_at"}, 914},
        {"group_users", {"added_at", "created_at"}, 914},
        {"deals", {"created_at", "payed_at", "finished_at", "status_changed_at"}, 913},
        {"payments", {"created_at", "status_changed_at"}, 918}};
    return all;
}

}  // namespace

struct Simulator::State {
    SimulatorOptions options;
    School school;
    etl::Zone zone;
    Certificates certificates;
    std::mutex mutex;
    Imports imports{school};
    ImportFaults faults;
    int day = 0;
    std::int64_t requests = 0;
    std::deque<SteadyTime> window;
    int most_in_window = 0;
    std::map<std::string, Export> exports;
    std::int64_t next_id = 60000001;
    SteadyTime lock_until{};
    bool foreign_lock = false;
    bool repeat = false, omit_groups = false;
    std::map<std::string, std::string> asked_before;  // parameters and day -> id
    int lose = 0, cut = 0;
    std::mt19937_64 random;
    std::vector<std::string> log;
    std::unique_ptr<Poco::ThreadPool> threads;
    std::unique_ptr<Poco::Net::SecureServerSocket> socket;
    std::unique_ptr<Poco::Net::HTTPServer> server;

    explicit State(const SimulatorOptions& given)
        : options(given),
          school(given.school),
          zone(given.time_zone),
          certificates(make_certificates(given.dir)),
          random(given.school.seed) {}

    struct Reply {
        int status = 200;
        std::string type = "application/json";
        std::string body;
        std::string table_of;  // id of an export whose table is the body
        std::string means;
        std::string location = {};
    };

    bool over_limit(int count) {  // counts a request; the lock is held
        const SteadyTime now = std::chrono::steady_clock::now();
        while (!window.empty() && now - window.front() >= options.window) window.pop_front();
        requests += count;
        if (static_cast<int>(window.size()) + count > options.limit) return true;
        for (int i = 0; i < count; ++i) window.push_back(now);
        most_in_window = std::max(most_in_window, static_cast<int>(window.size()));
        return false;
    }

    Reply account(const std::string& path, const Form& form);
    Reply start(const std::string& resource, std::int64_t group, const Form& form);
    Reply fetch(const std::string& id);
    void write_table(const Export& wanted,
                     const std::function<void(const std::string&)>& out) const;
    Row user_cells(const Export& wanted, std::int64_t index) const;
    Row imported_user_row(const Export& wanted, const ImportedUser& user) const;
    Row imported_deal_row(const Export& wanted, const ImportedDeal& deal) const;
    std::vector<std::pair<std::int64_t, Day>> groups_of(const Export& wanted, std::int64_t user_id,
                                                        std::int64_t index) const;
    Reply import(const std::string& object, const Form& form, bool& lost);
};

Simulator::State::Reply Simulator::State::account(const std::string& path, const Form& form) {
    const std::lock_guard guard(mutex);
    const std::string key = one(form, "key");
    if (form.find("key") == form.end())
        return {200, "application/json", failure(904, "В запросе отсутсвует параметр key"), "",
                "904"};
    if (key != options.key && key != options.write_key)
        return {200, "application/json", failure(901, "Неавторизованное API-обращение"), "", "901"};
    if (over_limit(1))
        return {200, "application/json", failure(903, "Слишком много запросов. Попробуйте позже"),
                "", "903"};
    if (path == "groups")
        return {200, "application/json",
                envelope(school.groups_json(day, imports.groups(), imports.last_added())), "",
                "Listed"};
    if (path == "fields")
        return {200, "application/json", envelope(school.fields_json()), "", "Listed"};
    if (path.rfind("exports/", 0) == 0) return fetch(path.substr(8));
    if (path == "users" || path == "deals" || path == "payments") return start(path, 0, form);
    if (path.rfind("groups/", 0) == 0 && path.size() > 13 &&
        path.substr(path.size() - 6) == "/users")
        return start("group_users", std::atoll(path.substr(7).c_str()), form);
    return {404, "text/html; charset=utf-8",
            "<html><head><title>404</title></head><body>Страница не найдена</body></html>", "",
            "404"};
}

Simulator::State::Reply Simulator::State::start(const std::string& resource, std::int64_t group,
                                                const Form& form) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (foreign_lock || now < lock_until)
        return {200, "application/json",
                failure(905, "Уже запущен один экспорт, попробуйте позднее"), "",
                "905"};  // before the parameters (3.5)
    const Known& allowed = *std::find_if(known().begin(), known().end(),
                                         [&](const Known& k) { return k.resource == resource; });
    Export wanted;
    wanted.resource = resource;
    wanted.group = group;
    wanted.day = day;
    bool filtered = resource == "group_users";
    for (const std::string& date : allowed.dates) {
        Span span{etl::parse_day(one(form, date + "[from]")),
                  etl::parse_day(one(form, date + "[to]"))};
        filtered = filtered || span.given();
        wanted.spans[date] = span;
    }
    wanted.status = one(form, "status");
    if (!wanted.status.empty()) {
        std::string list;
        bool right = false;
        for (const schema::Status& status :
             schema::statuses(resource == "group_users" ? "users" : resource)) {
            list += (list.empty() ? "" : ", ") + status.code;
            right = right || status.code == wanted.status;
        }
        if (!right)
            return {200, "application/json",
                    failure(allowed.status_code, "Неверный статус, попробуйте один из - " + list),
                    "", "bad status"};
        filtered = true;
    }
    if (resource == "users") wanted.emails = split(lower(one(form, "email")));
    if (resource == "deals") {
        wanted.user_ids = split(one(form, "user_id"));
        wanted.user_in_group = std::atoll(one(form, "user_in_group").c_str());
    }
    filtered =
        filtered || !wanted.emails.empty() || !wanted.user_ids.empty() || wanted.user_in_group != 0;
    if (!filtered)
        return {200, "application/json", failure(908, "Должен быть передан хотя бы один фильтр"),
                "", "908"};
    if ((resource == "users" || resource == "group_users") && !omit_groups)
        wanted.idgrouplist = one(form, "idgrouplist");
    std::string parameters = resource + std::to_string(group) + "@" + std::to_string(day);
    for (const auto& [name, value] : form) parameters += "&" + name + "=" + value;
    if (const auto before = asked_before.find(parameters); repeat && before != asked_before.end())
        return {200, "application/json", envelope("{\"export_id\":" + before->second + "}"), "",
                "Started again " + before->second};
    std::lognormal_distribution<double> build(
        std::log(static_cast<double>(options.build_median.count())), options.build_sigma);
    wanted.ready = now + etl::Micros{static_cast<std::int64_t>(build(random))};
    lock_until = wanted.ready;
    const std::string id = std::to_string(next_id);
    next_id += 1 + static_cast<std::int64_t>(random() % 40);  // one counter for the whole service
    exports[id] = wanted;
    asked_before[parameters] = id;
    return {200, "application/json", envelope("{\"export_id\":" + id + "}"), "", "Started " + id};
}

Simulator::State::Reply Simulator::State::fetch(const std::string& id) {
    const auto found = exports.find(id);
    if (found == exports.end())
        return {200, "application/json", failure(0, "Объект не найден"), "", "Gone"};
    if (std::chrono::steady_clock::now() < found->second.ready)
        return {200, "application/json", failure(909, "Файл еще не создан "), "", "909"};
    return {200, "application/json", "", id, "Ready"};
}

Simulator::State::Reply Simulator::State::import(const std::string& object, const Form& form,
                                                 bool& lost) {
    const std::lock_guard guard(mutex);
    std::uniform_real_distribution<double> chance(0, 1);
    const auto happens = [&](double share) { return share > 0 && chance(random) < share; };
    if (happens(faults.lost_before)) return lost = true, Reply{200, "", "", "", "lost before"};
    if (happens(faults.redirect))
        return {301,        "text/html; charset=utf-8",
                "",         "",
                "redirect", "https://www.school.example" + std::string("/pl/api/") + object};
    const std::string key = one(form, "key");
    if (one(form, "action").empty())
        return {200, "application/json", imports.run(object, "", "", true, day).body, "",
                "no action"};  // before the key: what a redirect's GET is told (4.2)
    if (key != options.key && key != options.write_key)
        return {200, "application/json",
                "{\"success\":false,\"action\":\"add\",\"result\":[],\"error_message\":"
                "\"Неавторизованное API-обращение\",\"error\":true}",
                "", "901"};
    if (happens(faults.empty)) return {200, "text/html; charset=utf-8", "", "", "empty"};
    if (happens(faults.inner))
        return {200, "application/json",
                "{\"success\":true,\"action\":\"add\",\"result\":{\"success\":false,\"error_"
                "message\":\"Ошибка сохранения\",\"error\":true}}",
                "", "refused inside"};
    const ImportRules rules = imports.rules;
    if (happens(faults.allowance)) imports.rules.allowance = 0;
    imports.rules.drop_fields = happens(faults.dropped_field);
    const int left = imports.rules.allowance;
    const auto time_of_day =
        zone.to_local(std::chrono::floor<etl::Micros>(std::chrono::system_clock::now()))
            .time_since_epoch() %
        std::chrono::days{1};
    imports.now =
        etl::format_instant(etl::Instant{school.today(day).time_since_epoch() + time_of_day})
            .substr(0, 19)
            .replace(10, 1, " ");
    const ImportAnswer answer = imports.run(object, one(form, "action"), one(form, "params"),
                                            key == options.write_key, day);
    imports.rules.drop_fields = false;
    imports.rules.allowance = rules.allowance - (left - imports.rules.allowance);
    lost = happens(faults.lost_after);
    return {answer.status, answer.type, answer.body, "",
            answer.means + (lost ? ", lost after" : "")};
}

namespace {

// Puts edits into a row: fixed columns by the first heading, custom ones by the custom block's.
void edit(Row& row, const std::vector<std::string>& headings, const Edits& edits,
          std::size_t custom_begin) {
    for (const auto& [name, text] : edits) {
        const bool custom = name.rfind("custom:", 0) == 0;
        const std::string heading = custom ? name.substr(7) : name;
        std::optional<std::size_t> at;
        for (std::size_t i = custom ? custom_begin : 0;
             i < headings.size() && i < row.size() && !at; ++i)
            if (headings[i] == heading) at = i;
        if (!custom && heading.rfind("utm_", 0) == 0)  // the session's stand in the tail
            for (std::size_t i = custom_begin; i < headings.size() && i < row.size(); ++i)
                if (headings[i] == heading) at = i;
        if (at) row[*at] = {text, {}, false};
    }
}

std::size_t custom_begin(const std::vector<std::string>& headings) {
    const auto user = std::find(headings.begin(), headings.end(), "От партнера"),
               deal = std::find(headings.begin(), headings.end(), "Промоакция");
    return static_cast<std::size_t>((user != headings.end() ? user : deal) - headings.begin()) + 1;
}

std::string amount(std::int64_t hundredths) { return etl::format_money(hundredths); }

}  // namespace

std::vector<std::pair<std::int64_t, Day>> Simulator::State::groups_of(const Export& wanted,
                                                                      std::int64_t user_id,
                                                                      std::int64_t index) const {
    std::vector<std::pair<std::int64_t, Day>> groups;
    const auto imported = imports.users().find(user_id);
    if (index >= 0 && (imported == imports.users().end() || !imported->second.groups_replaced))
        groups = school.user_groups(index, wanted.day);
    if (imported == imports.users().end()) return groups;
    for (const auto& [id, joined] : imported->second.groups)
        if (std::none_of(groups.begin(), groups.end(),
                         [&, id = id](const auto& group) { return group.first == id; }))
            groups.emplace_back(id, joined);
    return groups;
}

Row Simulator::State::imported_user_row(const Export&, const ImportedUser& user) const {
    const std::vector<std::string>& headings = School::user_headings();
    Row row(headings.size());
    row[0].text = std::to_string(user.id);
    row[2].text = "Импорт";
    row[3].text = etl::format_day(user.created) + " 12:00:00";
    edit(row, headings, user.edits, custom_begin(headings));
    return row;
}

Row Simulator::State::imported_deal_row(const Export& wanted, const ImportedDeal& deal) const {
    const std::vector<std::string>& headings = School::deal_headings();
    Row row = deal.index >= 0 ? school.deal_row(deal.index, wanted.day) : Row(headings.size());
    const std::int64_t fee = deal.paid * 35 / 1000, received = deal.paid - fee;
    const auto set = [&](std::size_t at, std::string text) {
        row[at] = {std::move(text), {}, false};
    };
    set(0, std::to_string(deal.id));
    set(1, deal.number);
    set(2, std::to_string(deal.user_id));
    if (deal.index < 0) {
        set(6, deal.created_at.empty() ? etl::format_day(deal.created) + " 12:00:00"
                                       : deal.created_at);
        set(18, "RUB");
        row[headings.size() - 1] = row[headings.size() - 2] = {{}, {}, true};
        if (const auto buyer = imports.users().find(deal.user_id); buyer != imports.users().end()) {
            const auto email = buyer->second.edits.find("Email");
            set(4, buyer->second.index >= 0             ? school.user_email(buyer->second.index)
                   : email == buyer->second.edits.end() ? ""
                                                        : email->second);
        }
    }
    set(7, deal.paid_day ? etl::format_day(*deal.paid_day) + " 12:30:00" : "");
    set(9, label_of("deals", deal.status));
    const std::array<std::int64_t, 8> money = {deal.cost, deal.paid, fee, received,
                                               0,         received,  0,   received};
    for (std::size_t i = 0; i < money.size(); ++i) set(10 + i, amount(money[i]));
    edit(row, headings, deal.edits, custom_begin(headings));
    return row;
}

Row Simulator::State::user_cells(const Export& wanted, std::int64_t index) const {
    Row row = school.user_row(index, wanted.day);
    const auto imported = imports.users().find(school.user_id(index));
    if (imported != imports.users().end())
        edit(row, School::user_headings(), imported->second.edits,
             custom_begin(School::user_headings()));
    if (wanted.idgrouplist == "id" || wanted.idgrouplist == "id_date") {
        std::string cell;
        for (const auto& [group, joined] : groups_of(wanted, school.user_id(index), index))
            cell += (cell.empty() ? "" : ", ") + std::to_string(group) +
                    (wanted.idgrouplist == "id_date" ? ":" + etl::format_day(joined) : "");
        row.push_back({cell, {}, false});
    }
    return row;
}

void Simulator::State::write_table(const Export& wanted,
                                   const std::function<void(const std::string&)>& out) const {
    const auto span = [&](const char* name) {
        const auto found = wanted.spans.find(name);
        return found == wanted.spans.end() ? Span{} : found->second;
    };
    std::vector<std::string> headings = wanted.resource == "deals"      ? School::deal_headings()
                                        : wanted.resource == "payments" ? School::payment_headings()
                                                                        : School::user_headings();
    if (wanted.idgrouplist == "id_date")
        headings.emplace_back("id групп пользователя/дата добавления");
    if (wanted.idgrouplist == "id") headings.emplace_back("id групп пользователя");
    if (wanted.resource == "group_users")
        headings.insert(headings.end(), {"ID группы", "Добавлен в группу"});
    std::string piece = "{\"success\":true,\"info\":{\"fields\":[";
    for (std::size_t i = 0; i < headings.size(); ++i) {
        if (i > 0) piece += ',';
        append_json(piece, headings[i]);
    }
    piece += "],\"items\":[";
    bool first = true;
    const auto emit = [&](const Row& row) {
        if (!first) piece += ',';
        first = false;
        append_row(piece, row);
        if (piece.size() < 64 * 1024) return;
        out(piece);
        piece.clear();
    };
    const auto in_group = [&](std::int64_t user, std::int64_t group) -> std::optional<Day> {
        for (const auto& [id, joined] : groups_of(wanted, school.user_id(user), user))
            if (id == group) return joined;
        return std::nullopt;
    };
    if (wanted.resource == "users" || wanted.resource == "group_users") {
        for (std::int64_t i = 0; i < school.users(wanted.day); ++i) {
            if (!span("created_at").holds(school.user_created(i))) continue;
            if (!wanted.status.empty() && wanted.status != (i % 5 == 0 ? "in_base" : "active"))
                continue;
            std::string email = lower(school.user_email(i));
            email.erase(email.find_last_not_of(' ') + 1);
            if (!wanted.emails.empty() &&
                std::find(wanted.emails.begin(), wanted.emails.end(), email) == wanted.emails.end())
                continue;
            Row row = user_cells(wanted, i);
            if (wanted.resource == "group_users") {
                const auto joined = in_group(i, wanted.group);
                if (!joined || !span("added_at").holds(joined)) continue;
                row.push_back({std::to_string(wanted.group), {}, false});
                row.push_back({etl::format_day(*joined) + " 12:00:34", {}, false});
            }
            emit(row);
        }
        for (const auto& [id, user] : imports.users()) {
            if (user.index >= 0 || !span("created_at").holds(user.created) ||
                !wanted.status.empty())
                continue;
            Row row = imported_user_row(wanted, user);
            if (!wanted.emails.empty() && std::find(wanted.emails.begin(), wanted.emails.end(),
                                                    lower(row[1].text)) == wanted.emails.end())
                continue;
            std::string cell;
            std::optional<Day> member;
            for (const auto& [group, joined] : groups_of(wanted, id, -1)) {
                cell += (cell.empty() ? "" : ", ") + std::to_string(group) +
                        (wanted.idgrouplist == "id_date" ? ":" + etl::format_day(joined) : "");
                if (group == wanted.group) member = joined;
            }
            if (wanted.idgrouplist == "id" || wanted.idgrouplist == "id_date")
                row.push_back({cell, {}, false});
            if (wanted.resource == "group_users") {
                if (!member || !span("added_at").holds(member)) continue;
                row.push_back({std::to_string(wanted.group), {}, false});
                row.push_back({etl::format_day(*member) + " 12:00:34", {}, false});
            }
            emit(row);
        }
    } else {
        const bool payments = wanted.resource == "payments";
        for (std::int64_t i = 0; i < school.deals(wanted.day); ++i) {
            if (payments) {
                for (const PaymentState& payment : school.deal_payments(i, wanted.day))
                    if (span("created_at").holds(payment.created) &&
                        span("status_changed_at").holds(payment.status_changed) &&
                        (wanted.status.empty() || wanted.status == payment.status))
                        emit(school.payment_row(payment));
                continue;
            }
            if (imports.deals().find(school.deal_id(i)) != imports.deals().end())
                continue;  // below
            if (!span("created_at").holds(school.deal_created(i))) continue;
            const DealState state = school.deal_state(i, wanted.day);
            if (!span("status_changed_at").holds(state.status_changed) ||
                !span("payed_at").holds(state.paid_day))
                continue;
            if (!span("finished_at")
                     .holds(state.status == "payed" ? std::optional(state.status_changed)
                                                    : std::nullopt))
                continue;
            if (!wanted.status.empty() && wanted.status != state.status) continue;
            const std::string user = std::to_string(school.user_id(school.deal_user(i)));
            if (!wanted.user_ids.empty() &&
                std::find(wanted.user_ids.begin(), wanted.user_ids.end(), user) ==
                    wanted.user_ids.end())
                continue;
            if (wanted.user_in_group != 0 && !in_group(school.deal_user(i), wanted.user_in_group))
                continue;
            emit(school.deal_row(i, wanted.day));
        }
        for (const auto& [id, deal] : imports.deals()) {
            if (payments || !span("created_at").holds(deal.created) ||
                !span("status_changed_at").holds(deal.status_changed) ||
                !span("payed_at").holds(deal.paid_day))
                continue;
            if (!span("finished_at")
                     .holds(deal.status == "payed" ? std::optional(deal.status_changed)
                                                   : std::nullopt))
                continue;
            if (!wanted.status.empty() && wanted.status != deal.status) continue;
            const std::string user = std::to_string(deal.user_id);
            if (wanted.user_ids.empty() || std::find(wanted.user_ids.begin(), wanted.user_ids.end(),
                                                     user) != wanted.user_ids.end())
                emit(imported_deal_row(wanted, deal));
        }
        for (const ImportedPayment& payment : imports.payments()) {
            if (!payments || !span("created_at").holds(payment.created) ||
                !span("status_changed_at").holds(payment.created))
                continue;
            if (!wanted.status.empty() && wanted.status != "accepted") continue;
            Row row(12);
            const std::array<std::string, 12> cells = {
                std::to_string(payment.number),
                "",
                "",
                payment.deal_number,
                etl::format_day(payment.created) + " 12:30:00",
                "Импорт",
                label_of("payments", "accepted"),
                amount(payment.amount) + " руб.",
                "0 руб.",
                amount(payment.amount) + " руб.",
                "",
                ""};
            for (std::size_t i = 0; i < cells.size(); ++i) row[i].text = cells[i];
            emit(row);
        }
    }
    out(piece + "]},\"error_message\":\"\",\"error\":false}");
}

namespace {

class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Handler(Simulator::State& state) : state_(state) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        try {
            answer(request, response);
        } catch (const Poco::Exception&) {  // the client went away; nothing to tell it
        }
    }

private:
    static Form read_form(HTTPServerRequest& request) {
        Form form;
        for (const auto& [name, value] : Poco::URI(request.getURI()).getQueryParameters())
            form.emplace(name, value);
        if (request.getMethod() == "POST" &&
            request.getContentType().find("application/x-www-form-urlencoded") == 0) {
            Poco::Net::HTMLForm body(request, request.stream());
            for (const auto& [name, value] : body) form.emplace(name, value);
        }
        return form;
    }

    void answer(HTTPServerRequest& request, HTTPServerResponse& response) {
        const Form form = read_form(request);
        const std::string path = Poco::URI(request.getURI()).getPath();
        static const std::string kAccount = "/pl/api/account/";
        Simulator::State::Reply reply;
        bool lost_import = false;
        if (path.rfind(kAccount, 0) == 0)
            reply = state_.account(path.substr(kAccount.size()), form);
        else if (path == "/pl/api/users" || path == "/pl/api/deals")
            reply = state_.import(path.substr(8), request.getMethod() == "POST" ? form : Form{},
                                  lost_import);
        else
            reply = {404, "text/html; charset=utf-8", "<html><body>404</body></html>", "", "404"};
        bool lost = lost_import, cut = false;
        Export table;
        {
            const std::lock_guard guard(state_.mutex);
            state_.log.push_back(request.getMethod() + " " + path + " " +
                                 std::to_string(reply.status) + " " + reply.means);
            if (!lost && state_.lose > 0)
                lost = true, --state_.lose;
            else if (state_.cut > 0)
                cut = true, --state_.cut;
            if (!reply.table_of.empty()) table = state_.exports.at(reply.table_of);
        }
        if (lost) {
            dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().shutdown();
            return;
        }
        response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(reply.status));
        response.setContentType(reply.type);
        if (!reply.location.empty()) response.set("Location", reply.location);
        response.setChunkedTransferEncoding(true);
        const bool gzip = state_.options.gzip &&
                          request.get("Accept-Encoding", "").find("gzip") != std::string::npos;
        if (gzip) response.set("Content-Encoding", "gzip");
        std::ostream& out = response.send();
        std::size_t sent = 0;
        const auto write = [&](std::string_view piece) {
            if (cut && sent > 0) return;
            if (cut) piece = piece.substr(0, piece.size() / 2);
            sent += piece.size();
            out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        };
        etl::Deflater deflater(write);
        const auto plain = [&](const std::string& piece) {
            if (gzip)
                deflater.write(piece);
            else
                write(piece);
        };
        if (reply.table_of.empty())
            plain(reply.body);
        else
            state_.write_table(table, plain);
        if (gzip) deflater.finish();
        out.flush();
        if (cut) dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().shutdown();
    }

    Simulator::State& state_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit Factory(Simulator::State& state) : state_(state) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
        return new Handler(state_);
    }

private:
    Simulator::State& state_;
};

}  // namespace

Simulator::Simulator(const SimulatorOptions& options) : state_(std::make_unique<State>(options)) {}
Simulator::~Simulator() { stop(); }

void Simulator::start() {
    State& s = *state_;
    Poco::Net::Context::Ptr context = new Poco::Net::Context(
        Poco::Net::Context::TLS_SERVER_USE, s.certificates.key.string(),
        s.certificates.certificate.string(), "", Poco::Net::Context::VERIFY_NONE);
    context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    s.socket = std::make_unique<Poco::Net::SecureServerSocket>(
        Poco::Net::SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(s.options.port)), 16,
        context);
    Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
    params->setMaxThreads(4);
    params->setKeepAlive(false);
    s.threads = std::make_unique<Poco::ThreadPool>(1, 8);
    s.server =
        std::make_unique<Poco::Net::HTTPServer>(new Factory(s), *s.threads, *s.socket, params);
    s.server->start();
}

void Simulator::stop() {
    if (state_->server) state_->server->stopAll(true);
    state_->server.reset();
    if (state_->threads) state_->threads->joinAll();
    state_->socket.reset();
}

std::string Simulator::url() const {
    return "https://localhost:" + std::to_string(state_->socket->address().port());
}
std::filesystem::path Simulator::ca_file() const { return state_->certificates.ca; }

void Simulator::advance_day() {
    const std::lock_guard guard(state_->mutex);
    ++state_->day;
}
int Simulator::day() const {
    const std::lock_guard guard(state_->mutex);
    return state_->day;
}
std::int64_t Simulator::requests() const {
    const std::lock_guard guard(state_->mutex);
    return state_->requests;
}
int Simulator::most_in_window() const {
    const std::lock_guard guard(state_->mutex);
    return state_->most_in_window;
}
std::vector<std::string> Simulator::log() const {
    const std::lock_guard guard(state_->mutex);
    return state_->log;
}
void Simulator::hold_lock(bool held) {
    const std::lock_guard guard(state_->mutex);
    state_->foreign_lock = held;
}
void Simulator::spend(int requests) {
    const std::lock_guard guard(state_->mutex);
    for (int i = 0; i < requests; ++i) state_->window.push_back(std::chrono::steady_clock::now());
}
void Simulator::lose_answers(int count) {
    const std::lock_guard guard(state_->mutex);
    state_->lose = count;
}
void Simulator::omit_groups(bool omit) {
    const std::lock_guard guard(state_->mutex);
    state_->omit_groups = omit;
}
void Simulator::repeat_ids(bool repeat) {
    const std::lock_guard guard(state_->mutex);
    state_->repeat = repeat;
}
void Simulator::set_import_faults(const ImportFaults& faults) {
    const std::lock_guard guard(state_->mutex);
    state_->faults = faults;
}
void Simulator::set_imports(bool in_tariff, int allowance) {
    const std::lock_guard guard(state_->mutex);
    state_->imports.rules = {in_tariff, allowance, false};
}
std::int64_t Simulator::imported_users() const {
    const std::lock_guard guard(state_->mutex);
    const auto& users = state_->imports.users();
    return std::count_if(users.begin(), users.end(),
                         [](const auto& user) { return user.second.index < 0; });
}
std::int64_t Simulator::imported_deals() const {
    const std::lock_guard guard(state_->mutex);
    const auto& deals = state_->imports.deals();
    return std::count_if(deals.begin(), deals.end(),
                         [](const auto& deal) { return deal.second.index < 0; });
}
std::int64_t Simulator::imported_payments() const {
    const std::lock_guard guard(state_->mutex);
    return static_cast<std::int64_t>(state_->imports.payments().size());
}
int Simulator::most_orders_of_one_number() const {
    const std::lock_guard guard(state_->mutex);
    std::map<std::string, int> orders;
    int most = 0;
    for (const auto& [id, deal] : state_->imports.deals())
        most = std::max(most, ++orders[deal.number]);
    return most;
}
int Simulator::most_payments_of_one_order() const {
    const std::lock_guard guard(state_->mutex);
    std::map<std::int64_t, int> payments;
    int most = 0;
    for (const ImportedPayment& payment : state_->imports.payments())
        most = std::max(most, ++payments[payment.deal_id]);
    return most;
}
std::int64_t Simulator::lost_memberships() const {
    const std::lock_guard guard(state_->mutex);
    const auto& users = state_->imports.users();
    return std::count_if(users.begin(), users.end(),
                         [](const auto& user) { return user.second.groups_replaced; });
}
void Simulator::cut_answers(int count) {
    const std::lock_guard guard(state_->mutex);
    state_->cut = count;
}

}  // namespace simulator
