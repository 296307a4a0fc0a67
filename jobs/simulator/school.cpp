#include "jobs/simulator/school.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "schema/table.hpp"

namespace simulator {
namespace {

using etl::Day;
using std::chrono::days;

// SplitMix64: small, well mixed, and the same on every machine.
std::uint64_t mix(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

template <std::size_t N>
std::string pick(const std::array<const char*, N>& from, std::uint64_t random) {
    return from[random % N];
}

constexpr std::array<const char*, 16> kFirst = {
    "Анна", "Борис",  "Вера", "Григорий", "Дина 🌸",  "Елена", "Жанна", "Зоя",
    "Иван", "Кирилл", "Лев",  "Мария",    "Наталья", "Олег",  "Пётр",  "Юлия"};
constexpr std::array<const char*, 12> kLast = {"Кораблёва", "Лугова", "Полевой", "Ёлкина",
                                               "Северный",  "Южная",  "Зимина",  "О'Коннор",
                                               "Де-Фриз",   "Щукин",  "",        "Быстрова"};
constexpr std::array<const char*, 8> kCities = {
    "Казань", "Москва", "Санкт-Петербург", "Минск", "Алматы", "Нижний Новгород", "Томск", ""};
constexpr std::array<const char*, 4> kCountries = {"Россия", "Беларусь", "Казахстан", ""};
constexpr std::array<const char*, 6> kSources = {"vk", "yandex", "tg", "instagram", "", ""};
constexpr std::array<const char*, 4> kMediums = {"cpc", "post", "email", ""};
constexpr std::array<const char*, 5> kCampaigns = {"zima_2026", "brand", "весна", "retarget", ""};
constexpr std::array<const char*, 5> kProducts = {
    "Курс «Таблицы с нуля» (тариф \"Базовый\")", "Курс «Таблицы с нуля» (тариф \"С наставником\")",
    "Интенсив «Отчёты»", "Клуб на 3 месяца", "Набор: \"Таблицы\" + «Отчёты» (2 шт.)\nподарок 🎁"};
constexpr std::array<std::int64_t, 5> kPrices = {999000, 3000000, 499000, 1200000, 1299050};
constexpr std::array<const char*, 4> kManagers = {"Олег Северный / Отдел продаж",
                                                  "Мария Южная / Отдел продаж", "", ""};
constexpr std::array<const char*, 3> kSystems = {"Тестовый банк", "Рассрочка", "Карта"};
constexpr const char* kWebinar = "Вебинар «Пять формул» (бесплатно)";

struct GroupOf {
    std::int64_t id;
    const char* name;
};
constexpr std::array<GroupOf, 6> kGroups = {{{4512019, "Курс «Таблицы с нуля» | Базовый"},
                                             {4512020, "Урок 01 просмотрен"},
                                             {4512021, "Урок 02 просмотрен"},
                                             {4059687, "Клуб 🌿 активные"},
                                             {3971958, "2026"},
                                             {4512030, "Пустая группа"}}};

enum Kind : std::uint64_t {
    kUser = 1,
    kUserDay,
    kUserField,
    kUserActive,
    kGroup,
    kDeal,
    kDealDay,
    kDealFate,
    kDealField,
    kPay,
    kDay,
    kBack
};

std::string money(
    std::int64_t hundredths) {  // 9990.00, mostly; Russian writing now and then comes from deal_row
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld.%02lld", static_cast<long long>(hundredths / 100),
                  static_cast<long long>(hundredths % 100));
    return text.data();
}

std::string grouped(std::int64_t whole, const char* blank) {
    std::string digits = std::to_string(whole), out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) out += blank;
        out += digits[i];
    }
    return out;
}

std::string roubles(std::int64_t hundredths,
                    std::uint64_t style) {  // "12 000,00 руб." with a blank or U+00A0
    std::string out = grouped(hundredths / 100, style % 2 == 0 ? " " : "\u00a0");
    if (hundredths % 100 != 0) {
        std::array<char, 8> cents{};
        std::snprintf(cents.data(), cents.size(), ",%02lld",
                      static_cast<long long>(hundredths % 100));
        out += cents.data();
    }
    return out + " руб.";
}

