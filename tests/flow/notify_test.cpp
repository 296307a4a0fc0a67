// Alerts as they arrive: webhook and Telegram over HTTPS, mail over SMTP; retried, told once,
// recovered.
#include "jobs/serve/notify.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "tests/support/database.hpp"
#include "tests/support/receiver.hpp"

using namespace std::chrono_literals;

namespace {

class Told : public testing::Test {
protected:
    Told() : receiver_(dir()) {
        etl::log::set_level(etl::log::Level::error);
        config_.database = database_.settings();
        config_.getcourse.account = "school";
        config_.sync.resources = {"deals"};
        config_.alert.language = "en";
        config_.alert.ca_file = receiver_.ca_file().string();
        connection_.emplace(database_.url(), "test");
        // A mirror that is fresh: one good run, read a moment ago.
        connection_->execute(
            "INSERT INTO journal.run (job, state, finished_at, loaded_at) VALUES ('sync', 'done', "
            "clock_timestamp(), clock_timestamp()); "
            "INSERT INTO journal.export (run_id, resource, filter, state, loaded_run_id) VALUES "
            "(1, 'deals', 'created_at', 'loaded', 1); "
            "INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, "
            "to_day, as_of, rows, complete) VALUES (1, 1, 'deals', 'created_at', '2026-01-01', "
            "'2026-01-02', clock_timestamp(), 1, true)");
    }
    ~Told() override { std::filesystem::remove_all(dir()); }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-notify-" + std::to_string(getpid()));
    }
    void tell(bool good_night = false) {
        jobs::notify(*connection_, config_, etl::system_clock()->now(), good_night);
    }
    void run_fails() {
        connection_->execute(
            "INSERT INTO journal.run (job, state, finished_at, reason) VALUES ('sync', 'failed', "
            "clock_timestamp(), 'the key is refused')");
    }
    void run_succeeds() {
        connection_->execute(
            "INSERT INTO journal.run (job, state, finished_at) VALUES ('sync', 'done', "
            "clock_timestamp())");
    }
    std::string value(const std::string& sql) { return connection_->value(sql); }

    test_support::HttpsReceiver receiver_;
    test_support::MailReceiver mail_;
    test_support::TestDatabase database_;
    etl::Config config_;
    std::optional<etl::pg::Connection> connection_;
};

}  // namespace

TEST_F(Told, AFailureIsToldOnceAndItsEndOnce) {
    config_.alert.webhook = receiver_.url() + "/hook?secret=1";
    tell();
    EXPECT_TRUE(receiver_.got().empty());
    run_fails();
    tell();
    tell();
    ASSERT_EQ(receiver_.got().size(), 1u);
    EXPECT_EQ(
        receiver_.got()[0],
        "POST /hook?secret=1 "
        "{\"kind\":\"raised\",\"code\":\"failed\",\"about\":\"\",\"level\":\"amber\",\"text\":"
        "\"run 2 failed: the key is refused; the numbers are as of " +
            value("SELECT to_char(as_of AT TIME ZONE 'Europe/Moscow', 'HH24:MI') FROM "
                  "journal.coverage") +
            "\",\"school\":\"https://school.getcourse.ru\"}");
    run_succeeds();
    tell();
    tell();
    ASSERT_EQ(receiver_.got().size(), 2u);
    EXPECT_NE(receiver_.got()[1].find("\"kind\":\"recovered\""), std::string::npos);
    EXPECT_EQ(value("SELECT count(*) FILTER (WHERE recovered_at IS NOT NULL) || '/' || count(*) "
                    "FROM journal.alert"),
              "1/1");
}

