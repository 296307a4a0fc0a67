// Loading, fault by fault: what a body does to the tables, and what it must never do.
#include "etl/load.hpp"

#include <gtest/gtest.h>

#include <set>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "jobs/sync/retention.hpp"
#include "jobs/sync/wide_views.hpp"
#include "schema/sql.hpp"
#include "tests/support/database.hpp"
#include "tests/support/fixture_load.hpp"

using test_support::load_body;

namespace {

using Rows = std::vector<std::string>;  // JSON arrays

std::string body(const std::vector<std::string>& headings, const Rows& rows) {
    std::string text = "{\"success\":true,\"info\":{\"fields\":[";
    for (std::size_t i = 0; i < headings.size(); ++i)
        text += (i > 0 ? ",\"" : "\"") + headings[i] + "\"";
    text += "],\"items\":[";
    for (std::size_t i = 0; i < rows.size(); ++i) text += (i > 0 ? "," : "") + rows[i];
    return text + "]},\"error_message\":\"\",\"error\":false}";
}

class Loader : public testing::Test {
protected:
    static etl::ExportQuery window(const std::string& resource, const char* from = "2026-01-01",
                                   const char* to = "2026-01-31") {
        etl::ExportQuery query;
        query.resource = resource;
        query.filter = "created_at";
        query.from = etl::parse_day(from);
        query.to = etl::parse_day(to);
        return query;
    }
    etl::Loaded users(const std::vector<std::string>& headings, const Rows& rows) {
        return load_body(loading_, *journal_, config_, window("users"), body(headings, rows));
    }
    etl::Loaded deals(const std::vector<std::string>& headings, const Rows& rows) {
        return load_body(loading_, *journal_, config_, window("deals"), body(headings, rows));
    }
    std::string value(const std::string& sql) { return loading_.value(sql); }
    void fields(const std::string& list) {
        etl::ExportQuery query;
        query.resource = "fields";
        load_body(loading_, *journal_, config_, query, "{\"success\":true,\"info\":" + list + "}");
    }

    test_support::TestDatabase database_;
    etl::Config config_;
    etl::pg::Connection journal_connection_{database_.url(), "journal"};
    etl::pg::Connection loading_{database_.url(), "load"};
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});
};

const std::vector<std::string> kDeal = {"ID заказа", "Номер",          "Дата создания",
                                        "Статус",    "Стоимость, RUB", "Оплачено"};

}  // namespace

TEST_F(Loader, ChangedRowsKeepTheirEarlierVersionWithTheRunsThatOpenedAndClosedIt) {
    deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                  R"(["2","8","2026-01-06 10:00:00","Новый","200","0"])"});
    const etl::Loaded second =
        deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Завершен","100","100"])",
                      R"(["2","8","2026-01-06 10:00:00","Новый","200","0"])"});
    EXPECT_EQ(second.counts.changed, 1u);
    EXPECT_EQ(second.counts.unchanged, 1u);
    EXPECT_EQ(value("SELECT id || ' ' || status || ' ' || run_id || ' ' || closed_run_id FROM "
                    "history.deals"),
              "1 Новый 1 2");
    EXPECT_EQ(value("SELECT status FROM mirror.deals WHERE id = 1"), "Завершен");
    EXPECT_EQ(value("SELECT string_agg(status, ' -> ' ORDER BY since) FROM history.deal_statuses "
                    "WHERE deal_id = 1"),
              "Новый -> Завершен");
    EXPECT_EQ(value("SELECT status FROM history.deals_as_of((SELECT valid_from FROM "
                    "history.deals)) WHERE id = 1"),
              "Новый");
}

TEST_F(Loader, AColumnThatIsAbsentLeavesTheStoredValues) {
    users({"id", "Email", "Имя", "Мой цвет"}, {R"(["1","a@b.ru","Анна","синий"])"});
    const etl::Loaded second = users({"id", "Имя"}, {R"(["1","Анна"])"});
    EXPECT_EQ(second.counts.unchanged, 1u);
    EXPECT_EQ(value("SELECT email || custom::text FROM mirror.users"),
              R"(a@b.ru{"moy_tsvet": "синий"})");
    const etl::Loaded third = users({"id", "Имя"}, {R"(["1","Яна"])"});
    EXPECT_EQ(third.counts.changed, 1u);
    EXPECT_EQ(value("SELECT email || first_name || custom::text FROM mirror.users"),
              R"(a@b.ruЯна{"moy_tsvet": "синий"})");
}

TEST_F(Loader, AClearedCellClearsTheStoredValue) {
    users({"id", "Email", "Мой цвет"}, {R"(["1","a@b.ru","синий"])"});
    EXPECT_EQ(users({"id", "Email", "Мой цвет"}, {R"(["1","",""])"}).counts.changed, 1u);
    EXPECT_EQ(value("SELECT coalesce(email, 'none') || custom::text FROM mirror.users"), "none{}");
}