Value text(std::string value) { return {std::move(value), {}, false}; }
Value list(std::vector<std::string> items) { return {{}, std::move(items), true}; }

std::int64_t share(std::int64_t amount, std::int64_t per_10000) {
    return (amount * per_10000 + 5000) / 10000;
}

struct FieldOf {
    std::int64_t id;
    const char *type, *title, *context;
};
constexpr std::array<FieldOf, 19> kFields = {{
    {10558670, "checkbox", "Согласен с договором офертой", "user"},
    {10558671, "string", "reg_utm_source", "user"},
    {10558672, "string", "Город", "user"},
    {10558673, "checkbox", "", "user"},
    {10558674, "string", "Ваш ник в Telegram", "user"},
    {10558675, "string", "bothelp_id", "user"},
    {12146321, "string", "gc_system_user_utm_source", "user"},
    {12146322, "string", "gc_system_user_utm_medium", "user"},
    {12146323, "string", "gc_system_user_utm_campaign", "user"},
    {12146324, "string", "gc_system_user_utm_term", "user"},
    {12146325, "string", "gc_system_user_utm_content", "user"},
    {12146401, "number", "LTV", "user"},
    {12146402, "string", "RFM-сегмент", "user"},
    {11900301, "text", "Комментарий к заказу", "deal"},
    {11900302, "select", "Причина отказа", "deal"},
    {11900303, "date", "Дата звонка", "deal"},
    {11900304, "string", "utm_source", "deal"},
    {11900305, "checkbox", "", "deal"},
    {11900306, "number", "Скидка, %", "deal"},
}};

std::vector<std::string> with_custom(std::vector<std::string> head, const char* context,
                                     const std::vector<std::string>& tail) {
    for (const FieldOf& field : kFields)
        if (std::string(field.context) == context) head.emplace_back(field.title);
    head.insert(head.end(), tail.begin(), tail.end());
    return head;
}

std::string json_text(const std::string& value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

std::string label_of(const std::string& table, const std::string& code) {
    for (const schema::Status& status : schema::statuses(table))
        if (status.code == code) return status.labels.front();
    return code;
}

std::uint64_t School::random(std::uint64_t kind, std::int64_t index) const {
    return mix(mix(options_.seed * 1000003 + kind) ^ static_cast<std::uint64_t>(index));
}

// A day brings a two-hundredth of the school, at least one.
std::int64_t School::users(int day) const {
    return options_.users + day * std::max<std::int64_t>(1, options_.users / 200);
}
std::int64_t School::deals(int day) const {
    return options_.deals + day * std::max<std::int64_t>(1, options_.deals / 200);
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

std::string School::moment(Day day, std::uint64_t seed) const {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), " %02d:%02d:%02d", static_cast<int>(seed % 24),
                  static_cast<int>(seed / 24 % 60), static_cast<int>(seed / 1440 % 60));
    return etl::format_day(day) + text.data();
}

// Those that existed on day 0 are spread over the years before; later ones register on the day they
// come.
Day School::user_created(std::int64_t index) const {
    if (index >= options_.users)
        return options_.today +
               days{1 + (index - options_.users) / std::max<std::int64_t>(1, options_.users / 200)};
    const std::int64_t span = (options_.today - options_.begin).count() + 1;
    return options_.begin + days{index * span / std::max<std::int64_t>(1, options_.users)};
}

Day School::deal_created(std::int64_t index) const {
    if (index < options_.deals) {
        const std::int64_t span = (options_.today - options_.begin).count() + 1;
        return options_.begin + days{index * span / std::max<std::int64_t>(1, options_.deals)};
    }
    const Day day = options_.today + days{1 + (index - options_.deals) /
                                                  std::max<std::int64_t>(1, options_.deals / 200)};
    return random(kBack, index) % 20 == 0 ? day - days{40 + random(kDealDay, index) % 200}
                                          : day;  // backdated by hand
}

