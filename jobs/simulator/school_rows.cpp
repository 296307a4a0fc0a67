#include "jobs/simulator/school.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "jobs/simulator/school_words.hpp"
#include "jobs/simulator/vocabulary.hpp"

namespace simulator {
namespace {

Value text(std::string value) { return {std::move(value), {}, false}; }
Value list(std::vector<std::string> items) { return {{}, std::move(items), true}; }

std::vector<std::string> with_custom(std::vector<std::string> head, const char* context,
                                     const std::vector<std::string>& tail) {
    for (const FieldOf& field : kFields)
        if (std::string(field.context) == context) head.emplace_back(field.title);
    head.insert(head.end(), tail.begin(), tail.end());
    return head;
}

}  // namespace

std::string grouped(std::int64_t whole, const char* blank) {
    std::string digits = std::to_string(whole), out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) out += blank;
        out += digits[i];
    }
    return out;
}

std::string roubles(std::int64_t hundredths, std::uint64_t style) {
    std::string out = grouped(hundredths / 100, style % 2 == 0 ? " " : "\u00a0");
    if (hundredths % 100 != 0) out += fmt::format(",{:02}", hundredths % 100);
    return out + " руб.";
}

std::int64_t share(std::int64_t amount, std::int64_t per_10000) {
    return (amount * per_10000 + 5000) / 10000;
}

const std::vector<std::string>& School::user_headings() {
    static const std::vector<std::string> names = with_custom(
        {"id", "Email", "Тип регистрации", "Создан", "Последняя активность", "Имя", "Фамилия",
         "Телефон", "Дата рождения", "Возраст", "Страна", "Город", "От партнера"},
        "user",
        {"Откуда пришел", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
         "utm_group", "ID партнера", "Email партнера", "ФИО партнера", "ФИО менеджера", "VK-ID"});
    return names;
}

const std::vector<std::string>& School::deal_headings() {
    static const std::vector<std::string> names =
        with_custom({"ID заказа",
                     "Номер",
                     "ID пользователя",
                     "Пользователь",
                     "Email",
                     "Телефон",
                     "Дата создания",
                     "Дата оплаты",
                     "Состав заказа",
                     "Статус",
                     "Стоимость, RUB",
                     "Оплачено",
                     "Комиссия платежной системы",
                     "Получено",
                     "Налог",
                     "Осталось после вычета комиссии платежной системы и налога",
                     "Другие комиссии",
                     "Заработано",
                     "Валюта",
                     "Менеджер",
                     "Город",
                     "Платежная система",
                     "ID партнера",
                     "Использован промокод",
                     "Промоакция"},
                    "deal",
                    {"ID партнера заказа",
                     "Email партнера заказа",
                     "ФИО партнера заказа",
                     "ID партнера пользователя",
                     "Email партнера пользователя",
                     "ФИО партнера пользователя",
                     "utm_source",
                     "utm_medium",
                     "utm_campaign",
                     "utm_content",
                     "utm_term",
                     "utm_group",
                     "Партнерский источник",
                     "Партнерский код",
                     "Партнер (сессия)",
                     "user_utm_source",
                     "user_utm_medium",
                     "user_utm_campaign",
                     "user_utm_content",
                     "user_utm_term",
                     "user_utm_group",
                     "user_gcpc",
                     "Теги",
                     "Теги предложений"});
    return names;
}

const std::vector<std::string>& School::payment_headings() {
    static const std::vector<std::string> names = {
        "Номер",  "Пользователь", "Эл. почта", "Заказ",    "Дата создания", "Тип",
        "Статус", "Сумма",        "Комиссии",  "Получено", "Код платежа",   "Название"};
    return names;
}