TEST_F(Loader, ANewEmptyColumnOrAnotherOrderChangesNoRow) {
    users({"id", "Email", "Цвет"}, {R"(["1","a@b.ru","синий"])"});
    EXPECT_EQ(
        users({"id", "Email", "Новое", "Цвет"}, {R"(["1","a@b.ru","","синий"])"}).counts.unchanged,
        1u);
    EXPECT_EQ(value("SELECT count(*) FROM history.users"), "0");
}

TEST_F(Loader, AChangeOfLayoutIsReportedOnce) {
    users({"id", "Email"}, {R"(["1","a@b.ru"])"});
    const auto says = [](const etl::Loaded& loaded) {
        return std::count_if(loaded.notes.begin(), loaded.notes.end(), [](const std::string& note) {
            return note.find("layout") != std::string::npos;
        });
    };
    EXPECT_EQ(says(users({"id", "Email", "Имя"}, {R"(["1","a@b.ru","Анна"])"})), 1);
    EXPECT_EQ(says(users({"id", "Email", "Имя"}, {R"(["1","a@b.ru","Анна"])"})), 0);
}

TEST_F(Loader, TheLastOfSeveralRowsWithOneKeyWins) {
    const etl::Loaded first =
        deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                      R"(["1","7","2026-01-05 10:00:00","Завершен","100","100"])"});
    EXPECT_EQ(first.counts.inserted, 1u);
    EXPECT_EQ(first.counts.duplicate, 1u);
    EXPECT_EQ(value("SELECT status FROM mirror.deals"), "Завершен");
    // Now the first of the two equals what is stored and is skipped by its hash; the last one must
    // win all the same.
    const etl::Loaded second =
        deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Завершен","100","100"])",
                      R"(["1","7","2026-01-05 10:00:00","Отменен","100","100"])"});
    EXPECT_EQ(second.counts.changed, 1u);
    EXPECT_EQ(second.counts.duplicate, 1u);
    EXPECT_EQ(value("SELECT status FROM mirror.deals"), "Отменен");
}

TEST_F(Loader, AnEmptyTableIsFilledDirectlyWithTheSameResultAsThroughTheStage) {
    const Rows rows = {R"(["1","7","2026-01-05 10:00:00","Новый","100,50","0"])",
                       R"(["2","8","2026-01-06 10:00:00","Завершен","7","7"])"};
    deals(kDeal, rows);
    const std::string direct = value(schema::content_hash(schema::deals(), "mirror")),
                      money = value("SELECT money FROM journal.certificate");
    loading_.execute("DELETE FROM mirror.deals WHERE id = 2");
    loading_.execute("UPDATE mirror.deals SET id = 99");  // no longer empty: now the stage is used
    deals(kDeal, rows);
    loading_.execute("DELETE FROM mirror.deals WHERE id = 99");
    loading_.execute(
        "UPDATE mirror.deals SET run_id = 1, export_id = 1, valid_from = (SELECT started_at FROM "
        "journal.export WHERE id = 1)");
    EXPECT_EQ(value(schema::content_hash(schema::deals(), "mirror")), direct);
    EXPECT_EQ(value("SELECT money FROM journal.certificate ORDER BY id DESC LIMIT 1"), money);
}

TEST_F(Loader, TheAccountOfABodyWithoutAmountsCountsUnchangedRowsByTheirStatus) {
    const std::vector<std::string> headings = {"ID заказа", "Номер", "Дата создания", "Статус"};
    const Rows rows = {R"(["1","7","2026-01-05 10:00:00","Новый"])",
                       R"(["2","8","2026-01-06 10:00:00","Завершен"])"};
    const auto money = [this] {
        return value("SELECT money FROM journal.certificate ORDER BY id DESC LIMIT 1");
    };
    deals(headings, rows);
    const std::string first = money();
    EXPECT_NE(first.find("Завершен"), std::string::npos);
    for (int again = 0; again < 2; ++again) {  // by their hash, then by their bytes
        EXPECT_EQ(deals(headings, rows).counts.unchanged, 2u);
        EXPECT_EQ(money(), first);
    }
}

TEST_F(Loader, AnEmptyTableAndABodyWithAKeyTwiceFallBackToTheStage) {
    const etl::Loaded loaded =
        deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                      R"(["2","8","2026-01-06 10:00:00","Новый","1","0"])",
                      R"(["1","7","2026-01-05 10:00:00","Отменен","100","много"])"});
    EXPECT_EQ(loaded.counts.inserted, 2u);
    EXPECT_EQ(loaded.counts.duplicate, 1u);
    EXPECT_EQ(loaded.counts.rejects, 1u);
    EXPECT_EQ(value("SELECT string_agg(status, ',' ORDER BY id) FROM mirror.deals"),
              "Отменен,Новый");
}

