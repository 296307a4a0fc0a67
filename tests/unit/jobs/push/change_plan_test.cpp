// What may go back: every rule of a plan, without a database.
#include "jobs/push/change_plan.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "jobs/push/attempt.hpp"
#include "jobs/push/import_document.hpp"
#include "jobs/push/send.hpp"
#include "jobs/push/settle.hpp"

using namespace std::chrono;
using jobs::AlreadySo;
using jobs::Change;
using jobs::Mode;
using jobs::Refusal;
using jobs::Wanted;

namespace {

const etl::Zone& zone() {
    static const etl::Zone moscow("Europe/Moscow");
    return moscow;
}

jobs::School school() {
    jobs::School school;
    school.fields = {{"users", 1, "Любимый цвет", 1, "lyubimyy_tsvet", "text"},
                     {"users", 2, "Согласие", 1, "soglasie", "boolean"},
                     {"users", 3, "LTV", 1, "ltv", "numeric"},
                     {"users", 4, "День рождения кота", 1, "den_kota", "date"},
                     {"users", 5, "Дубль", 1, "dubl", "text"},
                     {"users", 6, "Дубль", 2, "dubl_2", "text"},
                     {"users", 7, "", 1, "field_7", "text"},
                     {"deals", 8, "Причина отказа", 1, "prichina", "text"}};
    school.groups = {{"VIP", 10}, {"2026", 11}, {"Клуб", 12}};
    jobs::MirrorUser anna;
    anna.id = 1;
    anna.values = {{"first_name", "Анна"}, {"city", "Тверь"}, {"phone", "8 900 000-00-01"}};
    anna.custom = {{"lyubimyy_tsvet", "синий"}, {"ltv", "12 000,00"}, {"den_kota", "01.02.2020"}};
    anna.groups = {"Клуб"};
    school.users["anna@example.com"] = {anna};
    school.email_of[1] = "anna@example.com";
    jobs::MirrorUser twin;
    twin.id = 2;
    school.users["twin@example.com"] = {twin, twin};
    jobs::MirrorUser gone;
    gone.id = 3;
    gone.missing = true;
    school.users["gone@example.com"] = {gone};
    jobs::MirrorDeal open;
    open.id = 100;
    open.values = {{"email_key", "anna@example.com"},
                   {"status_code", "new"},
                   {"cost", "5000.00"},
                   {"content", "Курс «Таблицы» + бонус"},
                   {"currency", "RUB"},
                   {"created_at", "2026-03-01T09:00:00.000000Z"}};
    school.deals["500"] = {open};
    jobs::MirrorDeal paid = open;
    paid.values["status_code"] = "payed";
    school.deals["501"] = {paid};
    jobs::MirrorDeal lost = open;
    lost.missing = true;
    school.deals["502"] = {lost};
    return school;
}

jobs::Outcome plan(const Wanted& wanted, Mode mode = Mode::update, bool create_groups = false) {
    return jobs::plan_change(wanted, mode, school(), {"gcm-", create_groups}, zone());
}
std::string refusal(const Wanted& wanted, Mode mode = Mode::update) {
    const auto outcome = plan(wanted, mode);
    const auto* refused = std::get_if<Refusal>(&outcome);
    return refused == nullptr ? "(not refused)" : refused->reason;
}
Change change(const Wanted& wanted, Mode mode = Mode::update, bool create_groups = false) {
    const auto outcome = plan(wanted, mode, create_groups);
    if (const auto* refused = std::get_if<Refusal>(&outcome)) ADD_FAILURE() << refused->reason;
    return std::holds_alternative<Change>(outcome) ? std::get<Change>(outcome) : Change{};
}
bool already(const Wanted& wanted, Mode mode = Mode::update) {
    return std::holds_alternative<AlreadySo>(plan(wanted, mode));
}
const std::pair<std::string, std::optional<std::string>> kAnna = {"email", "Anna@Example.com "};

}  // namespace

