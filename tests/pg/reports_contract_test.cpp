// A test per report. With a range: two side by side add up to the whole, every figure equals what
// mirror.* itself says (tests/data/reports/independent.sql), what it compares with equals what it
// said of that range, money ties out to the kopeck. Without one: it refuses a range.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "etl/error.hpp"
#include "jobs/report/explain.hpp"
#include "jobs/report/reading.hpp"
#include "jobs/report/report.hpp"
#include "jobs/report/rows_behind.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

namespace {

using jobs::Range;
using jobs::Report;

// Columns that may be added up over days; all others are shares, middles, sizes, people.
const std::set<std::string> kAdditive = {"orders",
                                         "paid_orders",
                                         "won_orders",
                                         "received_orders",
                                         "paid_amount",
                                         "received",
                                         "returned",
                                         "net",
                                         "fee",
                                         "base",
                                         "plan",
                                         "expense",
                                         "profit",
                                         "payments",
                                         "paid_on_payment_date",
                                         "set_apart_net",
                                         "paid_on_creation_date",
                                         "won_on_creation_date",
                                         "set_apart_paid",
                                         "won_amount",
                                         "registrations",
                                         "due",
                                         "returned_payments",
                                         "joined",
                                         "left_group",
                                         "owed",
                                         "cost",
                                         "backdated",
                                         "undated",
                                         "earned",
                                         "free_orders",
                                         "false_orders",
                                         "expected",
                                         "overdue"};

// Reports that hold a part of the money on purpose, and why.
const std::map<std::string, std::string> kPart = {
    {"launches", "only what was launched"},
    {"debts", "only orders paid in part"},
    {"debt_ageing", "only orders paid in part"},
    {"promo_codes", "only orders with a code"},
    {"partners", "only orders of partners, once per kind"},
    {"offer_tags", "an order counts once in each of its tags"},
    {"changes", "only orders that changed"},
    {"refund_disagreements", "only disagreements"},
    {"payment_without_access", "only who lacks access"},
    {"sleepers", "only who sleeps"},
    {"ages", "by person: money stands as text beside, never added"},
    {"geography", "by person: money stands as text beside, never added"}};

// Figures that no rows of one view add up to, and why; the lines of a list are rows themselves.
const std::map<std::string, std::set<std::string>> kWithoutRows = {
    {"advertising_return", {"expense", "profit"}},  // what the school entered, and a difference
    {"ages", {"buyers", "paid_orders"}},            // by two views
    {"channel_value", {"buyers", "orders", "paid_amount", "expense"}},  // by the buyer's first day
    {"club_renewals",
     {"due", "renewed_on_the_day", "renewed_within_1_day", "renewed_within_3_days",
      "renewed_within_30_days", "not_renewed"}},  // days that orders lead to, not their own
    {"cohorts", {"orders", "paid_amount"}},       // by the buyer's first month
    {"debt_ageing", {"orders", "paid_amount", "owed", "expected"}},  // by an age that no row has
    {"debts", {"cost", "paid_amount", "owed", "expected"}},          // rows
    {"geography", {"buyers", "paid_orders"}},
    {"group_growth", {"joined", "left_group"}},
    {"launches", {"orders", "paid_orders", "net"}},  // by what a launch sells
    {"manager_pay", {"base", "pay"}},                // reckoned of the others
    {"manager_plan", {"plan"}},
    {"old_base_and_cold", {"orders", "paid_amount"}},                   // by an age that no row has
    {"paid_definitions", {"net"}},                                      // of two columns
    {"refund_disagreements", {"paid_amount", "received", "returned"}},  // rows
    {"refusal_reasons", {"orders", "cost"}},  // by a field of the school's
    {"school_plan", {"plan"}},
    {"sleepers", {"orders", "paid_amount"}}};  // rows

// The school with 420 more orders; read only, so that one serves all.
class School {
public:
    School() {
        connection.execute(test_support::read_data("reports/many.sql"));
        connection.execute(  // orders whose product nobody has named
            "UPDATE mirror.deals SET content = CASE WHEN id % 2 = 0 THEN '' END WHERE id > 1000 "
            "AND "
            "id % 31 = 0");
        (void)connection.value("SELECT report.refresh_facts()");
        const std::string text = test_support::read_data("reports/independent.sql");
        connection.execute(text);
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t colon = line.find(": SELECT");
            if (!line.starts_with("-- ") || colon == std::string::npos) continue;
            const std::size_t space = line.find(' ', 3);
            figures[line.substr(3, space - 3)].emplace_back(
                line.substr(space + 1, colon - space - 1), line.substr(colon + 2));
        }
    }
    test_support::TestDatabase database = test_support::TestDatabase::with_small_school();
    etl::pg::Connection connection{database.url(), "test"};
    // report → column and the query that says the same without the views
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> figures;
};