TEST_F(Loader, ABodyWithoutItsKeyColumnIsRefusedAndNamesIt) {
    users({"id", "Email"}, {R"(["1","a@b.ru"])"});
    const etl::Loaded loaded = users({"Email", "Имя"}, {R"(["c@d.ru","Вера"])"});
    EXPECT_TRUE(loaded.red);
    EXPECT_NE(loaded.reason.find("users.id"), std::string::npos);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "1");
}

TEST_F(Loader, TooManyUnreadableRowsRefuseTheBody) {
    EXPECT_TRUE(
        users({"id", "Email"}, {R"(["1","a@b.ru"])", R"(["","x@y.ru"])", R"({"no":"row"})"}).red);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.users"), "0");
}

TEST_F(Loader, RowsThatDoNotObeyTheFilterAreNoticed) {
    const etl::Loaded loaded = deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                                             R"(["2","8","2025-06-06 10:00:00","Новый","5","0"])"});
    EXPECT_TRUE(loaded.amber);
    EXPECT_EQ(std::count_if(loaded.notes.begin(), loaded.notes.end(),
                            [](const std::string& note) {
                                return note.find("1 rows do not obey the filter") !=
                                       std::string::npos;
                            }),
              1);
}

TEST_F(Loader, ARejectNamesTheRowByItsKey) {
    deals(kDeal, {R"(["77","7","31.02.2026","Новый","много","0"])"});
    EXPECT_EQ(value("SELECT string_agg(row_key || ' ' || heading || ' ' || raw || ' ' || reason, "
                    "'; ' ORDER BY id) FROM journal.reject"),
              "77 Дата создания 31.02.2026 no such date; 77 Стоимость много not money");
}

TEST_F(Loader, ALateOlderExportDoesNotOverwriteANewerState) {
    const std::int64_t run = journal_->begin_run("test", "{}");
    const etl::ExportRow old =
        test_support::receive(*journal_, run, window("deals"),
                              body(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                                           R"(["2","8","2026-01-06 10:00:00","Новый","5","0"])"}));
    deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Завершен","100","100"])"});
    etl::pg::Transaction transaction(loading_);
    const etl::Loaded late =
        etl::load_export(loading_, *journal_, config_, etl::Zone("Europe/Moscow"), run, old, {});
    transaction.commit();
    EXPECT_EQ(late.counts.older, 1u);
    EXPECT_EQ(late.counts.inserted, 1u);
    EXPECT_EQ(value("SELECT status FROM mirror.deals WHERE id = 1"), "Завершен");
}

TEST_F(Loader, TheCertificateHoldsMoneyByCurrencyAndStatusAndChainsItsHash) {
    deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100,50","0"])",
                  R"(["2","8","2026-01-06 10:00:00","Новый","0,25","0"])",
                  R"(["3","9","2026-01-06 10:00:00","Завершен","7","7"])"});
    EXPECT_EQ(value("SELECT m->>'cost' FROM journal.certificate, "
                    "jsonb_array_elements(money->'body') m WHERE m->>'status' = 'Новый'"),
              "100.75");
    EXPECT_EQ(value("SELECT (money->'body' = money->'table')::text FROM journal.certificate"),
              "true");
    deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100,50","0"])"});
    EXPECT_EQ(value("SELECT count(*) FROM journal.certificate a JOIN journal.certificate b ON "
                    "b.previous = a.hash"),
              "1");
    EXPECT_EQ(value("SELECT m->>'cost' FROM journal.certificate, "
                    "jsonb_array_elements(money->'table') m WHERE rows = 1"),
              "100.50");  // unchanged rows are in it
}

TEST_F(Loader, ARowIsMissingOnlyAfterTwoCompleteWindowsLackedIt) {
    config_.sync.gone_limit = 0.6;
    const std::string one = R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                      two = R"(["2","8","2026-01-06 10:00:00","Новый","5","0"])";
    deals(kDeal, {one, two});
    deals(kDeal, {one});
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NOT NULL"), "0");
    const etl::Loaded third = deals(kDeal, {one});
    EXPECT_EQ(value("SELECT id FROM mirror.deals WHERE missing_since IS NOT NULL"), "2");
    EXPECT_FALSE(third.notes.empty());
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "2");  // nothing is deleted
    deals(kDeal, {one, two});
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NOT NULL"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM history.deals WHERE missing_since IS NOT NULL"), "1");
}

TEST_F(Loader, AnAbsenceThatWasFollowedByPresenceProvesNothingLater) {
    config_.sync.gone_limit = 0.6;
    const std::string one = R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                      two = R"(["2","8","2026-01-06 10:00:00","Новый","5","0"])";
    deals(kDeal, {one, two});
    deals(kDeal, {one});
    deals(kDeal, {one, two});
    deals(kDeal, {one});
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NOT NULL"), "0");
}

