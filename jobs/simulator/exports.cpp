// The rules of the export family: getcourse-api.md 2 to 5.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "jobs/simulator/state.hpp"
#include "jobs/simulator/text.hpp"
#include "jobs/simulator/vocabulary.hpp"

namespace simulator {
namespace {

Reply json(std::string body, std::string means) {
    return {200, "application/json", std::move(body), "", std::move(means)};
}
Reply listed(const std::string& info) {
    return json(R"({"success":true,"info":)" + info + R"(,"error_message":"","error":false})",
                "Listed");
}
Reply failure(int code, const std::string& message) {
    const std::string number = code == 0 ? "" : fmt::format(R"(,"error_code":{})", code);
    return json(fmt::format(R"({{"success":false,"info":[],"error_message":{},"error":true{}}})",
                            json_text(message), number),
                code == 0 ? "no object" : std::to_string(code));
}
Reply not_found() {
    return {404, "text/html; charset=utf-8",
            "<html><head><title>404</title></head><body>Страница не найдена</body></html>", "",
            "404"};
}

struct Known {
    std::string_view resource;
    std::vector<std::string> dates;
    int status_code;
};
const Known& known(const std::string& resource) {
    static const std::vector<Known> all = {
        {"users", {"created_at"}, 914},
        {"group_users", {"added_at", "created_at"}, 914},
        {"deals", {"created_at", "payed_at", "finished_at", "status_changed_at"}, 913},
        {"payments", {"created_at", "status_changed_at"}, 918}};
    return *std::find_if(all.begin(), all.end(),
                         [&](const Known& one) { return one.resource == resource; });
}

std::string table_of(const std::string& resource) {
    return resource == "group_users" ? "users" : resource;
}

}  // namespace

std::string one(const Form& form, const std::string& name) {
    const auto found = form.find(name);
    return found == form.end() ? std::string() : found->second;
}

Span Export::span(const std::string& name) const {
    const auto found = spans.find(name);
    return found == spans.end() ? Span{} : found->second;
}

// Counts requests; true: over the limit.
bool Simulator::State::over_limit(int count) {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!window.empty() && now - window.front() >= options.window) window.pop_front();
    requests += count;
    if (static_cast<int>(window.size()) + count > options.limit) return true;
    for (int i = 0; i < count; ++i) window.push_back(now);
    most_in_window = std::max(most_in_window, static_cast<int>(window.size()));
    return false;
}

bool Simulator::State::happens(double share) {
    return share > 0 && std::uniform_real_distribution<double>(0, 1)(random) < share;
}

Reply Simulator::State::account(const std::string& path, const Form& form) {
    const std::lock_guard guard(mutex);
    const std::string key = one(form, "key");
    if (form.find("key") == form.end()) return failure(904, "В запросе отсутсвует параметр key");
    if (key != options.key && key != options.write_key)
        return failure(901, "Неавторизованное API-обращение");
    const Weather& weather = options.weather;
    if (happens(weather.neighbour)) {
        (void)over_limit(3);
        lock_until = std::max(lock_until, std::chrono::steady_clock::now() + options.build_median);
    }
    if (over_limit(1)) return failure(903, "Слишком много запросов. Попробуйте позже");
    if (happens(weather.redirect))
        return {301,        "text/html; charset=utf-8",
                "",         "",
                "redirect", "https://www.school.example/pl/api/account/" + path};
    if (happens(weather.bad_gateway))
        return {502, "text/html", "<html><body>502 Bad Gateway</body></html>", "", "502"};
    if (path == "groups")
        return listed(school.groups_json(day, imports.groups(), imports.last_added()));
    if (path == "fields") return listed(school.fields_json(day));
    if (path.starts_with("exports/"))  // behind an id there is nothing (2)
        return path.find('/', 8) == std::string::npos ? fetch(path.substr(8)) : not_found();
    if (path == "users" || path == "deals" || path == "payments") return start(path, 0, form);
    if (path.starts_with("groups/") && path.size() > 13 && path.substr(path.size() - 6) == "/users")
        return start("group_users", leading_number(path.substr(7)), form);
    return not_found();
}