class Contract : public testing::TestWithParam<std::string> {
protected:
    static void SetUpTestSuite() { school_ = new School; }
    static void TearDownTestSuite() {
        delete school_;
        school_ = nullptr;
    }
    [[nodiscard]] static const Report& report() { return jobs::find_report(GetParam()); }
    [[nodiscard]] static std::string value(const std::string& sql,
                                           const std::vector<etl::pg::Param>& values = {}) {
        return school_->connection.value(sql, values);
    }
    [[nodiscard]] static Range range(const std::string& from, const std::string& to,
                                     const std::string& by = "month") {
        return {from, to, by, "2026-03-31"};
    }
    [[nodiscard]] static std::string sum(const std::string& what, const Range& range) {
        const jobs::Bound bound = jobs::bind_range(report().sql, range);
        return value("SELECT " + (what == "count" ? "count(*)" : "coalesce(sum(" + what + "), 0)") +
                         "::numeric(20,2) FROM (" + bound.sql + ") r",
                     bound.parameters);
    }
    [[nodiscard]] static std::vector<std::string> columns() {
        const jobs::Bound bound = jobs::bind_range(report().sql, {});
        return school_->connection.query(bound.sql + " LIMIT 0", bound.parameters).columns();
    }
    [[nodiscard]] static bool has(const std::string& column) {
        const auto all = columns();
        return std::find(all.begin(), all.end(), column) != all.end();
    }
    [[nodiscard]] static bool sets_apart(const std::string& source) {
        return std::any_of(report().apart.begin(), report().apart.end(),
                           [&](const jobs::Apart& apart) { return apart.source == source; });
    }
    // By currency: the report's column and what it sets apart.
    [[nodiscard]] static std::string told(const std::string& column, const std::string& source) {
        const jobs::Bound bound = jobs::bind_range(report().sql, {});
        const std::string nobody = sets_apart("nobody")
                                       ? " UNION ALL SELECT currency, paid_amount FROM "
                                         "report.paid_orders WHERE user_id IS NULL"
                                       : "";
        return value(
            "SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM (SELECT "
            "currency, sum(s) AS s FROM (SELECT currency, " +
                column + " AS s FROM (" + bound.sql +
                ") r UNION ALL SELECT currency, amount FROM report.set_apart WHERE source "
                "= '" +
                source + "'" + nobody + ") a GROUP BY 1 HAVING sum(s) <> 0) t",
            bound.parameters);
    }
    [[nodiscard]] static std::string printed(const std::string& from, const std::string& to) {
        etl::Config config;
        config.database.url = school_->database.url();
        std::ostringstream out, err;
        jobs::Context context{config, out, err, false, false, {}};
        jobs::ReportOptions options;
        options.name = report().name;
        options.from = from;
        options.to = to;
        EXPECT_EQ(jobs::run_report(context, options), 0);
        return out.str() + err.str();
    }
    static School* school_;
};
School* Contract::school_ = nullptr;

std::string name_of(const testing::TestParamInfo<std::string>& info) { return info.param; }

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (const Report& report : jobs::reports()) names.push_back(report.name);
    return names;
}

}  // namespace