std::int64_t School::user_id(std::int64_t index) const { return 423100101 + index * 7; }
std::string School::user_email(std::int64_t index) const {
    const std::string name = "person" + std::to_string(index) + "@example." +
                             (index % 3 == 0   ? "com"
                              : index % 3 == 1 ? "org"
                                               : "net");
    return index % 17 == 0 ? "Person" + std::to_string(index) + "@Example." +
                                 (index % 3 == 0   ? "com "
                                  : index % 3 == 1 ? "org "
                                                   : "net ")
                           : name;
}
std::string School::user_name(std::int64_t index) const {
    const std::string first = pick(kFirst, random(kUser, index)),
                      last = pick(kLast, random(kUser, index) >> 8);
    return last.empty() ? first : first + " " + last;
}

std::vector<std::pair<std::int64_t, Day>> School::user_groups(std::int64_t index, int day) const {
    std::vector<std::pair<std::int64_t, Day>> groups;
    for (std::size_t g = 0; g + 1 < kGroups.size(); ++g) {
        const std::uint64_t r = mix(random(kGroup, index) + g);
        if (r % 4 != 0) continue;
        const Day joined = user_created(index) + days{(r >> 8) % 60};
        const Day left =
            joined + days{30 + (r >> 20) % 900};  // some leave, some later than we look
        if (joined <= today(day) && today(day) < left) groups.emplace_back(kGroups[g].id, joined);
    }
    return groups;
}

Row School::user_row(std::int64_t index, int day) const {
    const std::uint64_t r = random(kUser, index), f = random(kUserField, index);
    const Day created = user_created(index);
    const bool active_today = random(kUserActive, index * 1000 + day) % 100 ==
                              0;  // one in a hundred does something every day
    const Day active = active_today ? today(day) : std::min(created + days{r % 50}, today(0));
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

std::int64_t School::deal_user(std::int64_t index) const {
    return static_cast<std::int64_t>(
        random(kDeal, index) %
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, options_.users)));
}
std::string School::deal_number(std::int64_t index) const {
    if (index % 50 == 7) return "R-" + std::to_string(index);
    return index % 50 == 9 ? "00" + std::to_string(5000 + index) : std::to_string(5000 + index);
}

std::int64_t School::deal_id(std::int64_t index) const { return 874100201 + index * 3; }

std::optional<std::int64_t> School::deal_with_number(const std::string& number, int day) const {
    std::size_t digits = 0;
    while (digits < number.size() && (number[digits] < '1' || number[digits] > '9')) ++digits;
    const std::int64_t value = std::atoll(number.c_str() + digits);
    for (const std::int64_t index : {value, value - 5000})
        if (index >= 0 && index < deals(day) && deal_number(index) == number) return index;
    return std::nullopt;
}

std::optional<std::int64_t> School::group_id(const std::string& name) const {
    for (const GroupOf& group : kGroups)
        if (name == group.name) return group.id;
    return std::nullopt;
}

// An order's fate is fixed by its seed: when it is paid, in how many parts, whether it is given
// back; the day says how far it has come.
DealState School::deal_state(std::int64_t index, int day) const {
    const std::uint64_t r = random(kDealFate, index);
    const Day created = deal_created(index), now = today(day);
    DealState state;
    state.status_changed = created;
    const bool is_free = r % 10 == 0;
    state.cost = is_free ? 0 : kPrices[random(kDealField, index) % kPrices.size()];
    if (is_free) {
        state.status = "payed";
        return state;
    }
    const std::uint64_t fate = r / 10 % 100;
    const auto reached = [&](Day when, const char* status) {
        if (when > now) return false;
        state.status = status;
        state.status_changed = when;
        return true;
    };
    const Day first = created + days{r >> 10 & 7}, later = created + days{20 + (r >> 14 & 127)};
    state.status = "new";
    if (fate < 40) {  // paid at once or within days
        if (reached(first, "payed")) state.paid = state.cost, state.paid_day = first;
    } else if (fate < 48) {  // paid long after its creation
        if (reached(later, "payed")) state.paid = state.cost, state.paid_day = later;
    } else if (fate < 56) {  // in three parts, a month apart
        for (int part = 0; part < 3; ++part)
            if (reached(first + days{30 * part}, part < 2 ? "part_payed" : "payed")) {
                state.paid = part < 2 ? state.cost / 3 * (part + 1) : state.cost;
                if (part == 2) state.paid_day = first + days{60};
            }
    } else if (fate < 61) {  // paid, then given back
        if (reached(first, "payed")) state.paid = state.cost, state.paid_day = first;
        reached(later, "waiting_for_return");
    } else if (fate < 80) {
        reached(first + days{14}, "cancelled");
    } else if (fate < 86) {
        reached(first + days{3}, "false");
    } else if (fate < 93) {
        reached(first, "in_work");
    }
    if (state.paid_day) state.paid_at = moment(*state.paid_day, random(kPay, index));
    return state;
}

