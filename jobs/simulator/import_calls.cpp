// The import family's address: key, rights, and the faults that tests order.
#include <fmt/format.h>

#include "jobs/simulator/state.hpp"

namespace simulator {

std::string Simulator::State::now() const {
    return format_day(school.today(day)) + " " + clock.time_of_day();
}

Reply Simulator::State::import(const std::string& object, const Form& form, bool& lost) {
    const std::lock_guard guard(mutex);
    const std::unique_lock writing(imports_mutex);
    const auto json = [](std::string body, std::string means) {
        return Reply{200, "application/json", std::move(body), "", std::move(means)};
    };
    if (happens(faults.lost_before)) return lost = true, Reply{200, "", "", "", "lost before"};
    if (happens(faults.redirect))
        return {301,        "text/html; charset=utf-8",
                "",         "",
                "redirect", "https://www.school.example/pl/api/" + object};
    const std::string key = one(form, "key"), action = one(form, "action");
    if (action.empty())  // before the key: what a redirect's GET is told (4.2)
        return json(not_understood("", "Пустой параметр action"), "no action");
    if (key != options.key && key != options.write_key)
        return json(not_understood(action, "Неавторизованное API-обращение"), "901");
    if (happens(faults.empty)) return {200, "text/html; charset=utf-8", "", "", "empty"};
    if (happens(faults.inner))
        return json(fmt::format(R"({{"success":true,"action":{},"result":{{"success":false,)"
                                R"("error_message":"Ошибка сохранения","error":true}}}})",
                                json_text(action)),
                    "refused inside");
    const int allowed = imports.rules.allowance;
    if (happens(faults.allowance)) imports.rules.allowance = 0;
    imports.rules.drop_fields = happens(faults.dropped_field);
    const int left = imports.rules.allowance;
    imports.now = now();
    const ImportAnswer answer =
        imports.run(object, action, one(form, "params"), key == options.write_key, day);
    imports.rules.drop_fields = false;
    imports.rules.allowance = allowed - (left - imports.rules.allowance);
    lost = happens(faults.lost_after);
    return {answer.status, answer.type, answer.body, "",
            answer.means + (lost ? ", lost after" : "")};
}

}  // namespace simulator
