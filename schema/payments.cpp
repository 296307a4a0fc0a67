// payments: getcourse-api.md 6.4.
#include "schema/table.hpp"

namespace schema {

const Table& payments() {
    using enum Place;
    static const Table table = {
        "payments",
        "Payments, received or expected; joined to orders by the order's number (see "
        "mirror.payments_linked).",
        {"number"},
        {
            {"number",
             Type::text,
             {"Номер"},
             head,
             "Number of the payment: the only key there is.",
             true},
            {"user_name", Type::text, {"Пользователь"}, head, "Payer's name."},
            {"email",
             Type::text,
             {"Эл. почта", "Email"},
             head,
             "Payer's e-mail of that time, as written."},
            {"email_key",
             Type::text,
             {},
             head,
             "E-mail for joining: trimmed, lower case.",
             false,
             Derive::email_key,
             "email"},
            {"deal_number",
             Type::text,
             {"Заказ"},
             head,
             "Number of the order (mirror.deals.number); NULL: payment without an order."},
            {"created_at", Type::timestamp, {"Дата создания"}, head, "Creation of the payment."},
            {"type", Type::text, {"Тип"}, head, "Kind of payment, in GetCourse's words."},
            {"status",
             Type::text,
             {"Статус"},
             head,
             "Status label as exported; unknown labels are kept."},
            {"status_code",
             Type::text,
             {},
             head,
             "Code of the status; NULL when the label is not known.",
             false,
             Derive::status_code,
             "status"},
            {"amount", Type::money, {"Сумма"}, head, "Amount."},
            {"fee", Type::money, {"Комиссии"}, head, "Fees."},
            {"received", Type::money, {"Получено"}, head, "Amount less fees."},
            {"currency",
             Type::text,
             {},
             head,
             "Currency of the word behind the amount; NULL when there is none.",
             false,
             Derive::currency,
             "amount"},
            {"payment_code",
             Type::text,
             {"Код платежа"},
             head,
             "Code of the payment at the payment system."},
            {"title", Type::text, {"Название"}, head, "What was paid for."},
        },
        false,
        "created_at"};
    return table;
}

}  // namespace schema