TEST_F(Loader, ManyRowsThatVanishAtOnceAreNotBelieved) {
    const std::string one = R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])";
    deals(kDeal, {one, R"(["2","8","2026-01-06 10:00:00","Новый","5","0"])",
                  R"(["3","9","2026-01-06 10:00:00","Новый","5","0"])"});
    EXPECT_TRUE(deals(kDeal, {one}).amber);
    deals(kDeal, {one});
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NOT NULL"), "0");
}

TEST_F(Loader, ANarrowerWindowProvesNothing) {
    config_.sync.gone_limit = 1;
    deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                  R"(["2","8","2026-01-20 10:00:00","Новый","5","0"])"});
    for (int i = 0; i < 2; ++i)
        load_body(loading_, *journal_, config_, window("deals", "2026-01-01", "2026-01-10"),
                  body(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])"}));
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE missing_since IS NOT NULL"), "0");
}

TEST_F(Loader, AnUnknownStatusIsKeptAndAnnouncedOnce) {
    const auto announced = [](const etl::Loaded& loaded) {
        return std::count_if(loaded.notes.begin(), loaded.notes.end(), [](const std::string& note) {
            return note.find("Требует внимания") != std::string::npos;
        });
    };
    EXPECT_EQ(
        announced(deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Требует внимания","1","0"])"})),
        1);
    EXPECT_EQ(
        announced(deals(kDeal, {R"(["2","8","2026-01-05 10:00:00","Требует внимания","1","0"])"})),
        0);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals WHERE status = 'Требует внимания' AND "
                    "status_code IS NULL"),
              "2");
}

TEST_F(Loader, QuarantinedFieldsAreKnownButNotKept) {
    config_.sync.users_new_fields = "quarantine";
    users({"id", "Секрет"}, {R"(["1","тайна"])"});
    EXPECT_EQ(
        value("SELECT custom::text || (SELECT name FROM mirror.custom_fields) FROM mirror.users"),
        "{}sekret");
    loading_.execute("UPDATE mirror.custom_fields SET policy = 'evolve'");
    users({"id", "Секрет"}, {R"(["1","тайна"])"});
    EXPECT_EQ(value("SELECT custom->>'sekret' FROM mirror.users"), "тайна");
}

TEST_F(Loader, FrozenFieldsAreKeptButNotShown) {
    config_.sync.users_new_fields = "freeze";
    users({"id", "Цвет"}, {R"(["1","синий"])"});
    jobs::widen_views(loading_);
    EXPECT_EQ(value("SELECT custom->>'tsvet' FROM mirror.users"), "синий");
    EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_name = "
                    "'users_wide' AND column_name = 'tsvet'"),
              "0");
}

TEST_F(Loader, ATypeIsTakenFromTheFieldsListOnlyWhereTheValuesAgree) {
    fields(
        R"([{"id":1,"type":"date","title":"День","context_type":"user"},{"id":2,"type":"date","title":"Когда","context_type":"user"}])");
    users({"id", "День", "Когда"}, {R"(["1","2026-01-05","скоро"])"});
    jobs::widen_views(loading_);
    EXPECT_EQ(value("SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_name) "
                    "FROM information_schema.columns WHERE table_name = 'users_wide' AND "
                    "column_name IN ('den', 'kogda')"),
              "den date, kogda text");
    EXPECT_EQ(value("SELECT den || ' ' || kogda FROM mirror.users_wide"), "2026-01-05 скоро");
}

TEST_F(Loader, ARenamedFieldKeepsColumnValuesAndViewAndShowsTheNewTitle) {
    fields(R"([{"id":1,"type":"string","title":"Цвет","context_type":"user"}])");
    users({"id", "Цвет"}, {R"(["1","синий"])"});
    jobs::widen_views(loading_);
    loading_.execute("CREATE VIEW report_of_a_user AS SELECT tsvet FROM mirror.users_wide");
    fields(
        R"([{"id":1,"type":"string","title":"Любимый цвет","context_type":"user"},{"id":2,"type":"string","title":"Новое","context_type":"user"}])");
    users({"id", "Любимый цвет", "Новое"}, {R"(["1","синий","да"])"});
    jobs::widen_views(loading_);
    EXPECT_EQ(value("SELECT tsvet FROM report_of_a_user"), "синий");
    EXPECT_EQ(value("SELECT tsvet || novoe FROM mirror.users_wide"), "синийда");
    EXPECT_EQ(
        value("SELECT col_description('mirror.users_wide'::regclass, attnum) FROM pg_attribute "
              "WHERE attrelid = 'mirror.users_wide'::regclass AND attname = 'tsvet'"),
        "Любимый цвет");
}