TEST_F(Told, AnAlertCarriesTheLastLineOfTheAuditOutOfTheMachine) {
    config_.alert.webhook = receiver_.url() + "/hook";
    run_fails();
    tell();
    ASSERT_EQ(receiver_.got().size(), 1u);
    EXPECT_EQ(receiver_.got()[0].find("audit"), std::string::npos)
        << "nothing was ever written back";
    connection_->execute(
        "INSERT INTO outbox.audit (who, what, plan_id, detail) VALUES ('Pia', 'plan', 1, ''), "
        "('Anna', 'approve', 1, '')");
    run_succeeds();
    tell();
    ASSERT_EQ(receiver_.got().size(), 2u);
    EXPECT_NE(receiver_.got()[1].find(
                  "\"audit\":\"audit: line 2, " +
                  value("SELECT hash FROM outbox.audit ORDER BY id DESC LIMIT 1") + "\""),
              std::string::npos)
        << receiver_.got()[1];
}

TEST_F(Told, WhatDoesNotArriveIsTriedAgainAndGivenUpInTheEnd) {
    config_.alert.webhook = receiver_.url() + "/hook";
    config_.alert.attempts = 3;
    receiver_.answer(500);
    run_fails();
    tell();
    tell();  // not due yet
    EXPECT_EQ(receiver_.got().size(), 1u);
    EXPECT_EQ(value("SELECT message FROM journal.delivery"), "HTTP 500");
    EXPECT_EQ(
        value("SELECT next_at > clock_timestamp() + interval '50 seconds' FROM journal.delivery"),
        "t");
    connection_->execute("UPDATE journal.delivery SET next_at = clock_timestamp()");
    receiver_.answer(200);
    tell();
    EXPECT_EQ(value("SELECT attempts || ' ' || (sent_at IS NOT NULL) FROM journal.delivery"),
              "2 true");
    receiver_.answer(404);
    run_succeeds();
    for (int i = 0; i < 5; ++i) {
        tell();
        connection_->execute("UPDATE journal.delivery SET next_at = clock_timestamp()");
    }
    EXPECT_EQ(
        value("SELECT attempts || ' ' || given_up FROM journal.delivery WHERE kind = 'recovered'"),
        "3 true");
}

TEST_F(Told, AChannelThatIsDownIsTriedOnceAStepHoweverMuchWaits) {
    config_.alert.webhook = receiver_.url() + "/hook";
    connection_->execute(
        "INSERT INTO journal.alert (code, level, text_en, text_ru) SELECT 'x' || n, 'event', 'x', "
        "'x' FROM generate_series(1, 20) n; "
        "INSERT INTO journal.delivery (alert_id, kind, channel) SELECT id, 'raised', 'webhook' "
        "FROM journal.alert");
    receiver_.answer(500);
    tell();
    EXPECT_EQ(receiver_.got().size(), 1u);
    receiver_.answer(200);
    tell();
    EXPECT_EQ(receiver_.got().size(), 20u) << "the others were not counted as tried";
}

TEST_F(Told, TelegramAndMailSayTheSameAndNoSecretIsKept) {
    config_.alert.telegram_url = receiver_.url();
    config_.telegram_token = etl::Secret("123456:telegram-secret");
    config_.alert.telegram_chat = "-100";
    config_.alert.smtp = mail_.address();
    config_.alert.smtp_plain = true;
    config_.alert.mail_from = "mirror@example.org";
    config_.alert.mail_to = "anna@example.org, boris@example.org";
    config_.alert.language = "ru";
    run_fails();
    tell();
    ASSERT_EQ(receiver_.got().size(), 1u);
    EXPECT_EQ(receiver_.got()[0].find(
                  "POST /bot123456:telegram-secret/sendMessage chat_id=-100&text=gcmirror"),
              0u)
        << receiver_.got()[0];
    ASSERT_EQ(mail_.got().size(), 1u);
    EXPECT_NE(mail_.got()[0].find("To: <anna@example.org>, <boris@example.org>"), std::string::npos)
        << mail_.got()[0];
    EXPECT_NE(mail_.got()[0].find("Subject: gcmirror: failed, https://school.getcourse.ru\n"),
              std::string::npos);
    EXPECT_NE(mail_.got()[0].find("Content-Type: text/plain; charset=UTF-8"), std::string::npos);
    config_.alert.telegram_url = "https://localhost:1";
    run_succeeds();
    tell();
    EXPECT_EQ(value("SELECT count(*) FROM journal.delivery WHERE message LIKE '%telegram-secret%'"),
              "0");
    EXPECT_NE(value("SELECT message FROM journal.delivery WHERE channel = 'telegram' AND kind = "
                    "'recovered'"),
              "");
    EXPECT_EQ(mail_.got().size(), 2u);
}