TEST(WriteBackOfPeople, OnlyWhatDiffersIsSentAndTheRestIsDropped) {
    const Change planned = change({kAnna,
                                   {"first_name", "Анна"},
                                   {"city", "Москва"},
                                   {"country", std::nullopt},
                                   {"field:Любимый цвет", "красный"},
                                   {"field:LTV", "12000"},
                                   {"note", "why"}});
    ASSERT_EQ(planned.differences.size(), 2u);
    EXPECT_EQ(planned.differences[0].old, "Тверь");
    EXPECT_EQ(planned.differences[1].where, "user custom lyubimyy_tsvet");
    EXPECT_EQ(planned.key, "anna@example.com");
    EXPECT_EQ(planned.creates, 0);
    EXPECT_EQ(
        planned.document,
        R"({"user":{"email":"Anna@Example.com","city":"Москва","addfields":{"Любимый цвет":"красный"}},"system":{"refresh_if_exists":1}})");
}

TEST(WriteBackOfPeople, AValueThatExportsWriteDifferentlyIsSoAlready) {
    EXPECT_TRUE(already({kAnna,
                         {"field:LTV", "12000.00"},
                         {"field:День рождения кота", "2020-02-01"},
                         {"field:Согласие", "нет"},
                         {"phone", "+7 900 000 00 01"},
                         {"group_add", "Клуб"}}));
    EXPECT_TRUE(already({{"user_id", "1"}, {"city", "Тверь"}}));
    EXPECT_TRUE(already({kAnna, {"city", "Псков"}}, Mode::create));  // who exists is left alone
}

TEST(WriteBackOfPeople, GroupsGoByNameAndAreOnlyAdded) {
    EXPECT_EQ(
        change({kAnna, {"group_add", "[\"VIP\", \"Клуб\"]"}, {"group_add_at", "2026-05-01"}})
            .document,
        R"({"user":{"email":"Anna@Example.com","group_name":[["VIP","2026-05-01 00:00"]]},"system":{"refresh_if_exists":1}})");
    EXPECT_EQ(change({kAnna, {"group_add", "2026"}}).differences[0].where,
              "group 2026");  // a number that is a group's name
    EXPECT_NE(refusal({kAnna, {"group_add", "10"}}).find("is the id of group \"VIP\""),
              std::string::npos);
    EXPECT_NE(refusal({kAnna, {"group_add", "77"}}).find("is a number"), std::string::npos);
    EXPECT_NE(refusal({kAnna, {"group_add", "Клуп"}}).find("nearest are Клуб"), std::string::npos);
    const Change made = change({kAnna, {"group_add", "Новая"}}, Mode::update, true);
    EXPECT_EQ(made.warnings.size(), 1u);
}

TEST(WriteBackOfPeople, WhatWouldBeLostWithoutAWordIsRefused) {
    EXPECT_NE(refusal({kAnna, {"field:Любимый цвет ", "x"}}).find("the nearest are Любимый цвет"),
              std::string::npos);
    EXPECT_NE(refusal({kAnna, {"field:Дубль", "x"}}).find("several fields"), std::string::npos);
    EXPECT_NE(refusal({kAnna, {"field:field_7", "x"}}).find("has no title"), std::string::npos);
    EXPECT_NE(refusal({kAnna, {"field:Любимый цвет", ""}}).find("how to empty a field"),
              std::string::npos);
    EXPECT_NE(refusal({kAnna, {"field:Согласие", "может быть"}}).find("neither yes nor no"),
              std::string::npos);
    EXPECT_NE(refusal({kAnna, {"last_name", ""}}).find("last_name is empty"), std::string::npos);
    EXPECT_NE(refusal({kAnna, {"utm_source", "x"}}).find("cannot be changed"), std::string::npos);
}

TEST(WriteBackOfPeople, WhomItMeansMustBeClear) {
    EXPECT_NE(refusal({{"email", "kein.mail"}, {"city", "x"}}).find("is no e-mail address"),
              std::string::npos);
    EXPECT_NE(refusal({{"email", "a@b"}, {"city", "x"}}).find("is no e-mail address"),
              std::string::npos);
    EXPECT_NE(refusal({{"email", std::nullopt}, {"city", "x"}}).find("email is missing"),
              std::string::npos);
    EXPECT_NE(refusal({{"email", "nobody@example.com"}, {"city", "x"}}).find("nobody with e-mail"),
              std::string::npos);
    EXPECT_NE(refusal({{"email", "twin@example.com"}, {"city", "x"}}).find("2 people"),
              std::string::npos);
    EXPECT_NE(refusal({{"email", "gone@example.com"}, {"city", "x"}}, Mode::upsert)
                  .find("no longer in the exports"),
              std::string::npos);
    EXPECT_NE(refusal({kAnna, {"user_id", "2"}, {"city", "x"}}).find("belongs to user 1"),
              std::string::npos);
    EXPECT_NE(refusal({{"user_id", "77"}, {"city", "x"}}).find("user_id 77"), std::string::npos);
}

