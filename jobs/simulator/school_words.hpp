// What the simulated school is made of: names, products, groups, fields, and how its numbers are
// drawn and written. For school.cpp and school_rows.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "jobs/simulator/school.hpp"

namespace simulator {

// SplitMix64: small, well mixed, and the same on every machine.
inline std::uint64_t mix(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

template <std::size_t N>
std::string pick(const std::array<const char*, N>& from, std::uint64_t random) {
    return from[random % N];
}

inline constexpr std::array<const char*, 16> kFirst = {
    "Анна", "Борис",  "Вера", "Григорий", "Дина 🌸",  "Елена", "Жанна", "Зоя",
    "Иван", "Кирилл", "Лев",  "Мария",    "Наталья", "Олег",  "Пётр",  "Юлия"};
inline constexpr std::array<const char*, 12> kLast = {"Кораблёва", "Лугова", "Полевой", "Ёлкина",
                                                      "Северный",  "Южная",  "Зимина",  "О'Коннор",
                                                      "Де-Фриз",   "Щукин",  "",        "Быстрова"};
inline constexpr std::array<const char*, 8> kCities = {
    "Казань", "Москва", "Санкт-Петербург", "Минск", "Алматы", "Нижний Новгород", "Томск", ""};
inline constexpr std::array<const char*, 4> kCountries = {"Россия", "Беларусь", "Казахстан", ""};
inline constexpr std::array<const char*, 6> kSources = {"vk", "yandex", "tg", "instagram", "", ""};
inline constexpr std::array<const char*, 4> kMediums = {"cpc", "post", "email", ""};
inline constexpr std::array<const char*, 5> kCampaigns = {"zima_2026", "brand", "весна", "retarget",
                                                          ""};
inline constexpr std::array<const char*, 5> kProducts = {
    "Курс «Таблицы с нуля» (тариф \"Базовый\")", "Курс «Таблицы с нуля» (тариф \"С наставником\")",
    "Интенсив «Отчёты»", "Клуб на 3 месяца", "Набор: \"Таблицы\" + «Отчёты» (2 шт.)\nподарок 🎁"};
inline constexpr std::array<std::int64_t, 5> kPrices = {999000, 3000000, 499000, 1200000, 1299050};
inline constexpr std::array<const char*, 4> kManagers = {"Олег Северный / Отдел продаж",
                                                         "Мария Южная / Отдел продаж", "", ""};
inline constexpr std::array<const char*, 3> kSystems = {"Тестовый банк", "Рассрочка", "Карта"};
inline constexpr const char* kWebinar = "Вебинар «Пять формул» (бесплатно)";

struct GroupOf {
    std::int64_t id;
    const char* name;
};
inline constexpr std::array<GroupOf, 6> kGroups = {{{4512019, "Курс «Таблицы с нуля» | Базовый"},
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

struct FieldOf {
    std::int64_t id;
    const char *type, *title, *context;
};
inline constexpr std::array<FieldOf, 19> kFields = {{
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

// "12 000,00 руб." with a blank or U+00A0, as payments write amounts.
[[nodiscard]] std::string roubles(std::int64_t hundredths, std::uint64_t style);
[[nodiscard]] std::string grouped(std::int64_t whole, const char* blank);       // 12 000
[[nodiscard]] std::int64_t share(std::int64_t amount, std::int64_t per_10000);  // rounded

}  // namespace simulator