TEST_F(Told, OnlyAGoodRunPingsTheHeartbeat) {
    config_.alert.heartbeat_url = receiver_.url() + "/ping/abc";
    tell(false);
    EXPECT_TRUE(receiver_.got().empty());
    tell(true);
    ASSERT_EQ(receiver_.got().size(), 1u);
    EXPECT_EQ(receiver_.got()[0], "GET /ping/abc ");
}

TEST_F(Told, NoKnownSecretAndNoControlCharacterLeavesTheHouse) {
    config_.alert.webhook = receiver_.url() + "/hook";
    const etl::Secret canary("canary-key-0123456789");
    connection_->execute(
        "INSERT INTO journal.run (job, state, finished_at, reason) VALUES ('sync', 'failed', "
        "clock_timestamp(), E'moved to /x?key=canary-key-0123456789 \\x1b[31m')");
    // What an older version has stored goes through the same net.
    connection_->execute(
        "INSERT INTO journal.alert (code, level, text_en, text_ru) VALUES ('old', 'event', 'says "
        "canary-key-0123456789', ''); INSERT INTO journal.delivery (alert_id, kind, channel) "
        "VALUES "
        "(1, 'raised', 'webhook')");
    tell();
    ASSERT_EQ(receiver_.got().size(), 2u);
    for (const std::string& line : receiver_.got()) {
        EXPECT_EQ(line.find("canary"), std::string::npos) << line;
        EXPECT_EQ(line.find("u001b"), std::string::npos) << line;
    }
    EXPECT_EQ(value("SELECT count(*) FROM journal.alert WHERE code = 'failed' AND text_en LIKE "
                    "'%canary%'"),
              "0");
}

TEST_F(Told, ARefusedBodyIsToldWithItsReason) {
    config_.alert.webhook = receiver_.url() + "/hook";
    connection_->execute(
        "INSERT INTO journal.export (run_id, resource, filter, from_day, to_day, state, "
        "received_at, "
        "rows, reason) VALUES (1, 'deals', 'created_at', '2026-04-01', '2026-04-30', 'refused', "
        "clock_timestamp(), 20, '12 of 20 rows are unreadable')");
    tell();
    ASSERT_EQ(receiver_.got().size(), 1u);
    EXPECT_NE(receiver_.got()[0].find("\"code\":\"refused\",\"about\":\"deals created_at "
                                      "2026-04-01..2026-04-30\""),
              std::string::npos)
        << receiver_.got()[0];
    connection_->execute(
        "INSERT INTO journal.export (run_id, resource, filter, from_day, to_day, state) VALUES (1, "
        "'deals', 'created_at', '2026-03-01', '2026-05-01', 'loaded'); "
        "INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, to_day, "
        "as_of, rows, complete) SELECT 1, max(id), 'deals', 'created_at', '2026-03-01', "
        "'2026-05-01', clock_timestamp(), 20, true FROM journal.export");
    tell();
    EXPECT_EQ(receiver_.got().size(), 2u) << "over once these days were read";
}

TEST_F(Told, NewsIsToldOnce) {
    config_.alert.webhook = receiver_.url() + "/hook";
    connection_->execute(
        "INSERT INTO journal.run (job, state, finished_at, loaded_at) VALUES ('sync', 'done', "
        "clock_timestamp(), clock_timestamp()); "
        "INSERT INTO mirror.custom_fields (table_name, title, name, position) VALUES ('deals', "
        "'Мой цвет', 'moy_tsvet', 1)");
    tell();
    tell();
    ASSERT_EQ(receiver_.got().size(), 1u);
    EXPECT_NE(receiver_.got()[0].find("\"code\":\"new_field\",\"about\":\"deals: Мой цвет\""),
              std::string::npos)
        << receiver_.got()[0];
}

