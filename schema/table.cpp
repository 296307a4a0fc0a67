#include "schema/table.hpp"

namespace schema {

const std::vector<const Table*>& tables() {
    static const std::vector<const Table*> all = {&users(), &groups(), &memberships(), &deals(),
                                                  &payments()};
    return all;
}

const Table* find_table(std::string_view name) {
    for (const Table* table : tables())
        if (table->name == name) return table;
    return nullptr;
}

const Column* find_column(const Table& table, std::string_view name) {
    for (const Column& column : table.columns)
        if (column.name == name) return &column;
    return nullptr;
}

const std::vector<Bookkeeping>& bookkeeping() {
    static const std::vector<Bookkeeping> columns = {
        {"row_hash", "bigint", "Hash of the row as received: unchanged rows are recognised by it."},
        {"run_id", "bigint", "Run that wrote this version (journal.run)."},
        {"export_id", "bigint", "Export whose body holds this version (journal.export)."},
        {"valid_from", "timestamptz",
         "State of the data: when the service began the export that brought this version."},
        {"missing_since", "timestamptz",
         "Not seen since: two complete windows that must hold the row lacked it; NULL: present."}};
    return columns;
}

const std::vector<Bookkeeping>& history_bookkeeping() {
    static const std::vector<Bookkeeping> columns = {
        {"valid_to", "timestamptz", "When the next version began."},
        {"closed_run_id", "bigint", "Run that brought the next version."}};
    return columns;
}

std::string_view sql_type(Type type) {
    switch (type) {
        case Type::text:
            return "text";
        case Type::bigint:
            return "bigint";
        case Type::integer:
            return "integer";
        case Type::money:
            return "numeric(18,2)";
        case Type::boolean:
            return "boolean";
        case Type::date:
            return "date";
        case Type::timestamp:
            return "timestamptz";
        case Type::text_list:
            return "text[]";
        case Type::group_list:
            return "";
    }
    return "";
}

const std::vector<Status>& statuses(std::string_view table) {  // getcourse-api.md 9
    static const std::vector<Status> deals = {
        {"new", {"Новый"}},
        {"in_work", {"В работе"}},
        {"not_confirmed", {"Не подтвержден"}},
        {"pending", {"Отложен"}},
        {"payment_waiting", {"Ожидаем оплаты", "Ожидает оплаты"}},
        {"part_payed", {"Частично оплачен"}},
        {"payed", {"Завершен"}},
        {"waiting_for_return", {"Ожидаем возврата"}},
        {"cancelled", {"Отменен"}},
        {"false", {"Ложный"}}};
    static const std::vector<Status> payments = {
        {"expected", {"Ожидается"}},
        {"accepted", {"Получен"}},
        {"returned", {"Возвращен"}},
        {"tobalance", {"Пополнение баланса"}},
        {"frombalance", {"Списание с баланса"}},
        {"returned_to_balance", {"Начисление на депозит", "Начислен"}}};
    static const std::vector<Status> users = {{"active", {"Активные"}},
                                              {"deactivated", {"Отключенные"}},
                                              {"banned", {"Заблокированные"}},
                                              {"invited", {"Приглашенные"}},
                                              {"in_base", {"В базе"}}};
    static const std::vector<Status> none;
    return table == "deals"      ? deals
           : table == "payments" ? payments
           : table == "users"    ? users
                                 : none;
}

}  // namespace schema