TEST(WriteBackOfPeople, ANewPersonCountsAndIsNotOverwrittenWhenTheyCameMeanwhile) {
    const Change made = change(
        {{"email", "new@example.com"}, {"first_name", "Яна"}, {"utm_source", "vk"}}, Mode::create);
    EXPECT_EQ(made.creates, 1);
    EXPECT_EQ(made.differences[0].where, "user");
    EXPECT_EQ(
        made.document,
        R"({"user":{"email":"new@example.com","first_name":"Яна"},"system":{"refresh_if_exists":0},"session":{"utm_source":"vk"}})");
}

TEST(WriteBackOfOrders, AnOrderIsEditedByItsNumberAndTheShortestDocument) {
    const Change planned =
        change({{"deal_number", "500"}, {"deal_status", "Отменён"}, {"deal_cost", "5000"}});
    EXPECT_EQ(planned.key, "500");
    EXPECT_EQ(
        planned.document,
        R"({"user":{"email":"anna@example.com"},"deal":{"deal_number":"500","deal_status":"cancelled","deal_cost":"5000.00"},"system":{"refresh_if_exists":0,"return_deal_number":1}})");
    ASSERT_EQ(planned.differences.size(), 2u);
    EXPECT_EQ(planned.differences[1].old, planned.differences[1].wanted)
        << "goes along unchanged, and is watched";
    EXPECT_EQ(
        change({{"deal_number", "500"}, {"deal_status", "cancelled"}}).document,
        R"({"user":{"email":"anna@example.com"},"deal":{"deal_number":"500","deal_status":"cancelled"},"system":{"refresh_if_exists":0,"return_deal_number":1}})");
    EXPECT_TRUE(already({{"deal_number", "500"},
                         {"deal_status", "new"},
                         {"deal_cost", "5 000,00"},
                         {"product_title", "Курс «Таблицы»"},
                         {"deal_created_at", "2026-03-01 12:00"}}));
    EXPECT_NE(
        refusal({{"deal_number", "500"}, {"email", "other@example.com"}, {"deal_status", "new"}})
            .find("belongs to anna@example.com"),
        std::string::npos);
    EXPECT_NE(
        refusal({{"deal_number", "777"}, {"deal_status", "new"}}).find("no order with number 777"),
        std::string::npos);
    EXPECT_NE(refusal({{"deal_number", "502"}, {"deal_status", "cancelled"}})
                  .find("would make a new one"),
              std::string::npos);
    EXPECT_NE(
        refusal({{"deal_number", "500"}, {"deal_status", "gone"}}).find("expected one of new"),
        std::string::npos);
    EXPECT_NE(refusal({{"deal_number", "500"}, {"deal_cost", "viel"}}).find("is no amount"),
              std::string::npos);
    EXPECT_EQ(change({{"deal_number", "501"}, {"deal_status", "cancelled"}}).warnings.size(),
              1u);  // access stays
}

TEST(WriteBackOfOrders, PersonsFieldsRideAlongOnlyWithTheFlagThatLetsThem) {
    EXPECT_EQ(
        change({{"deal_number", "500"},
                {"field:Причина отказа", "дорого"},
                {"user_field:Любимый цвет", "белый"}})
            .document,
        R"({"user":{"email":"anna@example.com","addfields":{"Любимый цвет":"белый"}},"deal":{"deal_number":"500","addfields":{"Причина отказа":"дорого"}},"system":{"refresh_if_exists":1,"return_deal_number":1}})");
}