TEST_F(Loader, ALongReaderOfTheViewIsNeitherBlockedNorBlocksTheNight) {
    users({"id", "Цвет"}, {R"(["1","синий"])"});
    etl::pg::Connection reader(database_.url(), "reader");
    etl::pg::Transaction reading(reader);
    reader.query("SELECT * FROM mirror.users_wide");
    jobs::widen_views(loading_);  // gives up within half a second
    EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_name = "
                    "'users_wide' AND column_name = 'tsvet'"),
              "0");
    reading.commit();
    jobs::widen_views(loading_);
    EXPECT_EQ(value("SELECT tsvet FROM mirror.users_wide"), "синий");
}

TEST_F(Loader, MembershipsJoinLeaveAndComeBackAndAMissingColumnSaysNothing) {
    const std::vector<std::string> with = {"id", "Email", "id групп пользователя/дата добавления"};
    users(with, {R"(["1","a@b.ru","7:2026-01-02, 8:2026-01-03"])", R"(["2","c@d.ru",""])"});
    EXPECT_EQ(value("SELECT string_agg(group_id || ' ' || joined_on, ', ' ORDER BY group_id) FROM "
                    "mirror.memberships WHERE left_seen_at IS NULL"),
              "7 2026-01-02, 8 2026-01-03");
    users({"id", "Email"}, {R"(["1","a@b.ru"])"});
    EXPECT_EQ(value("SELECT count(*) FROM mirror.memberships WHERE left_seen_at IS NULL"), "2");
    users(with, {R"(["1","a@b.ru","8:2026-01-03"])"});
    EXPECT_EQ(value("SELECT group_id FROM mirror.memberships WHERE left_seen_at IS NOT NULL"), "7");
    EXPECT_EQ(value("SELECT count(*) FROM history.memberships"), "1");
    users(with, {R"(["1","a@b.ru","7:2026-01-20, 8:2026-01-03"])"});
    EXPECT_EQ(
        value(
            "SELECT joined_on FROM mirror.memberships WHERE group_id = 7 AND left_seen_at IS NULL"),
        "2026-01-20");
}

TEST_F(Loader, GroupMembersOfTheGroupsOwnExportAreLoadedToo) {
    etl::ExportQuery query;
    query.resource = "group_users";
    query.group_id = 4512019;
    const etl::Loaded loaded =
        load_body(loading_, *journal_, config_, query,
                  test_support::read_data("bodies/05-group-users-export.json"));
    EXPECT_EQ(loaded.counts.inserted, 3u);
    EXPECT_EQ(value("SELECT count(*) FROM mirror.memberships WHERE group_id = 4512019 AND "
                    "joined_at IS NOT NULL"),
              "3");
}

TEST_F(Loader, PaymentsFindTheirOrderLaterAndTheEmailOnlyAsALastResort) {
    load_body(loading_, *journal_, config_, window("payments"),
              body({"Номер", "Эл. почта", "Заказ", "Сумма", "Статус"},
                   {R"(["1","A@b.ru ","5201","10 руб.","Получен"])",
                    R"(["2","a@b.ru","","20 руб.","Получен"])"}));
    EXPECT_EQ(value("SELECT count(*) FROM mirror.payments_linked WHERE deal_id IS NOT NULL OR "
                    "user_id IS NOT NULL"),
              "0");
    users({"id", "Email"}, {R"(["77","a@b.ru"])", R"(["78","other@b.ru"])"});
    deals({"ID заказа", "Номер", "ID пользователя"}, {R"(["9","5201","78"])"});
    EXPECT_EQ(
        value("SELECT string_agg(number || ' ' || coalesce(deal_id::text, '-') || ' ' || user_id "
              "|| ' ' || user_matched_by, ', ' ORDER BY number) FROM mirror.payments_linked"),
        "1 9 78 deal, 2 - 77 email");
}

TEST_F(Loader, ReadersNeverSeeHalfOfARun) {
    users({"id", "Email"}, {R"(["1","a@b.ru"])"});
    etl::pg::Connection reader(database_.url(), "reader");
    const std::int64_t run = journal_->begin_run("test", "{}");
    const etl::ExportRow a = test_support::receive(*journal_, run, window("users"),
                                                   body({"id", "Email"}, {R"(["2","c@d.ru"])"}));
    const etl::ExportRow b = test_support::receive(*journal_, run, window("deals"),
                                                   body({"ID заказа", "Номер"}, {R"(["5","55"])"}));
    etl::pg::Transaction transaction(loading_);
    (void)etl::load_export(loading_, *journal_, config_, etl::Zone("Europe/Moscow"), run, a, {});
    EXPECT_EQ(reader.value("SELECT (SELECT count(*) FROM mirror.users) || ' ' || (SELECT count(*) "
                           "FROM mirror.deals)"),
              "1 0");
    (void)etl::load_export(loading_, *journal_, config_, etl::Zone("Europe/Moscow"), run, b, {});
    EXPECT_EQ(reader.value("SELECT (SELECT count(*) FROM mirror.users) || ' ' || (SELECT count(*) "
                           "FROM mirror.deals)"),
              "1 0");
    transaction.commit();
    EXPECT_EQ(reader.value("SELECT (SELECT count(*) FROM mirror.users) || ' ' || (SELECT count(*) "
                           "FROM mirror.deals)"),
              "2 1");
}

