#include "jobs/fleet/overview.hpp"

#include <gtest/gtest.h>

#include "jobs/fleet/alerts.hpp"
#include "jobs/fleet/page.hpp"
#include "jobs/fleet/supervisor.hpp"

namespace jobs::fleet {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const etl::Instant kNow{hours{24 * 365 * 56}};

Row row(const std::string& name, Level level = Level::green, const std::string& code = "") {
    Row made;
    made.running.school.name = name;
    made.running.school.config.getcourse.account = name;
    made.running.state = "running";
    made.seen.at = kNow;
    made.seen.as_of = kNow - hours{2};
    made.seen.limit = 100, made.seen.free = 80;
    made.seen.judgement.level = level;
    if (!code.empty())
        made.seen.judgement.reasons.push_back({code, "", level, "because of " + name, "из-за"});
    return made;
}

std::string order(std::vector<Row> rows) {
    sort_by_trouble(rows);
    std::string names;
    for (const Row& one : rows) names += one.running.school.name + " ";
    return names;
}

TEST(FleetOverview, TheWorstStandsFirst) {
    Row wrong = row("wrong"), down = row("down"), away = row("away"), stale = row("stale");
    wrong.running.school.error = "line 1";
    down.running.failures = 3;
    away.seen.unreachable = "Connection refused";
    stale.seen.as_of = kNow - hours{20};
    EXPECT_EQ(order({row("b"), row("a"), stale, row("news", Level::event),
                     row("amber", Level::amber, "missed"), row("red", Level::red, "late"), away,
                     down, wrong, row("new", Level::unread)}),
              "wrong down away red amber new stale a b news ");
}

TEST(FleetOverview, OneFallIsNoTroubleYet) {
    Row once = row("once");
    once.running.failures = 1;
    EXPECT_EQ(trouble_of(once), "green");
    EXPECT_TRUE(hands_of(once).empty());
}

TEST(FleetOverview, SchoolsOfOneTroubleAreOneGroup) {
    const auto groups = groups_of({row("b", Level::red, "late"), row("a", Level::red, "late"),
                                   row("c", Level::amber, "missed"), row("d")});
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0].en, "2 of 4 schools: the run has not begun in time (a, b)");
    EXPECT_EQ(groups[0].ru, "школ: 2 из 4; запуск не начался вовремя (a, b)");
    EXPECT_EQ(groups[1].en, "1 of 4 schools: runs never came (c)");
}

TEST(FleetOverview, FiftySchoolsOfOneTroubleAreNamedByTheFirstFive) {
    std::vector<Row> rows;
    for (int i = 10; i < 60; ++i) rows.push_back(row("s" + std::to_string(i), Level::red, "late"));
    EXPECT_EQ(groups_of(rows).at(0).en,
              "50 of 50 schools: the run has not begun in time (s10, s11, s12, s13, s14, …)");
}

TEST(FleetOverview, MarkupInAnErrorStaysText) {
    Row wrong = row("wrong");
    wrong.running.school.error = "<b>\"\n";
    EXPECT_NE(overview_json({wrong}, kNow).find("<b>\\\"\\n"), std::string::npos);
}

TEST(FleetMetrics, HaveALabelSchoolAndNoFigureThatIsNotKnown) {
    Row away = row("away");
    away.seen = Seen{};
    away.seen.at = kNow;
    away.seen.unreachable = "down";
    const std::string text = fleet_metrics({row("a"), away}, kNow);
    const auto has = [&](const char* line) { return text.find(line) != std::string::npos; };
    EXPECT_TRUE(has("gcmirror_fleet_school_age_seconds{school=\"a\"} 7200")) << text;
    EXPECT_FALSE(has("gcmirror_fleet_school_age_seconds{school=\"away\"}"));
    EXPECT_TRUE(has("gcmirror_fleet_school_reachable{school=\"away\"} 0"));
    EXPECT_FALSE(has("gcmirror_fleet_school_budget_free{school=\"away\"}"));
}

TEST(FleetAlerts, ATroubleIsToldOnceForAllSchoolsAndAgainWhenItIsOver) {
    TroublesTold told;
    const Steady begin{hours{1}};
    const auto messages = [&](const std::vector<Row>& rows, std::chrono::minutes later) {
        return messages_of(groups_of(rows), told, "en", begin + later);
    };
    const std::vector<Row> one = {row("a", Level::red, "late"), row("b"), row("c")},
                           two = {row("a", Level::red, "late"), row("b", Level::red, "late"),
                                  row("c")},
                           none = {row("a"), row("b"), row("c")};
    EXPECT_TRUE(messages(one, minutes{0}).empty()) << "more may follow";
    const auto first = messages(two, minutes{5});
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].text, "2 of 3 schools: the run has not begun in time (a, b)");
    EXPECT_EQ(first[0].kind, "raised");
    EXPECT_TRUE(messages(two, minutes{500}).empty()) << "told already";
    const auto over = messages(none, minutes{501});
    ASSERT_EQ(over.size(), 1U);
    EXPECT_EQ(over[0].kind, "recovered");
    EXPECT_TRUE(messages(none, minutes{502}).empty());
}

TEST(FleetAlerts, WhatPassesWithinFiveMinutesIsNotTold) {
    TroublesTold told;
    const std::vector<Row> one = {row("a", Level::red, "late")}, none = {row("a")};
    EXPECT_TRUE(messages_of(groups_of(one), told, "en", Steady{hours{1}}).empty());
    EXPECT_TRUE(messages_of(groups_of(none), told, "en", Steady{hours{2}}).empty());
}

TEST(FleetAlerts, FurtherSchoolsAreToldOnceAnHour) {
    TroublesTold told;
    const auto late = [](int schools) {
        std::vector<Row> rows;
        for (int i = 0; i < schools; ++i)
            rows.push_back(row("s" + std::to_string(i), Level::red, "late"));
        return groups_of(rows);
    };
    const Steady begin{hours{1}};
    (void)messages_of(late(1), told, "en", begin);
    EXPECT_EQ(messages_of(late(1), told, "en", begin + minutes{5}).size(), 1U);
    EXPECT_TRUE(messages_of(late(2), told, "en", begin + minutes{10}).empty());
    EXPECT_EQ(messages_of(late(3), told, "en", begin + minutes{66}).size(), 1U);
    EXPECT_TRUE(messages_of(late(2), told, "en", begin + minutes{200}).empty());
}

TEST(FleetLog, EachLineNamesItsSchool) {
    EXPECT_EQ(line_of("north", "level=info", false), "[north] level=info");
    EXPECT_EQ(line_of("north", "{\"level\":\"info\"}", true),
              "{\"school\":\"north\",\"level\":\"info\"}");
    EXPECT_EQ(line_of("north", "{}", true), "{\"school\":\"north\"}");
    EXPECT_EQ(line_of("north", "terminate called", true), "[north] terminate called");
}

}  // namespace
}  // namespace jobs::fleet