TEST(WriteBackOfOrders, ANewOrderHasANumberOfOursThatTheSameWishAlwaysGets) {
    const Wanted wish = {kAnna, {"offer_code", "base"}, {"deal_cost", "990"}};
    const Change first = change(wish, Mode::create),
                 again = change(
                     {{"email", "anna@example.com"}, {"offer_code", "base"}, {"deal_cost", "1200"}},
                     Mode::create);
    EXPECT_EQ(first.deal_number.rfind("gcm-", 0), 0u);
    EXPECT_EQ(first.deal_number, again.deal_number);
    EXPECT_EQ(first.creates, 1);
    EXPECT_NE(change({kAnna, {"offer_code", "base"}, {"deal_cost", "990"}, {"deal_key", "second"}},
                     Mode::create)
                  .deal_number,
              first.deal_number);
    EXPECT_EQ(change({{"email", "new@example.com"}, {"offer_id", "7"}}, Mode::create).creates,
              2);  // buyer and order
    EXPECT_NE(refusal({kAnna, {"deal_number", "900"}, {"offer_code", "base"}, {"deal_cost", "1"}},
                      Mode::create)
                  .find("needs a number of ours"),
              std::string::npos);
    EXPECT_NE(refusal({kAnna, {"offer_code", "base"}}, Mode::create).find("needs deal_cost"),
              std::string::npos);
    EXPECT_NE(refusal({kAnna, {"deal_number", "gcm-1"}, {"deal_cost", "5"}}, Mode::create)
                  .find("needs offer_id"),
              std::string::npos);
    EXPECT_TRUE(already({{"deal_number", "500"}, {"deal_cost", "1"}, {"offer_id", "7"}},
                        Mode::create));  // there already: nothing of it is overwritten
}

TEST(WriteBackOfOrders, CompletingMakesAPaymentOnceAndNeverForACompletedOne) {
    EXPECT_TRUE(change({{"deal_number", "500"}, {"deal_status", "payed"}}).pays);
    EXPECT_TRUE(change({{"deal_number", "500"}, {"deal_is_paid", "да"}}).pays);
    EXPECT_TRUE(already({{"deal_number", "501"}, {"deal_status", "payed"}}));
    EXPECT_TRUE(already({{"deal_number", "501"}, {"deal_is_paid", "1"}}));
}

TEST(WriteBackQueries, TheHeaderNamesModeAndLimit) {
    const jobs::PushQuery query = jobs::parse_push_query(
        "x", "-- Does it\n-- ru: Делает\n-- mode: upsert\n-- limit: 5\n-- More.\nSELECT 1\n");
    EXPECT_EQ(query.what, "Does it");
    EXPECT_EQ(query.mode, Mode::upsert);
    EXPECT_EQ(query.limit, 5);
    EXPECT_EQ(query.text, "More.\n");
    EXPECT_THROW((void)jobs::parse_push_query("x", "-- Does it\nSELECT 1\n"), etl::Error);
    EXPECT_THROW((void)jobs::parse_push_query("x", "-- Does it\n-- mode: delete\nSELECT 1\n"),
                 etl::Error);
    EXPECT_THROW((void)jobs::parse_push_query("x", "-- Does it\n-- mode: update\n"), etl::Error);
}

TEST(WriteBackQueries, AnUnknownColumnIsNamedWithItsNearest) {
    try {
        jobs::check_columns({"email", "dealstatus"});
        FAIL();
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("deal_status"), std::string::npos);
    }
    EXPECT_THROW(jobs::check_columns({"email", "email"}), etl::Error);
    EXPECT_NO_THROW(jobs::check_columns({"email", "field:anything", "note"}));
}

TEST(WriteBackQueries, DifferencesSurviveTheirJson) {
    const std::vector<jobs::Difference> differences = {
        {"field:«Цвет»", "a\"b\\", "две\nстроки", "user custom x"}};
    const auto back = jobs::parse_differences(jobs::differences_json(differences));
    ASSERT_EQ(back.size(), 1u);
    EXPECT_EQ(back[0].old, differences[0].old);
    EXPECT_EQ(back[0].wanted, differences[0].wanted);
}

TEST(Allowance, ItsMonthBeginsOnTheDayOfTheTariff) {
    EXPECT_EQ(etl::format_day(jobs::allowance_period(etl::Day{2026y / 11 / 25}, 1)), "2026-11-01");
    EXPECT_EQ(etl::format_day(jobs::allowance_period(etl::Day{2026y / 1 / 14}, 15)), "2025-12-15");
    EXPECT_EQ(etl::format_day(jobs::allowance_period(etl::Day{2026y / 1 / 15}, 15)), "2026-01-15");
    EXPECT_EQ(etl::format_day(jobs::next_allowance_period(etl::Day{2026y / 12 / 31}, 28)),
              "2027-01-28");
}

TEST(Nearest, TheClosestNameComesFirst) {
    EXPECT_EQ(etl::nearest("revenue", {"refunds", "revenue_by_day", "cohorts"}, 2),
              (std::vector<std::string>{"revenue_by_day", "refunds"}));
    EXPECT_EQ(etl::nearest_text("x", {}), "");
}

