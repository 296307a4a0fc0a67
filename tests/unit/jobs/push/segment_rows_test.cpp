// Of a segment's rows, those that changed since they were last sent.
#include "jobs/push/segment_rows.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"

using jobs::PushSource;
using jobs::SegmentMemory;
using jobs::Wanted;
using Standing = jobs::SegmentRow::Standing;

namespace {

Wanted city(const std::string& email, const std::string& name) {
    return {{"email", email}, {"city", name}};
}

PushSource rows_of(const std::vector<Wanted>& wanted) {
    PushSource source;
    for (const Wanted& row : wanted)
        source.rows.push_back(
            {static_cast<std::int64_t>(source.rows.size()) + 1, 0, jobs::Mode::update, row, {}});
    return source;
}

SegmentMemory known(const std::vector<std::pair<Wanted, Standing>>& rows) {
    SegmentMemory memory;
    for (const auto& [wanted, standing] : rows)
        memory[jobs::segment_key(wanted, {})] = {jobs::segment_text(wanted), standing};
    return memory;
}

}  // namespace

TEST(SegmentRows, OnlyWhatDiffersFromWhatWasLastSentStays) {
    PushSource source =
        rows_of({city("a@x.ru", "Омск"), city("b@x.ru", "Псков"), city("c@x.ru", "Тверь"),
                 city("d@x.ru", "Уфа"), city("e@x.ru", "Ухта")});
    const auto figures = jobs::keep_what_changed(
        source,
        known({{city("a@x.ru", "Омск"), Standing::unsent},  // cancelled or held back
               {city("b@x.ru", "Псков"), Standing::open},
               {city("c@x.ru", "Клин"), Standing::sent},
               {city("d@x.ru", "Уфа"), Standing::sent}}),
        {}, {});
    std::string kept;
    for (const auto& row : source.rows) kept += std::to_string(row.number) + " ";
    EXPECT_EQ(kept, "1 3 5 ") << "unsent, changed, new";
    EXPECT_EQ(figures.rows, 5);
    EXPECT_EQ(figures.unchanged, 1);
    EXPECT_EQ(figures.open, 1);
    EXPECT_EQ(figures.left, 0);
}

TEST(SegmentRows, TheOrderOfColumnsTheSpellingOfAnAddressAndNotesSayNothing) {
    const Wanted one = {{"email", " A@x.ru"}, {"city", "Омск"}, {"note", "1"}, {"phone", {}}};
    const Wanted other = {{"city", "Омск"}, {"email", "a@x.ru"}, {"note", "2"}};
    EXPECT_EQ(jobs::segment_text(one), jobs::segment_text(other));
    EXPECT_NE(jobs::segment_text(one), jobs::segment_text(city("a@x.ru", "Омск ")));
    EXPECT_NE(jobs::segment_text({{"email", "a"}, {"city", "b\",\"c"}}),
              jobs::segment_text({{"email", "a"}, {"city", "b"}, {"c", ""}}));
}

TEST(SegmentRows, WhoLeftTheQueryGetsWhatItsHeaderSaysOnceAndElseIsForgotten) {
    const Wanted leave = {{"city", "-"}};
    const SegmentMemory memory = known({{city("a@x.ru", "Омск"), Standing::sent}});
    PushSource source;
    auto figures = jobs::keep_what_changed(source, memory, leave, {});
    ASSERT_EQ(source.rows.size(), 1U);
    EXPECT_EQ(jobs::segment_text(source.rows[0].wanted), jobs::segment_text(city("a@x.ru", "-")));
    EXPECT_EQ(figures.left, 1);
    source = {};
    figures =
        jobs::keep_what_changed(source, known({{city("a@x.ru", "-"), Standing::sent}}), leave, {});
    EXPECT_TRUE(source.rows.empty()) << "said once";
    EXPECT_EQ(figures.left, 0);
    figures = jobs::keep_what_changed(source, memory, {}, {});
    EXPECT_EQ(figures.forgotten, std::vector<std::string>{"users a@x.ru"});
    EXPECT_TRUE(source.rows.empty());
}

TEST(SegmentRows, TwoRowsOfOnePersonAreRefusedSinceEachNightWouldSendTheOther) {
    PushSource source = rows_of({city("a@x.ru", "Омск"), city("a@x.ru", "Псков")});
    (void)jobs::keep_what_changed(source, known({{city("a@x.ru", "Омск"), Standing::sent}}), {},
                                  {});
    ASSERT_EQ(source.rows.size(), 2U);
    for (const auto& row : source.rows) EXPECT_EQ(row.outcome.index(), 2U) << "a refusal";
}

TEST(SegmentRows, AHeadersLeaveNamesFieldsAndTexts) {
    const std::string head = "-- Cities\n-- mode: update\n-- leave: ";
    const auto query = jobs::parse_push_query("own", head + R"({"city": "-"})" + "\nSELECT 1");
    EXPECT_EQ(query.leave, (Wanted{{"city", "-"}}));
    for (const char* wrong : {"", "{}", "city", R"({"city": 1})", R"({"email": "a@x.ru"})",
                              R"({"group_add": "VIP"})", R"({"ciyt": "-"})"})
        EXPECT_THROW((void)jobs::parse_push_query("own", head + wrong + "\nSELECT 1"), etl::Error)
            << wrong;
}