TEST_F(Told, AnAgeingTableOthersWhoSpendTheBudgetAndEmptyExportsAreTold) {
    config_.alert.webhook = receiver_.url() + "/hook";
    connection_->execute(
        "UPDATE journal.coverage SET as_of = clock_timestamp() - interval '40 hours'; "
        "INSERT INTO journal.request (kind, what, answer) VALUES ('start', 'x', 'OverLimit'); "
        "INSERT INTO mirror.deals (id, created_at, row_hash, run_id, export_id, valid_from) VALUES "
        "(1, '2026-01-01 12:00+03', 0, 1, 1, clock_timestamp()); "
        "UPDATE journal.export SET rows = 0, from_day = '2026-01-01', to_day = '2026-01-02'; "
        "INSERT INTO journal.expected_run (job, due_at) VALUES ('sync', clock_timestamp() - "
        "interval '3 hours')");
    tell();
    std::string all;
    for (const std::string& line : receiver_.got()) all += line + "\n";
    for (const char* code : {"stale", "foreign_budget", "empty", "late"})
        EXPECT_NE(all.find("\"code\":\"" + std::string(code) + "\""), std::string::npos)
            << code << "\n"
            << all;
}

TEST_F(Told, TheTestSaysWhatBecameOfEachChannel) {
    std::ostringstream out, err;
    jobs::Context context{config_, out, err, false, false, {}};
    EXPECT_THROW(jobs::run_alert_test(context), etl::Error);
    context.config.alert.webhook = receiver_.url() + "/hook";
    context.config.alert.smtp = "127.0.0.1:1";
    context.config.alert.smtp_plain = true;
    context.config.alert.mail_from = context.config.alert.mail_to = "a@example.org";
    EXPECT_EQ(jobs::run_alert_test(context), 5);
    EXPECT_NE(out.str().find("webhook: sent"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find("mail: FAILED"), std::string::npos);
}

TEST_F(Told, AStatusThatNobodyKnowsIsToldWhenItIsMetFirst) {
    config_.alert.webhook = receiver_.url() + "/hook";
    const char* certificate =
        "INSERT INTO journal.certificate (run_id, export_id, table_name, rows, inserted, changed, "
        "unchanged, duplicate, set_aside, older, rejects, money, balanced, previous, hash) "
        "SELECT max(id), 1, 'deals', 1, 1, 0, 0, 0, 0, 0, 0, '{\"body\": [{\"status\": "
        "\"Завершён\"}, {\"status\": \"Ждёт чуда\"}]}', true, '', '' FROM journal.run";
    for (int run = 0; run < 2; ++run) {
        connection_->execute(
            "INSERT INTO journal.run (job, state, finished_at, loaded_at) VALUES ('sync', 'done', "
            "clock_timestamp(), clock_timestamp())");
        connection_->execute(certificate);
        tell();
    }
    ASSERT_EQ(receiver_.got().size(), 1u);
    EXPECT_NE(receiver_.got()[0].find("\"code\":\"new_status\",\"about\":\"deals: Ждёт чуда\""),
              std::string::npos)
        << receiver_.got()[0];
}

namespace {

class GoodNight : public Told {
protected:
    GoodNight() {
        config_.alert.telegram_url = receiver_.url();
        config_.telegram_token = etl::Secret("123456:telegram-secret");
        config_.alert.telegram_chat = "-100";
        config_.alert.language = "ru";
        config_.alert.good_night = "telegram";
        night_ends("done", "0 s");
    }
    // A run of the schedule, due a minute after the one before.
    void night_ends(const std::string& state, const std::string& ago) {
        connection_->query(
            "INSERT INTO journal.expected_run (job, due_at, state, began_at, ended_at) SELECT "
            "'sync', coalesce(max(due_at) + interval '1 minute', clock_timestamp() - interval '1 "
            "day'), $1, clock_timestamp() - $2::interval, clock_timestamp() - $2::interval FROM "
            "journal.expected_run",
            {state, ago});
    }
    std::string mornings() {
        return value("SELECT count(*) FROM journal.delivery WHERE kind = 'good_night'");
    }
};

}  // namespace

TEST_F(GoodNight, IsToldOnceInTheSchoolsLanguageAlsoWhenTheServiceStartsAgain) {
    tell(true);
    ASSERT_EQ(receiver_.got().size(), 1u) << value(
        "SELECT string_agg(message, ';') FROM "
        "journal.delivery");
    const std::string said = receiver_.got()[0];
    EXPECT_NE(said.find("parse_mode=HTML"), std::string::npos) << said;
    EXPECT_NE(said.find("%D0%94%D0%BE%D0%B1%D1%80%D0%BE%D0%B5"), std::string::npos)  // Доброе
        << said;
    EXPECT_NE(value("SELECT text FROM journal.delivery").find("полностью."), std::string::npos);
    tell();
    connection_.emplace(database_.url(), "test");  // the service was started again
    tell(true);
    night_ends("amber", "0 s");  // a second run of the same day
    tell(true);
    EXPECT_EQ(receiver_.got().size(), 1u);
    EXPECT_EQ(mornings(), "1");
}

TEST_F(GoodNight, IsToldAgainAfterTheMachinesClockWasAheadForADay) {
    tell(true);
    connection_->execute("UPDATE journal.delivery SET day = day + 300");
    tell(true);
    EXPECT_EQ(mornings(), "2");
}

TEST_F(GoodNight, IsNotToldWhileTheNumbersAreNotToBeTrusted) {
    connection_->execute(
        "UPDATE journal.coverage SET as_of = clock_timestamp() - interval '3 days'");
    tell(true);
    EXPECT_EQ(mornings(), "0");
    ASSERT_EQ(receiver_.got().size(), 1u);  // the alert says so
    EXPECT_EQ(receiver_.got()[0].find("parse_mode"), std::string::npos);
    connection_->execute("UPDATE journal.coverage SET as_of = clock_timestamp()");
    night_ends("failed", "0 s");
    tell();
    EXPECT_EQ(mornings(), "0");
    night_ends("done", "7 hours");  // nobody wants a morning in the evening
    tell();
    EXPECT_EQ(mornings(), "0");
    night_ends("done", "0 s");
    tell();
    EXPECT_EQ(mornings(), "1");
}

TEST_F(GoodNight, GoesByMailAsTextAndIsTriedAgainWithWhatWasTrueThen) {
    config_.alert.smtp = mail_.address();
    config_.alert.smtp_plain = true;
    config_.alert.mail_from = "mirror@example.org";
    config_.alert.mail_to = "anna@example.org";
    config_.alert.good_night = "mail, telegram";
    config_.alert.language = "en";
    receiver_.answer(500);
    tell(true);
    ASSERT_EQ(mail_.got().size(), 1u);
    EXPECT_NE(mail_.got()[0].find("Good morning"), std::string::npos) << mail_.got()[0];
    EXPECT_NE(mail_.got()[0].find("good_night"), std::string::npos) << mail_.got()[0];
    EXPECT_NE(mail_.got()[0].find("The numbers are as of"), std::string::npos) << mail_.got()[0];
    const std::string was = value("SELECT text FROM journal.delivery WHERE channel = 'telegram'");
    connection_->execute(
        "UPDATE journal.delivery SET next_at = clock_timestamp() WHERE sent_at IS NULL");
    receiver_.answer(200);
    tell();
    EXPECT_EQ(receiver_.got().size(), 2u);
    EXPECT_EQ(value("SELECT text FROM journal.delivery WHERE channel = 'telegram'"), was);
    EXPECT_EQ(mail_.got().size(), 1u);
    EXPECT_EQ(mornings(), "2");
}