TEST(Groups, ANameTypedOnAnotherSystemIsTheSchoolsAndTwoOfOneNameAreRefused) {
    jobs::School wide = school();
    wide.groups["Йога и  дети"] = 13;
    wide.groups["Двойник"] = 14;
    wide.shared_group_names.insert("Двойник");
    const auto outcome = [&](const std::string& name) {
        return jobs::plan_change({kAnna, {"group_add", name}}, Mode::update, wide, {"gcm-", false},
                                 zone());
    };
    const auto found = outcome("Йога и дети");
    ASSERT_TRUE(std::holds_alternative<Change>(found));
    EXPECT_EQ(std::get<Change>(found).differences[0].where, "group Йога и  дети");
    EXPECT_NE(std::get<Change>(found).document.find("Йога и  дети"), std::string::npos)
        << "the school's own spelling is sent";
    EXPECT_EQ(std::get<Change>(found).warnings.size(), 1u);
    const auto twins = outcome("Двойник");
    ASSERT_TRUE(std::holds_alternative<Refusal>(twins));
    EXPECT_NE(std::get<Refusal>(twins).reason.find("several groups"), std::string::npos);
    EXPECT_TRUE(std::holds_alternative<Refusal>(outcome("[]"))) << "an empty list says nothing";
}

TEST(Costs, OfAKnownOrderAreKeptForAccountsThatWantThem) {
    EXPECT_EQ(change({{"deal_number", "500"}, {"deal_status", "cancelled"}}).cost, "5000.00");
    EXPECT_EQ(
        change({{"deal_number", "500"}, {"deal_status", "cancelled"}, {"deal_cost", "5000"}}).cost,
        "")
        << "the row brings its own";
    EXPECT_EQ(jobs::with_cost(R"({"user":{"email":"a@b.c"},"deal":{"deal_number":"5"}})", "9.00"),
              R"({"user":{"email":"a@b.c"},"deal":{"deal_number":"5","deal_cost":"9.00"}})");
}

TEST(Answers, WhatConcernsTheAccountIsToldFromWhatConcernsAChange) {
    using Cause = etl::Rejected::Cause;
    for (const Cause cause : {Cause::redirect, Cause::account}) {
        const auto result = jobs::read_answer(etl::Rejected{"words", cause});
        EXPECT_TRUE(result.of_the_account);
        EXPECT_EQ(result.state, "planned");
    }
    EXPECT_TRUE(jobs::read_answer(etl::Unclear{"no connection", false}).of_the_account);
    EXPECT_FALSE(jobs::read_answer(etl::Unclear{"no connection", false}).left);
    EXPECT_FALSE(jobs::read_answer(etl::Unclear{"half", true}).of_the_account);
    const auto said = jobs::read_answer(
        etl::Rejected{std::string("Не указана стоимость\0 \x1b[31m заказа\xD0", 59), Cause::said});
    EXPECT_EQ(said.state, "refused");
    EXPECT_TRUE(said.wants_cost);
    EXPECT_EQ(said.message.find('\0'), std::string::npos);
    EXPECT_EQ(said.message.find('\x1b'), std::string::npos);
}

TEST(Verdicts, OfOneChangeByWhatAnExportShows) {
    jobs::OutboxChange change;
    change.id = 7;
    change.state = "written";
    change.differences = {{"city", "Тверь", "Псков", "user city"}};
    EXPECT_EQ(jobs::judge(change, {{"Псков", true}}, 2).verdict, "confirmed");
    EXPECT_EQ(jobs::judge(change, {{"Тверь", false}}, 2).verdict, "contradicted");
    change.state = "unclear";
    change.attempts = 1;
    EXPECT_EQ(jobs::judge(change, {{"Псков", true}}, 2).verdict, "confirmed");
    EXPECT_FALSE(jobs::judge(change, {{"Тверь", false}}, 2).final) << "it may go once more";
    change.attempts = 2;
    EXPECT_EQ(jobs::judge(change, {{"Тверь", false}}, 2).verdict, "contradicted");
    change.differences = {{"deal_comment", "", "x", ""}};
    const jobs::ChangeVerdict unseen = jobs::judge(change, {{"", false}}, 2);
    EXPECT_EQ(unseen.verdict, "unclear");
    EXPECT_TRUE(unseen.final) << "nothing is repeated unseen";
}
