#include "schema/naming.hpp"

#include <gtest/gtest.h>

#include <set>

#include "etl/sheet.hpp"
#include "tests/support/data.hpp"

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
        {"Вторая волна", "vtoraya_volna"},
        {"Слово №1", "slovo_1"},
        {"Ваш ник в Telegram", "vash_nik_v_telegram"},
        {"телеграмм", "telegramm"},
        {"Бонусный счет", "bonusnyy_schet"},
        {"Согласен с договором офертой", "soglasen_s_dogovorom_ofertoy"},
        {"Город", "gorod"},
        {"reg_utm_source", "reg_utm_source"},
        {"utm_source", "utm_source_2"},
        {"Комментарий к заказу", "kommentariy_k_zakazu"},
        {"", "field_7"}};
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
    for (const std::string& title :
         {std::string("🌸🌸"), std::string("2026"), std::string("order"), long_title, long_title,
          std::string("\xFF\xFE"), std::string("row_hash")}) {
        const std::string name = free_name(title, std::nullopt, 1, deals(), taken);
        EXPECT_LE(name.size(), 63u) << title;
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
                  std::string::npos)
            << name;
        EXPECT_FALSE(name[0] >= '0' && name[0] <= '9') << name;
        EXPECT_EQ(std::count(taken.begin(), taken.end(), name), 0) << name;
        taken.push_back(name);
    }
}

namespace {

std::vector<std::string> fixture(const std::string& file) {
    etl::SheetScanner scanner(nullptr);
    scanner.feed(test_support::read_data("bodies/" + file));
    return etl::headings(scanner.finish());
}

std::string column_at(const Table& table, const Layout& layout, std::size_t i) {
    const Slot& slot = layout.slots[i];
    if (slot.kind == Slot::Kind::column)
        return table.columns[static_cast<std::size_t>(slot.column)].name;
    return slot.kind == Slot::Kind::custom
               ? "custom " + layout.custom[static_cast<std::size_t>(slot.custom)].name
               : "-";
}

}  // namespace

TEST(Assign, EveryFixedColumnOfTheFixturesIsFoundWithoutAProblem) {
    for (const auto& [table, file, custom] :
         {std::tuple(&users(), "01-users-export.json", 11u),
          std::tuple(&deals(), "02-deals-export.json", 3u),
          std::tuple(&payments(), "03-payments-export.json", 0u)}) {
        const Layout layout = assign(*table, fixture(file), {}, {});
        EXPECT_EQ(layout.custom.size(), custom) << file;
        EXPECT_TRUE(layout.problems.empty()) << file << ": " << layout.problems[0];
        EXPECT_TRUE(layout.missing_required.empty());
    }
    EXPECT_EQ(assign(deals(), fixture("02-deals-export.json"), {}, {}).heading_currency, "RUB");
}

TEST(Assign, CustomColumnsWithBuiltInTitlesStayApart) {
    const auto headings = fixture("12-awkward-rows.json");
    const Layout layout = assign(deals(), headings, {}, {});
    EXPECT_EQ(column_at(deals(), layout, 8), "content");
    EXPECT_EQ(column_at(deals(), layout, 20), "city");
    EXPECT_EQ(column_at(deals(), layout, 25), "custom utm_source_2");
    EXPECT_EQ(column_at(deals(), layout, 26), "custom gorod");
    EXPECT_EQ(column_at(deals(), layout, 27), "custom untitled_1");
    EXPECT_EQ(column_at(deals(), layout, 28), "custom untitled_2");
    EXPECT_EQ(column_at(deals(), layout, 36), "utm_source");
    EXPECT_EQ(column_at(deals(), layout, 53), "offer_tags");
}

TEST(Assign, ARenamedFieldKeepsItsNameThroughItsId) {
    const Field before{10, "string", "Слово", "deal", 0, 1},
        after{10, "string", "Фраза", "deal", 0, 1};
    const Layout first = assign(deals(), {"ID заказа", "Слово"}, {before}, {});
    ASSERT_EQ(first.custom.size(), 1u);
    EXPECT_EQ(first.custom[0].name, "slovo");
    const Layout second = assign(deals(), {"ID заказа", "Фраза"}, {after}, first.custom);
    EXPECT_EQ(second.custom[0].name, "slovo");
    EXPECT_EQ(second.new_custom.size(), 1u);  // the registry learns the new title
    EXPECT_TRUE(assign(deals(), {"ID заказа", "Фраза"}, {after}, second.custom).new_custom.empty());
}

TEST(Assign, UntitledFieldsAreBoundByOrderOnlyWhenTheCountsAgree) {
    const std::vector<Field> fields = {{1, "checkbox", "", "user", 0, 1},
                                       {2, "checkbox", "", "user", 1, 1}};
    const Layout agree = assign(users(), {"id", "", ""}, fields, {});
    EXPECT_EQ(agree.custom[0].name, "field_1");
    EXPECT_EQ(agree.custom[1].name, "field_2");
    const Layout differ = assign(users(), {"id", ""}, fields, {});
    EXPECT_EQ(differ.custom[0].name, "untitled_1");
    EXPECT_EQ(differ.problems.size(), 1u);
}

// The first export of a group's members printed a line for each of thirty columns of people.
TEST(Assign, ColumnsThatHaveNoPlaceAreOneSentence) {
    EXPECT_EQ(
        assign(groups(), {"id", "name", "Цвет"}, {}, {}).problems,
        std::vector<std::string>({"column \"Цвет\" is not known and stays in the kept body only"}));
    std::vector<std::string> headings = {"id", "name"};
    for (int i = 1; i <= 30; ++i) headings.push_back("Поле " + std::to_string(i));
    EXPECT_EQ(assign(groups(), headings, {}, {}).problems,
              std::vector<std::string>(
                  {"30 columns are not known and stay in the kept body only: \"Поле 1\", \"Поле "
                   "2\", \"Поле 3\", \"Поле 4\", \"Поле 5\", …"}));
}

TEST(Assign, ABodyWithoutItsKeyIsRefused) {
    EXPECT_EQ(assign(users(), {"Email", "Имя"}, {}, {}).missing_required, "id");
}

TEST(Assign, TheSchoolsOwnHeadingsAreFollowed) {
    const Layout layout = assign(payments(), {"Номер", "Amount"}, {}, {}, {{"amount", "amount"}});
    EXPECT_EQ(column_at(payments(), layout, 1), "amount");
}