TEST_F(Loader, EscapedBodiesLoadLikeRawOnes) {
    users({"id", "\\u0418\\u043c\\u044f"},
          {R"(["1","\u0401\u043b\u043a\u0430 \ud83c\udf38 \/ \"x\""])"});
    EXPECT_EQ(value("SELECT first_name FROM mirror.users"), "Ёлка 🌸 / \"x\"");
    EXPECT_EQ(users({"id", "Имя"}, {"[\"1\",\"Ёлка 🌸 / \\\"x\\\"\"]"}).counts.unchanged, 1u);
}

TEST_F(Loader, BodiesGoByAgeAndByCountButNeverBeforeTheyAreLoaded) {
    for (int i = 0; i < 4; ++i) users({"id", "Email"}, {R"(["1","a@b.ru"])"});
    loading_.execute("UPDATE journal.run SET loaded_at = clock_timestamp()");
    const std::int64_t run = journal_->begin_run("test", "{}");
    test_support::receive(*journal_, run, window("users"), body({"id"}, {R"(["2"])"}));
    etl::Config::Keep keep;
    EXPECT_EQ(jobs::drop_old_bodies(loading_, keep), 0);
    keep.runs = 3;
    EXPECT_EQ(jobs::drop_old_bodies(loading_, keep), 1);
    loading_.execute("UPDATE journal.body SET kept_at = kept_at - interval '91 days'");
    EXPECT_EQ(jobs::drop_old_bodies(loading_, keep), 3);
    EXPECT_EQ(value("SELECT count(*) FROM journal.body"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM journal.body_chunk"), "1");
}

// ---- the cases a Singer target is tested with, each with inputs of our own ----

TEST_F(Loader, SingerArraysAndObjectsAreKeptAsTheyCame) {
    users({"id", "Список", "Объект"}, {R"(["1",["a",["b"],1],{"k":{"n":null}}])"});
    EXPECT_EQ(value("SELECT (custom->'spisok') || (custom->'obekt') FROM mirror.users"),
              R"(["a", ["b"], 1, {"k": {"n": null}}])");
}

TEST_F(Loader, SingerCamelCaseAndUpperCaseTitlesGiveDistinctLowerCaseNames) {
    users({"id", "camelCase", "CamelCase", "camel case", "CAMEL_CASE"},
          {R"(["1","a","b","c","d"])"});
    EXPECT_EQ(value("SELECT string_agg(name, ',' ORDER BY position) FROM mirror.custom_fields"),
              "camelcase,camelcase_2,camel_case,camel_case_2");
    EXPECT_EQ(value("SELECT custom::text FROM mirror.users"),
              R"({"camelcase": "a", "camel_case": "c", "camelcase_2": "b", "camel_case_2": "d"})");
}

TEST_F(Loader, SingerDuplicateRecordsInOneAndInSeveralBodiesAreOneRow) {
    const std::string row = R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])";
    deals(kDeal, {row, row, row});
    deals(kDeal, {row, row});
    EXPECT_EQ(value("SELECT count(*) FROM mirror.deals"), "1");
    EXPECT_EQ(value("SELECT sum(duplicate) FROM journal.certificate"), "3");
}

TEST_F(Loader, SingerRecordsWithoutAKeyAreSetAsideAndNamed) {
    config_.sync.red_rejects = 0.9;
    const etl::Loaded loaded = users({"id", "Email"}, {R"(["","a@b.ru"])", R"([null,"c@d.ru"])",
                                                       R"(["abc","e@f.ru"])", R"(["1","g@h.ru"])"});
    EXPECT_EQ(loaded.counts.inserted, 1u);
    EXPECT_EQ(loaded.counts.set_aside, 3u);
    EXPECT_EQ(value("SELECT count(*) FROM journal.reject WHERE set_aside AND reason = 'no key'"),
              "3");
}

TEST_F(Loader, SingerUpdatesByKeyComposeOverBodies) {
    users({"id", "Email", "Имя"}, {R"(["1","a@b.ru","Анна"])", R"(["2","b@b.ru","Борис"])"});
    users({"id", "Email", "Имя"}, {R"(["2","b2@b.ru","Борис"])", R"(["3","c@b.ru","Вера"])"});
    EXPECT_EQ(value("SELECT string_agg(id || email, ',' ORDER BY id) FROM mirror.users"),
              "1a@b.ru,2b2@b.ru,3c@b.ru");
}