TEST_P(Contract, TwoRangesSideBySideAddUpToTheWhole) {
    if (!report().has_range) return;
    std::vector<std::string> measures;
    for (const std::string& column : columns())
        if (kAdditive.count(column) != 0) measures.push_back(column);
    if (report().name == "repeat_purchase") measures.emplace_back("buyers");  // by their first
    if (measures.empty()) measures.emplace_back("count");  // a list: its rows add up
    for (const std::string& measure : measures) {
        const std::string whole = sum(measure, range("2025-12-10", "2026-03-25"));
        for (const auto& [last, next] :
             {std::pair("2025-12-31", "2026-01-01"), std::pair("2026-02-12", "2026-02-13")})
            EXPECT_EQ(value("SELECT " + sum(measure, range("2025-12-10", last)) + " + " +
                            sum(measure, range(next, "2026-03-25"))),
                      whole)
                << measure << " cut behind " << last;
        for (const char* by : {"day", "week"})
            if (report().has_by) {
                EXPECT_EQ(sum(measure, range("2025-12-10", "2026-03-25", by)), whole)
                    << measure << " by " << by;
            }
    }
}

TEST_P(Contract, FiguresEqualWhatTheMirrorSaysWithoutTheViews) {
    if (!report().has_range) return;
    const auto figures = school_->figures.find(report().name);
    ASSERT_NE(figures, school_->figures.end())
        << "add its figures to tests/data/reports/independent.sql";
    bool any = false;
    for (const auto& [column, sql] : figures->second)
        for (const auto& [from, to] :
             {std::pair("2025-12-01", "2026-04-30"), std::pair("2026-01-13", "2026-02-17"),
              std::pair("2026-03-01", "2026-03-31")}) {
            const std::string right =
                value("SELECT coalesce((" + sql + "), 0)::numeric(20,2) WHERE $1::date <= $2::date",
                      {std::string(from), std::string(to)});
            EXPECT_EQ(sum(column, range(from, to)), right) << column << " " << from << " to " << to;
            any = any || right != "0.00";
        }
    EXPECT_TRUE(any) << "nothing but zeros was compared";
}

TEST_P(Contract, WhatItComparesWithIsWhatItSaidOfThatRange) {
    if (!report().compares) return;
    for (const char* by : {"day", "week", "month"})
        for (const Range& asked :
             {range("2026-02-01", "2026-02-28", by), range("2026-02-10", "2026-03-05", by),
              range("2026-03-01", "2026-03-20", by)})
            for (const std::string column : {"net", "orders", "paid_orders"}) {
                if (!has(column + "_before")) continue;
                const auto before = jobs::period_before(asked), year = jobs::last_year(asked);
                EXPECT_EQ(sum(column + "_before", asked),
                          sum(column, range(before->from, before->to)))
                    << column << " before " << *asked.from << " to " << *asked.to << " by " << by;
                EXPECT_EQ(sum(column + "_last_year", asked),
                          sum(column, range(year->from, year->to)));
                EXPECT_EQ(sum(column, asked), sum(column, range(*asked.from, *asked.to)));
            }
}

TEST_P(Contract, MoneyAndWhatIsSetApartEqualTheTablesToTheKopeck) {
    if (kPart.count(report().name) != 0) return;
    bool tied = false;
    if (has("net") && sets_apart("payments")) {
        EXPECT_EQ(told("net", "payments"),
                  value("SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM "
                        "(SELECT currency, sum(CASE status_code WHEN 'returned' THEN -amount ELSE "
                        "amount END) AS s FROM mirror.payments GROUP BY 1 HAVING sum(amount) <> 0) "
                        "t WHERE s <> 0"));
        tied = true;
    }
    if (has("paid_amount") && sets_apart("orders")) {
        EXPECT_EQ(told("paid_amount", "orders"),
                  value("SELECT string_agg(currency || ' ' || s, ', ' ORDER BY currency) FROM "
                        "(SELECT currency, sum(paid_amount) AS s FROM mirror.deals GROUP BY 1 "
                        "HAVING sum(paid_amount) <> 0) t"));
        tied = true;
    }
    for (const char* money : {"net", "received", "paid_amount"})
        if (has(money)) {
            EXPECT_TRUE(tied)
                << "column " << money
                << " is in no tie-out: set apart what it lacks, or say why it is a part";
        }
}