std::vector<PaymentState> School::deal_payments(std::int64_t index, int day) const {
    const DealState state = deal_state(index, day);
    const std::uint64_t r = random(kDealFate, index);
    const std::uint64_t fate = r / 10 % 100;
    std::vector<PaymentState> payments;
    if (r % 10 == 0) return payments;
    const Day first = deal_created(index) + days{r >> 10 & 7};
    const auto add = [&](int part, std::int64_t amount, Day when, const char* status, Day changed) {
        payments.push_back({31200401 + index * 4 + part, index, status, amount, when, changed});
    };
    if (fate >= 48 && fate < 56) {
        for (int part = 0; part < 3; ++part) {
            const Day when = first + days{30 * part};
            const std::int64_t amount = part < 2 ? state.cost / 3 : state.cost - state.cost / 3 * 2;
            if (when <= today(day))
                add(part, amount, when, "accepted", when);
            else if (first <= today(day))
                add(part, amount, first, "expected", first);  // the same payment, accepted later
        }
        for (std::size_t part = 1; part < payments.size(); ++part) payments[part].created = first;
    } else if (state.paid > 0 && state.paid_day) {
        add(0, state.paid, *state.paid_day, "accepted", *state.paid_day);
        if (state.status == "waiting_for_return")
            add(1, state.paid, state.status_changed, "returned", state.status_changed);
    }
    return payments;
}

Row School::deal_row(std::int64_t index, int day) const {
    const DealState state = deal_state(index, day);
    const std::uint64_t r = random(kDeal, index), f = random(kDealField, index);
    const std::int64_t user = deal_user(index);
    const std::int64_t fee = share(state.paid, 350), received = state.paid - fee,
                       tax = share(received, 600), left = received - tax,
                       other = f % 9 == 0 ? share(left, 500) : 0;
    const bool russian = index % 23 == 5;  // some accounts' rows write amounts so
    const auto amount = [&](std::int64_t value) {
        if (!russian) return money(value);
        std::array<char, 8> cents{};
        std::snprintf(cents.data(), cents.size(), ",%02lld", static_cast<long long>(value % 100));
        return grouped(value / 100, "\u00a0") + cents.data();
    };
    const std::string source = pick(kSources, r >> 16), medium = pick(kMediums, r >> 20),
                      campaign = pick(kCampaigns, r >> 24);
    const bool is_free = state.cost == 0;
    Row row;
    const auto add = [&](std::string value) { row.push_back(text(std::move(value))); };
    add(std::to_string(deal_id(index)));
    add(deal_number(index));
    add(std::to_string(user_id(user)));
    add(user_name(user));
    add(user_email(user));
    add("+7900000" + std::to_string(1000 + user % 9000));
    add(moment(deal_created(index), r));
    add(state.paid_at.value_or(""));
    add(is_free ? kWebinar : kProducts[f % kProducts.size()]);
    add(state.status == "payed" && index % 31 == 0 ? "Завершён" : label_of("deals", state.status));
    for (const std::int64_t value :
         {state.cost, state.paid, fee, received, tax, left, other, left - other})
        add(amount(value));
    add("RUB");
    add(is_free ? "" : pick(kManagers, f >> 8));
    add(pick(kCities, random(kUser, user) >> 36));
    add(state.paid > 0 ? pick(kSystems, f >> 12) : "");
    add(""), add(f % 11 == 0 ? "ZIMA10" : ""), add("");
    add(f % 6 == 0 ? "Платит частями\r\nдо 1 апреля\tзвонить" : "");
    add(state.status == "cancelled" ? (f % 2 == 0 ? "дорого" : "дубль заказа") : "");
    add(f % 5 == 0 ? etl::format_day(deal_created(index) + days{1}) : "");
    add(f % 8 == 0 ? "tg" : "");
    add(f % 3 == 0 ? "Да" : "");
    add(f % 11 == 0 ? "10" : "");
    for (int i = 0; i < 6; ++i) add("");
    add(source), add(medium), add(campaign), add(f % 3 == 0 ? "banner_3" : ""), add(""), add("");
    for (int i = 0; i < 3; ++i) add("");
    add(source), add(medium);
    for (int i = 0; i < 4; ++i) add("");
    add("");
    row.push_back(list(state.status == "waiting_for_return"
                           ? std::vector<std::string>{"Необходим возврат"}
                       : f % 4 == 0 ? std::vector<std::string>{"vip", "повтор"}
                                    : std::vector<std::string>{}));
    row.push_back(
        list(is_free ? std::vector<std::string>{"вебинар"} : std::vector<std::string>{"курс"}));
    return row;
}