Reply Simulator::State::start(const std::string& resource, std::int64_t group, const Form& form) {
    if (foreign_lock ||
        std::chrono::steady_clock::now() < lock_until)  // before the parameters (3.5)
        return failure(905, "Уже запущен один экспорт, попробуйте позднее");
    Export wanted;
    wanted.resource = resource;
    wanted.group = group;
    wanted.day = day;
    if (resource == "group_users" && !school.has_group(group) &&
        std::none_of(imports.groups().begin(), imports.groups().end(),
                     [&](const auto& made) { return made.second == group; }))
        return failure(0, "Объект не найден");
    bool filtered = resource == "group_users";
    for (const std::string& date : known(resource).dates) {
        const Span span{parse_day(one(form, date + "[from]")), parse_day(one(form, date + "[to]"))};
        filtered = filtered || span.given();
        wanted.spans[date] = span;
    }
    wanted.status = one(form, "status");
    if (!wanted.status.empty() && !has_status(table_of(resource), wanted.status))
        return failure(known(resource).status_code,
                       "Неверное значение. Проверьте поле статус, попробуйте один из - " +
                           codes_of(table_of(resource)));
    if (resource == "users") wanted.emails = split(lower(one(form, "email")));
    if (resource == "deals") {
        wanted.user_ids = split(one(form, "user_id"));
        wanted.user_in_group = leading_number(one(form, "user_in_group"));
    }
    if (!filtered && wanted.status.empty() && wanted.emails.empty() && wanted.user_ids.empty() &&
        wanted.user_in_group == 0)
        return failure(908, "Должен быть передан хотя бы один фильтр");
    if (table_of(resource) == "users" && !omit_groups)
        wanted.idgrouplist = one(form, "idgrouplist");
    std::string parameters = fmt::format("{}{}@{}", resource, group, day);
    for (const auto& [name, value] : form) parameters += "&" + name + "=" + value;
    return begin_export(std::move(wanted), parameters);
}

Reply Simulator::State::begin_export(Export wanted, const std::string& parameters) {
    const auto answer = [](const std::string& id, const std::string& means) {
        return json(R"({"success":true,"info":{"export_id":)" + id +
                        R"(},"error_message":"","error":false})",
                    means + " " + id);
    };
    if (const auto before = asked_before.find(parameters);
        before != asked_before.end() && (repeat || happens(options.weather.repeat)))
        return answer(before->second, "Started again");
    std::lognormal_distribution<double> build(
        std::log(static_cast<double>(options.build_median.count())), options.build_sigma);
    wanted.ready =
        std::chrono::steady_clock::now() + Duration{static_cast<std::int64_t>(build(random))};
    wanted.lacks_columns = happens(options.weather.vanish);
    lock_until = wanted.ready;
    const std::string id = std::to_string(next_id);
    next_id += 1 + static_cast<std::int64_t>(random() % 40);  // one counter for the whole service
    exports[id] = wanted;
    asked_before[parameters] = id;
    return answer(id, "Started");
}

Reply Simulator::State::fetch(const std::string& id) {
    const auto found = exports.find(id);
    if (found == exports.end()) return failure(0, "Объект не найден");
    if (std::chrono::steady_clock::now() < found->second.ready)
        return failure(909, "Файл еще не создан ");
    const Weather& weather = options.weather;
    if (happens(weather.no_file)) return failure(910, "Файл не создан, попробуйте другой фильтр");
    if (happens(weather.no_filter)) return failure(908, "Должен быть передан хотя бы один фильтр");
    if (happens(weather.unknown_code)) return failure(951, "Неизвестная ошибка");
    Reply reply{200, "application/json", "", id, "Ready"};
    reply.manner = {happens(weather.text_info), happens(weather.object_items),
                    happens(weather.drip), happens(weather.cut), happens(weather.bad_gzip)};
    return reply;
}

}  // namespace simulator