TEST_P(Contract, MoneyWithoutADateIsSaidUnderARange) {
    for (const jobs::Apart& apart : report().apart) {
        if (!report().has_range || apart.source == "nobody" || apart.day == "created_on") continue;
        const std::string text = printed("2026-02-01", "2026-02-28");
        EXPECT_NE(text.find(apart.source + ": "), std::string::npos) << text;
        EXPECT_NE(text.find(" without a date: not in this range"), std::string::npos) << text;
    }
}

TEST_P(Contract, AnEmptyRangeNamesOneThatHasSome) {
    if (!report().has_range) return;
    const std::string text = printed("1999-01-01", "1999-01-31");
    EXPECT_EQ(
        text.rfind(
            "no " + report().of + " between 1999-01-01 and 1999-01-31; there are some from 202", 0),
        0u)
        << text;
}

TEST_P(Contract, EachRuleThatHoldsIsALineOfItsExplanation) {
    const auto rules = jobs::rules(report());
    const auto one = [&](const std::string& begin) {
        return std::count_if(rules.begin(), rules.end(), [&](const std::string& rule) {
            return rule.rfind(begin, 0) == 0 && rule.find('\n') == std::string::npos;
        });
    };
    EXPECT_EQ(one("Range: "), 1);
    EXPECT_EQ(one("Range: none"), report().has_range ? 0 : 1);
    EXPECT_EQ(one("Periods: "), report().has_by ? 1 : 0);
    EXPECT_EQ(one("A week or month"), report().bucket.empty() ? 0 : 1);
    EXPECT_EQ(one("_before: "), report().compares ? 1 : 0);
    EXPECT_EQ(one("Chart: "), report().chart.type.empty() ? 0 : 1);
    EXPECT_EQ(one("--as-of: "), 1);
    EXPECT_EQ(one("Needs "), report().needs.empty() ? 0 : 1);
    EXPECT_EQ(static_cast<std::size_t>(one("Set apart")), report().apart.size());
}

TEST_P(Contract, EverySumHasRowsOfItsOwnOrAReasonForNone) {
    const auto none = kWithoutRows.find(report().name);
    for (const std::string& column : report().sums) {
        const bool figure =
            std::any_of(report().figures.begin(), report().figures.end(),
                        [&](const jobs::Figure& each) { return each.name == column; });
        const bool reason = none != kWithoutRows.end() && none->second.count(column) != 0;
        EXPECT_NE(figure, reason) << column;
    }
}