TEST_F(Loader, SingerSpecialCharactersComeThroughUnchanged) {
    const std::string text =
        R"(quote ' double \" back \\ percent % dollar $1 \\N tab\t newline\n null-like NULL emoji 🌸 rtl עברית zero-width \u200b)";
    users({"id", "Имя", "Поле с 'кавычкой' и \\\"двойной\\\""}, {"[\"1\",\"" + text + "\",\"x\"]"});
    EXPECT_EQ(value("SELECT length(first_name) > 90 AND first_name LIKE '%\\N tab' || E'\\t' || ' "
                    "newline' || E'\\n' || '%' FROM mirror.users"),
              "t");
    EXPECT_EQ(value("SELECT count(*) FROM journal.reject"), "0");
}

TEST_F(Loader, SingerSchemaUpdatesAddFieldsWithoutTouchingOlderRows) {
    users({"id", "Email"}, {R"(["1","a@b.ru"])", R"(["2","b@b.ru"])"});
    users({"id", "Email", "Новое", "Ещё"},
          {R"(["1","a@b.ru","",""])", R"(["2","b@b.ru","да","1"])"});
    EXPECT_EQ(value("SELECT run_id || ' ' || export_id FROM mirror.users WHERE id = 1"), "1 1");
    EXPECT_EQ(value("SELECT count(*) FROM history.users WHERE id = 1"), "0");
    EXPECT_EQ(value("SELECT custom::text FROM mirror.users WHERE id = 2"),
              R"({"novoe": "да", "eshche": "1"})");
}

TEST_F(Loader, SingerRecordsOfAnotherTypeBecomeTextOrARejectNeverAnotherValue) {
    const etl::Loaded loaded = deals(kDeal, {R"([1,7,"2026-01-05 10:00:00",true,100.5,{"a":1}])"});
    EXPECT_EQ(value("SELECT number || ' ' || status || ' ' || cost FROM mirror.deals"),
              "7 true 100.50");
    EXPECT_EQ(loaded.counts.rejects, 1u);  // an object is no amount
    EXPECT_EQ(value("SELECT paid_amount IS NULL FROM mirror.deals"), "t");
}

TEST_F(Loader, SingerVeryLongTextsAndManyColumnsAreKept) {
    std::vector<std::string> headings = {"id"};
    std::string row = "[\"1\"";
    for (int i = 0; i < 400; ++i) {
        headings.push_back("Поле " + std::to_string(i));
        row += ",\"v" + std::to_string(i) + "\"";
    }
    headings.emplace_back("Длинное");
    users(headings, {row + ",\"" + std::string(200000, 'x') + "\"]"});
    EXPECT_EQ(value("SELECT (SELECT count(*) FROM jsonb_object_keys(custom)) || ' ' || "
                    "length(custom->>'dlinnoe') FROM mirror.users"),
              "401 200000");
    jobs::widen_views(loading_);
    EXPECT_EQ(value("SELECT pole_399 FROM mirror.users_wide"), "v399");
}

TEST_F(Loader, ABodyThatPostgreSQLRefusesIsSetAsideWithItsRejectsAndTheOthersStay) {
    loading_.execute("ALTER TABLE mirror.deals ADD CONSTRAINT poison CHECK (number <> 'odd')");
    const etl::Loaded odd =
        deals(kDeal, {R"(["1","odd","2026-01-05 10:00:00","Новый","1","0"])",
                      R"(["2","8","2026-01-06 10:00:00","Новый","много","0"])"});
    EXPECT_TRUE(odd.red);
    EXPECT_NE(odd.reason.find("poison"), std::string::npos) << odd.reason;
    EXPECT_EQ(value("SELECT state || ' ' || (reason LIKE '%poison%') FROM journal.export"),
              "refused true");
    EXPECT_EQ(value("SELECT raw FROM journal.reject"), "много");
    EXPECT_EQ(value("SELECT rows || ' ' || refused || ' ' || inserted FROM journal.certificate"),
              "2 2 0");
    EXPECT_EQ(value("SELECT count(*) FROM journal.coverage"), "0");
    const etl::Loaded good = deals(kDeal, {R"(["2","8","2026-01-06 10:00:00","Новый","5","0"])"});
    EXPECT_EQ(good.counts.inserted, 1u);
}

TEST_F(Loader, TooManyUnreadableRowsLeaveTheirRejectsAndALineInTheAccount) {
    users({"id", "Email"}, {R"(["1","a@b.ru"])", R"(["","x@y.ru"])", R"({"no":"row"})"});
    EXPECT_EQ(value("SELECT count(*) FROM journal.reject WHERE set_aside"), "2");
    EXPECT_EQ(value("SELECT refused FROM journal.certificate"), "3");
    EXPECT_EQ(value("SELECT state FROM journal.export"), "refused");
}

