// The reports' files and how a range gets into their SQL.
#include "jobs/report/report_catalog.hpp"

#include <gtest/gtest.h>

#include <set>

#include "etl/error.hpp"

using jobs::bind_range;

TEST(ReportFiles, TogetherAnswerEveryQuestionOfTheFieldNotes) {
    std::set<int> answered;
    for (const jobs::Report& report : jobs::reports())
        answered.insert(report.answers.begin(), report.answers.end());
    for (int question = 1; question <= 30; ++question)
        EXPECT_EQ(answered.count(question), 1u) << "question " << question;
}

TEST(ReportFiles, NameQuestionDefinitionChartAndRows) {
    const jobs::Report report =
        jobs::parse_report("sales",
                           "-- What sells?\n-- ru: Что продаётся?\n-- One line.\n-- Another.\n-- "
                           "answers: 5, 6\n-- of: sales\n-- chart: bar product net,paid "
                           "currency\n-- rows: report.sales day\nSELECT 1\nFROM x\n");
    EXPECT_EQ(report.question, "What sells?");
    EXPECT_EQ(report.question_ru, "Что продаётся?");
    EXPECT_EQ(report.definition, "One line.\nAnother.\n");
    EXPECT_EQ(report.answers, (std::vector<int>{5, 6}));
    EXPECT_EQ(report.chart.measures, (std::vector<std::string>{"net", "paid"}));
    EXPECT_EQ(report.chart.series, "currency");
    EXPECT_EQ(report.rows_view + " " + report.rows_day, "report.sales day");
    EXPECT_EQ(report.sql, "SELECT 1\nFROM x\n");
}

TEST(ReportFiles, WithoutADefinitionAreRefusedByName) {
    EXPECT_THROW((void)jobs::parse_report("bare", "-- What?\n-- ru: Что?\n-- of: sales\nSELECT 1"),
                 etl::Error);
}

TEST(BindRange, MakesParametersOfTheRangeAndNeverText) {
    jobs::Range range;
    range.from = "2026-01-01'; DROP TABLE x; --";
    range.by = "month";
    const jobs::Bound bound = bind_range(
        "SELECT :period(day) FROM v WHERE :in_range(day) AND a <> ':in_range(day)'", range);
    EXPECT_EQ(bound.sql,
              "SELECT date_trunc($1::text, day::timestamp)::date FROM v WHERE (($2::date IS NULL "
              "AND $3::date IS NULL) OR day BETWEEN coalesce($2::date, '-infinity') AND "
              "coalesce($3::date, 'infinity')) AND a <> ':in_range(day)'");
    ASSERT_EQ(bound.parameters.size(), 3u);
    EXPECT_EQ(bound.parameters[0], "month");
    EXPECT_EQ(bound.parameters[1], range.from);
    EXPECT_FALSE(bound.parameters[2].has_value());
}

TEST(BindRange, UsesAParameterOnceHoweverOftenItIsNamed) {
    const jobs::Bound bound = bind_range(":in_range(a) :in_range(b) x::date", {});
    EXPECT_EQ(bound.parameters.size(), 2u);
    EXPECT_NE(bound.sql.find("x::date"), std::string::npos);
}