Row School::user_row(std::int64_t index, int day) const {
    const std::uint64_t r = random(kUser, index), f = random(kUserField, index);
    const Day created = user_created(index);
    const bool active_today = random(kUserActive, index * 1000 + day) % 100 ==
                              0;  // one in a hundred does something every day
    const Day active =
        active_today ? today(day) : std::min(created + std::chrono::days{r % 50}, today(0));
    const std::string source = pick(kSources, r >> 16), medium = pick(kMediums, r >> 20),
                      campaign = pick(kCampaigns, r >> 24);
    Row row;
    const auto add = [&](std::string value) { row.push_back(text(std::move(value))); };
    add(std::to_string(user_id(index)));
    add(user_email(index));
    add(r % 5 == 0 ? "Импорт" : "Форма");
    add(moment(created, f));
    add(r % 9 == 0 ? "" : moment(active, f >> 7));
    add(pick(kFirst, r));
    add(pick(kLast, r >> 8));
    add(r % 4 == 0 ? "8 (900) 000-" + std::to_string(10 + index % 90) + "-" +
                         std::to_string(10 + index / 90 % 90)
                   : "+7900000" + std::to_string(1000 + index % 9000));
    add(r % 6 == 0 ? "19" + std::to_string(60 + f % 40) + "-0" + std::to_string(1 + f % 9) + "-1" +
                         std::to_string(f % 10)
                   : "");
    add(r % 6 == 0 ? std::to_string(20 + f % 40) : "");
    add(pick(kCountries, r >> 32));
    add(pick(kCities, r >> 36));
    add("");
    add(f % 2 == 0 ? "Да" : "");
    add(source);
    add(f % 5 == 0 ? pick(kCities, f >> 3) : "");
    add(f % 7 == 0 ? "Да" : "");
    add(f % 3 == 0 ? "@nick_" + std::to_string(index) : "");
    add(f % 4 == 0 ? std::to_string(5000000000 + index) : "");
    add(source), add(medium), add(campaign), add(""), add("");
    add(""), add("");  // only write-back fills these
    add(source.empty() ? "" : "https://demo-school.example/lp" + std::to_string(r % 5));
    add(source), add(medium), add(campaign), add(""), add(r % 3 == 0 ? "banner_3" : ""), add("");
    add(""), add(""), add("");
    add(r % 8 == 0 ? "Олег Северный" : "");
    add("");
    return row;
}

Row School::deal_row(std::int64_t index, int day) const {
    const DealState state = deal_state(index, day);
    const std::uint64_t r = random(kDeal, index), f = random(kDealField, index);
    const std::int64_t user = deal_user(index);
    const bool is_free = state.cost == 0;
    Row row;
    const auto add = [&](std::string value) { row.push_back(text(std::move(value))); };
    add(std::to_string(deal_id(index)));
    add(deal_number(index));
    add(std::to_string(user_id(user_is_there(user, day) ? user : user - 1)));  // merged
    add(user_name(user));
    add(user_email(user));
    add("+7900000" + std::to_string(1000 + user % 9000));
    add(moment(deal_created(index), r));
    add(state.paid_at.value_or(""));
    add(is_free ? kWebinar : kProducts[f % kProducts.size()]);
    add(state.status == "payed" && index % 31 == 0 ? "Завершён" : label_of("deals", state.status));
    add_money(index, state, f, row);
    add(state.currency);
    add(is_free ? "" : pick(kManagers, f >> 8));
    add(pick(kCities, random(kUser, user) >> 36));
    add(state.paid > 0 ? pick(kSystems, f >> 12) : "");
    add(""), add(f % 11 == 0 ? "ZIMA10" : ""), add("");
    add_deal_fields(index, day, state, row);
    for (int i = 0; i < 6; ++i) add("");
    const std::string source = pick(kSources, r >> 16), medium = pick(kMediums, r >> 20);
    add(source), add(medium), add(pick(kCampaigns, r >> 24)), add(f % 3 == 0 ? "banner_3" : "");
    for (int i = 0; i < 5; ++i) add("");
    add(source), add(medium);
    for (int i = 0; i < 5; ++i) add("");
    row.push_back(list(state.status == "waiting_for_return"
                           ? std::vector<std::string>{"Необходим возврат"}
                       : f % 4 == 0 ? std::vector<std::string>{"vip", "повтор"}
                                    : std::vector<std::string>{}));
    row.push_back(
        list(is_free ? std::vector<std::string>{"вебинар"} : std::vector<std::string>{"курс"}));
    return row;
}

