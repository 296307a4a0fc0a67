#include "schema/naming.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace schema;

TEST(Naming, FoldsCaseBlanksMarksAndYo) {
    EXPECT_EQ(fold("\uFEFF Номер "), "номер");
    EXPECT_EQ(fold("Дата\u00a0 оплаты"), "дата оплаты");
    EXPECT_EQ(fold("Завершён"), fold("ЗАВЕРШЕН"));
    EXPECT_NE(fold("Оплачен"), fold("Оплачено"));
    EXPECT_EQ(fold(" \n"), "");
}

TEST(Naming, TheTitlesOfTheFieldNotesGiveDistinctReadableNames) {
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"Вторая волна", "vtoraya_volna"}, {"Слово №1", "slovo_1"}, {"Ваш ник в Telegram", "vash_nik_v_telegram"}, {"телеграмм", "telegramm"},
        {"Бонусный счет", "bonusnyy_schet"}, {"Согласен с договором офертой", "soglasen_s_dogovorom_ofertoy"}, {"Город", "gorod"},
        {"reg_utm_source", "reg_utm_source"}, {"utm_source", "utm_source_2"}, {"Комментарий к заказу", "kommentariy_k_zakazu"}, {"", "field_7"}};
    std::vector<std::string> taken;
    for (const auto& [title, name] : expected) {
        taken.push_back(free_name(title, 7, 1, users(), taken));
        EXPECT_EQ(taken.back(), name);
    }
    EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(), expected.size());
}

TEST(Naming, NamesAreValidWhateverTheTitle) {
    std::vector<std::string> taken;
    std::string long_title;
    for (int i = 0; i < 40; ++i) long_title += "щука ";
    for (const std::string& title : {std::string("🌸🌸"), std::string("2026"), std::string("order"), long_title, long_title, std::string("\xFF\xFE"), std::string("row_hash")}) {
        const std::string name = free_name(title, std::nullopt, 1, deals(), taken);
        EXPECT_LE(name.size(), 63u) << title;
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos) << name;
        EXPECT_FALSE(name[0] >= '0' && name[0] <= '9') << name;
        EXPECT_EQ(std::count(taken.begin(), taken.end(), name), 0) << name;
        taken.push_back(name);
    }
}
