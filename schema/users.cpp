// users: getcourse-api.md 6.1.
#include "schema/table.hpp"

namespace schema {

const Table& users() {
    using enum Place;
    static const Table table = {
        "users",
        "People of the school: everybody who ever registered.",
        {"id"},
        {
            {"id", Type::bigint, {"id"}, head, "Number of the user in GetCourse.", true},
            {"email", Type::text, {"Email"}, head, "E-mail as written."},
            {"email_key", Type::text, {}, head, "E-mail for joining: trimmed, lower case.", false, Derive::email_key, "email"},
            {"registration_type", Type::text, {"Тип регистрации"}, head, "How the person came into the base, in GetCourse's words."},
            {"created_at", Type::timestamp, {"Создан"}, head, "Registration."},
            {"last_activity_at", Type::timestamp, {"Последняя активность"}, head, "Last activity."},
            {"first_name", Type::text, {"Имя"}, head, "First name."},
            {"last_name", Type::text, {"Фамилия"}, head, "Last name."},
            {"phone", Type::text, {"Телефон"}, head, "Phone as written."},
            {"phone_key", Type::text, {}, head, "Phone for joining: digits, 8… of Russia as 7….", false, Derive::phone_key, "phone"},
            {"birth_date", Type::date, {"Дата рождения"}, head, "Birth date."},
            {"age", Type::integer, {"Возраст"}, head, "Age as GetCourse counts it."},
            {"country", Type::text, {"Страна"}, head, "Country."},
            {"city", Type::text, {"Город"}, head, "City (the built-in field)."},
            {"invited_by", Type::text, {"От партнера"}, head, "Partner who brought the person."},
            {"came_from", Type::text, {"Откуда пришел"}, tail, "Page or source of the first visit."},
            {"utm_source", Type::text, {"utm_source"}, tail, "utm_source of the registration."},
            {"utm_medium", Type::text, {"utm_medium"}, tail, "utm_medium of the registration."},
            {"utm_campaign", Type::text, {"utm_campaign"}, tail, "utm_campaign of the registration."},
            {"utm_term", Type::text, {"utm_term"}, tail, "utm_term of the registration."},
            {"utm_content", Type::text, {"utm_content"}, tail, "utm_content of the registration."},
            {"utm_group", Type::text, {"utm_group"}, tail, "utm_group of the registration."},
            {"partner_id", Type::text, {"ID партнера"}, tail, "Number of the person's partner."},
            {"partner_email", Type::text, {"Email партнера"}, tail, "E-mail of the person's partner."},
            {"partner_name", Type::text, {"ФИО партнера"}, tail, "Name of the person's partner."},
            {"manager_name", Type::text, {"ФИО менеджера"}, tail, "Personal manager."},
            {"vk_id", Type::text, {"VK-ID"}, tail, "VK account."},
            {"groups", Type::group_list, {"id групп пользователя/дата добавления", "id групп пользователя"}, tail, "Groups of the person: becomes mirror.memberships."},
        },
        true,
        "created_at"};
    return table;
}

}  // namespace schema