TEST_F(Loader, OneBadCellThatComesEveryNightIsOneFindingUntilItIsMended) {
    const auto open = [&] {
        return value("SELECT count(*) FROM journal.reject WHERE closed_at IS NULL");
    };
    const Rows bad = {R"(["1","7","2026-01-05 10:00:00","Новый","много","0"])"};
    EXPECT_TRUE(deals(kDeal, bad).amber);
    const etl::Loaded again = deals(kDeal, bad);
    EXPECT_FALSE(again.amber);
    EXPECT_EQ(again.counts.rejects, 1u);
    EXPECT_EQ(again.counts.new_rejects, 0u);
    EXPECT_EQ(open(), "1");
    EXPECT_TRUE(deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","ещё","0"])"}).amber);
    EXPECT_EQ(open(), "1");
    deals(kDeal, {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])"});
    EXPECT_EQ(open(), "0");
}

TEST_F(Loader, TwoDifferentRowsOfOneKeyAreSaidToDiffer) {
    const auto says = [](const etl::Loaded& loaded) {
        return std::count_if(loaded.notes.begin(), loaded.notes.end(), [](const std::string& note) {
            return note.find("differ within the body") != std::string::npos;
        });
    };
    const std::string one = R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])";
    EXPECT_EQ(says(deals(kDeal, {one, one})), 0);
    EXPECT_EQ(says(deals(kDeal, {one, R"(["1","7","2026-01-05 10:00:00","Отменен","9","0"])"})), 1);
}

TEST_F(Loader, AGroupWhoseLastMemberLeftIsBelievedAndOneOfManyWhenItIsSaidTwice) {
    const auto group = [&](const Rows& rows) {
        etl::ExportQuery query;
        query.resource = "group_users";
        query.group_id = 7;
        return load_body(loading_, *journal_, config_, query, body({"id", "Email"}, rows));
    };
    const auto members = [&] {
        return value("SELECT count(*) FROM mirror.memberships WHERE left_seen_at IS NULL");
    };
    group({R"(["1","a@b.ru"])", R"(["2","b@b.ru"])"});
    EXPECT_TRUE(group({}).red);
    EXPECT_EQ(members(), "2");
    EXPECT_FALSE(group({}).red);
    EXPECT_EQ(members(), "0");
    group({R"(["3","c@b.ru"])"});
    EXPECT_FALSE(group({}).red);
    EXPECT_EQ(members(), "0");
}

TEST_F(Loader, ATableThatWasEditedByHandIsMendedNotBelieved) {
    const Rows rows = {R"(["1","7","2026-01-05 10:00:00","Новый","100","0"])",
                       R"(["2","8","2026-01-06 10:00:00","Новый","5","0"])"};
    deals(kDeal, rows);
    loading_.execute("UPDATE mirror.deals SET cost = 99999 WHERE id = 1");
    const etl::Loaded loaded = deals(kDeal, rows);
    EXPECT_EQ(loaded.counts.changed, 1u);
    EXPECT_EQ(value("SELECT sum(cost) FROM mirror.deals"), "105.00");
}

TEST_F(Loader, ValuesThatNoLongerFitTheirTypeAreCountedAndShownAsTextBesideIt) {
    fields(R"([{"id":1,"type":"date","title":"День","context_type":"user"}])");
    users({"id", "День", "Цвет"}, {R"(["1","2026-01-05","синий"])"});
    jobs::widen_views(loading_);
    const etl::Loaded loaded = users({"id", "День", "Цвет"}, {R"(["1","скоро","синий"])"});
    jobs::widen_views(loading_);
    EXPECT_TRUE(loaded.amber);
    EXPECT_EQ(loaded.warnings.size(), 1u) << "the run keeps it as its reason";
    EXPECT_EQ(value("SELECT misfits FROM mirror.custom_fields WHERE name = 'den'"), "1");
    EXPECT_EQ(value("SELECT found FROM report.data_quality WHERE check_name = 'values that do not "
                    "fit their field'"),
              "1");
    EXPECT_EQ(value("SELECT (den IS NULL)::text || ' ' || den_text || ' ' || tsvet FROM "
                    "mirror.users_wide"),
              "true скоро синий");
    users({"id", "День", "Цвет", "den text"}, {R"(["1","2026-02-07","синий","иное"])"});
    jobs::widen_views(loading_);
    EXPECT_EQ(value("SELECT misfits FROM mirror.custom_fields WHERE name = 'den'"), "0");
    EXPECT_EQ(value("SELECT den || ' ' || den_text || ' ' || den_text_2 FROM mirror.users_wide"),
              "2026-02-07 2026-02-07 иное");
}