// Cell by cell: what the report says of a bucket and its other keys against its rows, all of them:
// no row of a figure may lie outside of every cell, either.
TEST_P(Contract, EveryCellIsWhatTheRowsBehindItAddUpTo) {
    if (report().name == "morning" || report().figures.empty()) return;  // pg_reports_morning
    ASSERT_TRUE(report().has_drill);
    std::size_t cells = 0;
    const auto compare = [&](const jobs::Figure& figure, const Range& asked) {
        std::string of_cell = "coalesce(" + (report().bucket.empty() ? "''" : report().bucket) +
                              "::text, '-')",
                    of_row = report().bucket.empty()
                                 ? "'-'"
                                 : "coalesce((" +
                                       std::string(report().has_by ? ":period(" : ":month(") +
                                       figure.day + "))::text, '-')";
        if (report().bucket.empty()) of_cell = "'-'";
        for (const jobs::Drill& drill : report().drill) {
            of_cell += " || '|' || coalesce(" + drill.of + "::text, '')";
            of_row += " || '|' || coalesce(" + drill.column + "::text, '')";
        }
        const std::string sql = "SELECT coalesce(c.key, r.key), c.said, r.said FROM (SELECT " +
                                of_cell + " AS key, sum(" + figure.name + ") AS said FROM (" +
                                report().sql + ") cells GROUP BY 1) c FULL JOIN (SELECT " + of_row +
                                " AS key, " + jobs::adding(figure) + " AS said FROM " +
                                figure.view + " rows_behind WHERE :in_range(" + figure.day + ")" +
                                (figure.where.empty() ? "" : " AND (" + figure.where + ")") +
                                " GROUP BY 1) r ON r.key = c.key";
        const jobs::Bound bound = jobs::bind_range(sql, asked);
        const auto found = school_->connection.query(bound.sql, bound.parameters);
        for (std::size_t r = 0; r < found.rows(); ++r) {
            const std::string said = found.at(r, 1).value_or("0"),
                              rows = found.at(r, 2).value_or("0");
            EXPECT_EQ(value("SELECT ($1::numeric - $2::numeric)::numeric(20,2)", {said, rows}),
                      "0.00")
                << report().name << " " << figure.name << " of " << found.text(r, 0) << ": " << said
                << ", its rows " << rows;
            if (said != "0" && said != "0.00") ++cells;
        }
    };
    for (const jobs::Figure& figure : report().figures) {
        compare(figure, {std::nullopt, std::nullopt, "month", "2026-03-31"});
        if (!report().has_range) continue;
        for (const char* by : {"day", "week", "month"})
            if (report().has_by || std::string(by) == "month")
                compare(figure, range("2026-01-13", "2026-03-17", by));
    }
    EXPECT_GT(cells, 0u) << "nothing but zeros was compared";
}

// As a reader asks: the rows of a cell by the command's own options, added up here.
TEST_P(Contract, TheRowsThatACellLeadsToAddUpToIt) {
    if (report().name == "morning" || report().figures.empty()) return;
    jobs::ReportOptions asked;
    asked.name = report().name;
    if (report().has_range) asked.from = "2026-01-13", asked.to = "2026-03-25";
    if (report().has_by) asked.by = "week";
    etl::Config config;
    jobs::Reading reading(school_->connection, config, asked);
    const auto cells = reading.report(report());
    ASSERT_FALSE(cells.empty());
    for (const std::size_t r : {std::size_t{0}, cells.rows() / 2, cells.rows() - 1}) {
        jobs::ReportOptions options = asked;
        options.rows = true;
        if (!report().bucket.empty()) {
            const etl::pg::Param bucket = cells.at(r, report().bucket.c_str());
            if (!bucket) continue;
            options.from = std::max(asked.from, *bucket);
            options.to = std::min(
                asked.to, value("SELECT ($1::date + ('1 ' || $2)::interval)::date - 1",
                                {*bucket, std::string(report().has_by ? "week" : "month")}));
        }
        for (const jobs::Drill& drill : report().drill)
            options.where.push_back(drill.column + "=" +
                                    cells.at(r, drill.of.c_str()).value_or(""));
        for (const jobs::Figure& figure : report().figures) {
            options.figure = figure.name;
            jobs::Reading behind(school_->connection, config, options);
            const jobs::RowsBehind found = jobs::rows_behind(behind, report(), options);
            std::string sum = "0";
            for (std::size_t i = 0; i < found.rows.rows() && figure.how != "rows"; ++i)
                sum = value("SELECT $1::numeric + $2::numeric",
                            {sum, found.rows.at(i, figure.of.c_str()).value_or("0")});
            if (figure.how == "rows") sum = std::to_string(found.rows.rows());
            if (figure.how == "minus") sum = value("SELECT -$1::numeric", {sum});
            const std::string said = cells.at(r, figure.name.c_str()).value_or("0");
            for (const std::string& other : {sum, found.figure.value_or("none")})
                EXPECT_EQ(value("SELECT ($1::numeric - $2::numeric)::numeric(20,2)", {said, other}),
                          "0.00")
                    << figure.name << " of row " << r << ": " << said << ", its rows " << other;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Report, Contract, testing::ValuesIn(all_names()), name_of);
