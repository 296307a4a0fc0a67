#include "jobs/simulator/vocabulary.hpp"

#include <algorithm>

namespace simulator {

const std::vector<Status>& statuses(const std::string& table) {
    static const std::vector<Status> users = {{"active", "Активные"},
                                              {"deactivated", "Отключенные"},
                                              {"banned", "Заблокированные"},
                                              {"invited", "Приглашенные"},
                                              {"in_base", "В базе"}};
    static const std::vector<Status> deals = {{"new", "Новый"},
                                              {"in_work", "В работе"},
                                              {"not_confirmed", "Не подтвержден"},
                                              {"payed", "Завершен"},
                                              {"cancelled", "Отменен"},
                                              {"false", "Ложный"},
                                              {"payment_waiting", "Ожидаем оплаты"},
                                              {"part_payed", "Частично оплачен"},
                                              {"waiting_for_return", "Ожидаем возврата"},
                                              {"pending", "Отложен"}};
    static const std::vector<Status> payments = {{"expected", "Ожидается"},
                                                 {"accepted", "Получен"},
                                                 {"returned", "Возвращен"},
                                                 {"tobalance", "Пополнение баланса"},
                                                 {"frombalance", "Списание с баланса"},
                                                 {"returned_to_balance", "Начисление на депозит"}};
    return table == "deals" ? deals : table == "payments" ? payments : users;
}

bool has_status(const std::string& table, const std::string& code) {
    const auto& all = statuses(table);
    return std::any_of(all.begin(), all.end(),
                       [&](const Status& status) { return status.code == code; });
}

std::string label_of(const std::string& table, const std::string& code) {
    for (const Status& status : statuses(table))
        if (status.code == code) return status.label;
    return code;
}

std::string codes_of(const std::string& table) {
    std::string list;
    for (const Status& status : statuses(table)) list += (list.empty() ? "" : ",") + status.code;
    return list;
}

}  // namespace simulator
