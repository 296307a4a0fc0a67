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

TEST(ReportFiles, SayOfEachFigureWhichRowsItIsMadeOf) {
    const jobs::Report report = jobs::parse_report(
        "sales",
        "-- What sells?\n-- ru: Что продаётся?\n-- One line.\n-- of: sales\n"
        "-- figure: orders = rows of report.orders created_on where counted AND cost > 0\n"
        "-- figure: net,cost = sum() of report.sales day\n"
        "-- figure: share = percent(is_paid AND :until(money_on)) of report.orders created_on\n"
        "SELECT 1");
    ASSERT_EQ(report.figures.size(), 4u);
    EXPECT_EQ(report.figures[0].how + " " + report.figures[0].view + " " + report.figures[0].day,
              "rows report.orders created_on");
    EXPECT_EQ(report.figures[0].where, "counted AND cost > 0");
    EXPECT_EQ(report.figures[2].name + " " + report.figures[2].of, "cost cost");
    EXPECT_EQ(report.figures[3].of, "is_paid AND :until(money_on)");
    EXPECT_THROW((void)jobs::parse_report("sales",
                                          "-- What?\n-- ru: Что?\n-- One line.\n-- of: sales\n"
                                          "-- figure: net = sum(net)\nSELECT 1"),
                 etl::Error);
    EXPECT_THROW((void)jobs::find_figure(report, "nett"), etl::Error);
    EXPECT_EQ(jobs::bind_range(":until(a)", {}).sql, "($1::date IS NULL OR a <= $1::date)");
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

TEST(ReportFiles, SayWhatAReportHas) {
    const jobs::Report report = jobs::parse_report(
        "r",
        "-- What?\n-- ru: Что?\n-- Text.\n-- of: rows\n-- chart: bar x y\n-- gap: none\n-- order: "
        "rows\n-- days: report.sales day\n-- apart: payments day\n-- wants: a|settings.b INSERT 1\n"
        "-- as-of: no\n-- ahead: yes\nSELECT :period(day) AS p FROM v WHERE :in_range(day) AND "
        ":in_before(day)\n");
    EXPECT_TRUE(report.has_range && report.has_by && report.compares && report.ahead);
    EXPECT_FALSE(report.has_as_of || report.needs_all);
    EXPECT_EQ(report.range_day + " " + report.bucket + " " + report.days_view,
              "day p report.sales");
    EXPECT_EQ(report.chart.gap + " " + report.chart.order, "none rows");
    EXPECT_EQ(report.needs, (std::vector<std::string>{"a", "settings.b"}));
    EXPECT_EQ(report.needs_sql, "INSERT 1");
}

TEST(ReportFiles, HoldARangeAgainstABucketAreRefused) {
    for (const char* bucket : {"month", "week", "period", "cohort"})
        EXPECT_THROW((void)jobs::parse_report(
                         "r", std::string("-- What?\n-- ru: Что?\n-- Text.\n-- of: rows\nSELECT 1 "
                                          "FROM v WHERE :in_range(") +
                                  bucket + ")\n"),
                     etl::Error)
            << bucket;
}

TEST(BindRange, HoldsWhatIsComparedOnlyWhereARangeBegins) {
    jobs::Range range;
    range.from = "2026-09-01";
    range.to = "2026-09-30";
    const jobs::Bound bound = bind_range(":in_before(day) :day_last_year(day) :compared()", range);
    EXPECT_EQ(
        bound.sql,
        "day BETWEEN $1::date AND $2::date (day + $3::interval)::date ($1::date IS NOT NULL)");
    EXPECT_EQ(bound.parameters,
              (std::vector<std::optional<std::string>>{"2026-08-01", "2026-08-31", "1 year"}));
    EXPECT_FALSE(bind_range(":compared()", {}).parameters.at(0).has_value());
}

TEST(ReportFiles, AreFoundByAWordOfTheirQuestionInEitherLanguage) {
    const auto said = [](const std::string& wanted) {
        try {
            (void)jobs::find_report(wanted);
            return std::string();
        } catch (const etl::Error& error) {
            return std::string(error.what());
        }
    };
    EXPECT_NE(said("возвращаются ли").find("cohorts"), std::string::npos)
        << said("возвращаются ли");
    EXPECT_NE(said("revenu").find("the nearest are revenue_by_day"), std::string::npos);
    EXPECT_NE(said("cohorst").find("cohorts"), std::string::npos) << said("cohorst");
}