void School::add_money(std::int64_t index, const DealState& state, std::uint64_t f,
                       Row& row) const {
    const std::int64_t fee = share(state.paid, 350), received = state.paid - fee,
                       tax = share(received, 600), left = received - tax,
                       other = f % 9 == 0 ? share(left, 500) : 0;
    const bool russian = index % 23 == 5;  // some accounts' rows write amounts so
    for (const std::int64_t value :
         {state.cost, state.paid, fee, received, tax, left, other, left - other})
        row.push_back(text(russian
                               ? grouped(value / 100, "\u00a0") + fmt::format(",{:02}", value % 100)
                               : format_amount(value)));
}

void School::add_deal_fields(std::int64_t index, int day, const DealState& state, Row& row) const {
    const std::uint64_t f = random(kDealField, index);
    const bool retyped = options_.varied && day >= 4;  // a number becomes a text
    for (std::string value :
         {std::string(f % 6 == 0 ? "Платит частями\r\nдо 1 апреля\tзвонить" : ""),
          std::string(state.status == "cancelled" ? (f % 2 == 0 ? "дорого" : "дубль заказа") : ""),
          f % 5 == 0 ? format_day(deal_created(index) + std::chrono::days{1}) : std::string(),
          std::string(f % 8 == 0 ? "tg" : ""), std::string(f % 3 == 0 ? "Да" : ""),
          std::string(f % 11 == 0 ? (retyped ? "10 %" : "10") : "")})
        row.push_back(text(std::move(value)));
}

Row School::payment_row(const PaymentState& payment) const {
    const std::int64_t user = deal_user(payment.deal);
    const std::uint64_t r = random(kPay, payment.number), f = random(kDealField, payment.deal);
    const bool money_came = payment.status == "accepted" || payment.status == "tobalance";
    const std::int64_t fee = money_came ? share(payment.amount, 350) : 0;
    Row row;
    for (std::string value :
         {std::to_string(payment.number), user_name(user), user_email(user),
          payment.of_order ? deal_number(payment.deal) : std::string(), moment(payment.created, r),
          pick(kSystems, f >> 12), label_of("payments", payment.status), roubles(payment.amount, r),
          roubles(fee, r), roubles(money_came ? payment.amount - fee : 0, r),
          money_came ? "tb-" + std::to_string(payment.number % 100000) : std::string(),
          std::string(kProducts[f % kProducts.size()])})
        row.push_back(text(std::move(value)));
    return row;
}

std::string School::title(const std::string& heading, int day) const {
    return options_.varied && day >= 3 && heading == "bothelp_id" ? "BotHelp ID" : heading;
}

std::string School::fields_json(int day) const {
    std::string out;
    int position = 0;
    for (const FieldOf& field : kFields) {
        if (std::string(field.title) == "Комментарий к заказу") position = 0;
        out += fmt::format(
            R"({}{{"id":{},"type":"{}","title":{},"required":0,"field_order_pos":{},"form_id":880011,"context_type":"{}","params":"[]"}})",
            out.empty() ? "" : ",", field.id, field.type, json_text(title(field.title, day)),
            position++, field.context);
    }
    return "[" + out + "]";
}

std::string School::groups_json(int day, const std::map<std::string, std::int64_t>& more,
                                const std::map<std::int64_t, std::string>& last_added) const {
    std::string out;
    const auto add = [&](std::int64_t id, const std::string& name, const std::string& moved) {
        out += fmt::format(R"({}{{"id":{},"name":{},"last_added_at":{}}})", out.empty() ? "" : ",",
                           id, json_text(name), moved.empty() ? "null" : json_text(moved));
    };
    for (std::size_t g = 0; g < kGroups.size(); ++g) {
        const bool ever = g + 1 < kGroups.size() && users(day) > 0;
        const auto imported = last_added.find(kGroups[g].id);
        add(kGroups[g].id, kGroups[g].name,
            imported != last_added.end() ? imported->second
            : ever                       ? moment(last_joined(kGroups[g].id, day),
                                                  random(kDay, static_cast<std::int64_t>(g)))
                                         : "");
    }
    for (const auto& [name, id] : more) {
        const auto moved = last_added.find(id);
        add(id, name, moved == last_added.end() ? moment(today(day), 1) : moved->second);
    }
    return "[" + out + "]";
}

}  // namespace simulator