Row School::payment_row(const PaymentState& payment) const {
    const std::int64_t user = deal_user(payment.deal);
    const std::uint64_t r = random(kPay, payment.number), f = random(kDealField, payment.deal);
    const bool money_came = payment.status == "accepted";
    const std::int64_t fee = money_came ? share(payment.amount, 350) : 0;
    Row row;
    for (std::string value :
         {std::to_string(payment.number), user_name(user), user_email(user),
          deal_number(payment.deal), moment(payment.created, r), pick(kSystems, f >> 12),
          label_of("payments", payment.status), roubles(payment.amount, r), roubles(fee, r),
          roubles(money_came ? payment.amount - fee : 0, r),
          money_came ? "tb-" + std::to_string(payment.number % 100000) : std::string(),
          std::string(kProducts[f % kProducts.size()])})
        row.push_back(text(std::move(value)));
    return row;
}

std::string School::fields_json() const {
    std::string out = "[";
    int position = 0;
    for (const FieldOf& field : kFields) {
        if (std::string(field.title) == "Комментарий к заказу") position = 0;
        out += (out.size() > 1 ? ",{" : "{") + std::string("\"id\":") + std::to_string(field.id) +
               ",\"type\":\"" + field.type + "\",\"title\":" + json_text(field.title) +
               ",\"required\":0,\"field_order_pos\":" + std::to_string(position++) +
               ",\"form_id\":880011,\"context_type\":\"" + field.context + "\",\"params\":\"[]\"}";
    }
    return out + "]";
}

std::string School::groups_json(int day, const std::map<std::string, std::int64_t>& more,
                                const std::map<std::int64_t, std::string>& last_added) const {
    std::string out = "[";
    for (std::size_t g = 0; g < kGroups.size(); ++g) {
        const bool ever = g + 1 < kGroups.size() && users(day) > 0;
        out += (g > 0 ? ",{" : "{") + std::string("\"id\":") + std::to_string(kGroups[g].id) +
               ",\"name\":" + json_text(kGroups[g].name) + ",\"last_added_at\":" +
               (last_added.contains(kGroups[g].id) ? "\"" + last_added.at(kGroups[g].id) + "\""
                : ever                             ? "\"" +
                             moment(today(day),
                                    random(kDay, static_cast<std::int64_t>(g) * 1000 + day)) +
                             "\""
                       : "null") +
               "}";
    }
    for (const auto& [name, id] : more)
        out += ",{\"id\":" + std::to_string(id) + ",\"name\":" + json_text(name) +
               ",\"last_added_at\":\"" +
               (last_added.contains(id) ? last_added.at(id) : moment(today(day), 1)) + "\"}";
    return out + "]";
}

}  // namespace simulator
