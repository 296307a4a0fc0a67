// gcmirror doctor against a simulated school: each thing that can be wrong is found, named and
// given its cure.
#include "jobs/cli/doctor.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "etl/log.hpp"
#include "etl/value.hpp"
#include "jobs/cli/command_line.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/database.hpp"

using namespace std::chrono_literals;

namespace {

class Doctor : public testing::Test {
protected:
    Doctor() : simulator_(options()) {
        etl::log::set_level(etl::log::Level::error);
        simulator_.start();
        config_.getcourse.url = simulator_.url();
        config_.getcourse.ca_file = simulator_.ca_file().string();
        config_.key = etl::Secret("simulator-read-key");
        config_.database = database_.settings();
        config_.pacing.first_poll = 20ms;
    }
    ~Doctor() override {
        simulator_.stop();
        std::filesystem::remove_all(dir());
    }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-doctor-" + std::to_string(getpid()));
    }
    static simulator::SimulatorOptions options() {
        simulator::SimulatorOptions options;
        options.school.users = 20;
        options.school.deals = 30;
        options.build_median = 30ms;
        options.dir = dir();
        return options;
    }
    int examine(bool offline = false) {
        std::ostringstream out, err;
        jobs::Context context{config_, out, err, false, false, {}};
        const int code = jobs::run_doctor(context, offline);
        said_ = out.str();
        announced_ = err.str();
        return code;
    }
    [[nodiscard]] bool says(const std::string& part) const {
        return said_.find(part) != std::string::npos;
    }

    test_support::TestDatabase database_;
    simulator::Simulator simulator_;
    etl::Config config_;
    std::string said_, announced_;
};

}  // namespace

TEST_F(Doctor, FindsNothingWrongInAHealthySchoolAndAnnouncesItsOneRequest) {
    EXPECT_EQ(examine(), 0) << said_;
    EXPECT_FALSE(says("wrong")) << said_;
    for (const char* part :
         {"ok     configuration", "ok     database",
          "gcmirror_reader reads what it should and nothing else",
          "gcmirror_masked reads what it should", "ok     zone", "ok     schedule",
          "note   freshness      nothing has been mirrored yet", "ok     key", "ok     clock"})
        EXPECT_TRUE(says(part)) << part << "\n" << said_;
    EXPECT_NE(announced_.find("one request of the budget"), std::string::npos);
    etl::pg::Connection connection(database_.url(), "test");
    EXPECT_EQ(connection.value("SELECT count(*) FROM journal.request WHERE counts"), "1");

    std::ostringstream out, err;
    EXPECT_EQ(jobs::run_sync(config_, {}, out, err, {}), 0) << err.str();
    EXPECT_EQ(connection.value("SELECT count(*) FROM journal.request WHERE kind = 'fields'"), "1")
        << "the sync uses the list that doctor brought";
    EXPECT_EQ(examine(true), 0);
    EXPECT_TRUE(says("ok     freshness      run")) << said_;
}

TEST_F(Doctor, SaysWhatHistoryHoldsAndFromWhenOnItIsWhole) {
    EXPECT_EQ(examine(true), 0);
    EXPECT_TRUE(says("ok     history        about 0 earlier versions in 0 MB, kept for ever\n"))
        << said_;
    etl::pg::Connection(database_.url(), "test")
        .execute(
            "WITH r AS (INSERT INTO journal.run (job) VALUES ('sync') RETURNING id) INSERT INTO "
            "journal.history_dropped SELECT id, 'deals', now(), '', 7, '2024-01-01Z', "
            "'2025-02-01 00:00Z', 1 FROM r");
    config_.keep.history = std::chrono::hours{24 * 730};
    config_.keep.history_versions = 20;
    EXPECT_EQ(examine(true), 0);
    EXPECT_TRUE(
        says("kept for 730d, the newest 20 of a row and its first; 7 were dropped: whole "
             "from 2025-02-01 03:00 on"))
        << said_;
}

TEST_F(Doctor, OfflineSendsNothing) {
    EXPECT_EQ(examine(true), 0);
    EXPECT_EQ(
        etl::pg::Connection(database_.url(), "test").value("SELECT count(*) FROM journal.request"),
        "0");
}

TEST_F(Doctor, NamesAKeyThatTheServiceRefuses) {
    config_.key = etl::Secret("not-the-key-of-this-school");
    EXPECT_EQ(examine(), 5) << said_;
    EXPECT_TRUE(says("wrong  key")) << said_;
    EXPECT_FALSE(says("not-the-key-of-this-school"));
}

TEST_F(Doctor, NamesARoleThatSeesOrWritesMoreThanItMay) {
    etl::pg::Connection connection(database_.url(), "test");
    EXPECT_EQ(examine(true), 0) << said_;  // migrates
    connection.execute(
        "GRANT USAGE ON SCHEMA journal TO gcmirror_masked; GRANT SELECT ON journal.mask TO "
        "gcmirror_masked; GRANT INSERT ON report.exclusions TO gcmirror_reader");
    EXPECT_EQ(examine(true), 6);
    EXPECT_TRUE(says("wrong  roles          gcmirror_masked sees journal.mask")) << said_;
    EXPECT_TRUE(says("wrong  roles          gcmirror_reader may write to report.exclusions"))
        << said_;
    EXPECT_TRUE(says("-> REVOKE SELECT ON journal.mask FROM gcmirror_masked")) << said_;
}

TEST_F(Doctor, NamesADatabaseThatCannotBeReachedAndASettingThatIsMissing) {
    config_.database.url = "postgresql:///postgres?host=/nowhere";
    EXPECT_EQ(examine(true), 6);
    EXPECT_TRUE(says("wrong  database")) << said_;
    config_.database = database_.settings();
    config_.key = etl::Secret();
    EXPECT_EQ(examine(), 2);
    EXPECT_TRUE(says("wrong  configuration  no API key")) << said_;
}

TEST_F(Doctor, NamesAScheduleThatCannotFitAndAZoneThatChanged) {
    config_.schedule_sync = "* * * * *";
    EXPECT_EQ(examine(true), 2);
    EXPECT_TRUE(says("wrong  schedule")) << said_;
    config_.schedule_sync = "30 3 * * *";
    std::ostringstream out, err;
    EXPECT_EQ(jobs::run_sync(config_, {}, out, err, {}), 0);
    config_.getcourse.time_zone = "Asia/Vladivostok";
    EXPECT_EQ(examine(true), 0);
    EXPECT_TRUE(
        says("note   zone           the mirror was read in Europe/Moscow, the configuration says "
             "Asia/Vladivostok"))
        << said_;
}

TEST_F(Doctor, LooksAtTheDiskThoughThereIsNoDatabaseToReach) {
    config_.database.url.clear();
    config_.database.data_dir = "/proc/gcmirror";  // no room, and no cluster can be made there
    EXPECT_EQ(examine(true), 6);
    EXPECT_TRUE(says("wrong  database")) << said_;
    EXPECT_TRUE(says("wrong  disk           0 MB free at /proc/gcmirror")) << said_;
}

TEST_F(Doctor, ADatabaseThatIsReadOnlyByDefaultIsMigratedAllTheSame) {
    etl::pg::Connection connection(database_.url(), "test");
    connection.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "
        "default_transaction_read_only = on', current_database()); END $$");
    EXPECT_EQ(examine(true), 0) << said_;
}

TEST(CheckClock, AllowsTwoMinutesAndNamesTheDirection) {
    const etl::Instant noon = *etl::parse_instant("2026-11-25T12:00:00.000000Z");
    EXPECT_EQ(jobs::check_clock("Wed, 25 Nov 2026 12:00:00 GMT", noon).text,
              "the same second as the service's");
    EXPECT_EQ(jobs::check_clock("Wed, 25 Nov 2026 12:00:00 GMT", noon + 90s).level,
              jobs::Finding::Level::ok);
    const jobs::Finding behind = jobs::check_clock("Wed, 25 Nov 2026 12:03:20 GMT", noon);
    EXPECT_EQ(behind.level, jobs::Finding::Level::wrong);
    EXPECT_EQ(behind.text, "200 s behind the service's");
    EXPECT_EQ(jobs::check_clock("yesterday", noon).level, jobs::Finding::Level::note);
}

TEST(CheckDisk, WantsRoomForADatabaseOnceMore) {
    EXPECT_EQ(jobs::check_disk("/data", 50'000'000'000, 10'000'000'000).level,
              jobs::Finding::Level::ok);
    EXPECT_EQ(jobs::check_disk("/data", 9'000'000'000, 10'000'000'000).level,
              jobs::Finding::Level::wrong);
    EXPECT_EQ(jobs::check_disk("/data", 900'000'000, 1'000'000).level, jobs::Finding::Level::wrong);
}

namespace {

// The command line with LANG=ru_RU.UTF-8 against the simulated school.
class Russian : public Doctor {
protected:
    int run(const std::string& command, const std::string& lang = "ru_RU.UTF-8") {
        std::istringstream in(command);
        std::vector<std::string> words;
        for (std::string word; in >> word;) words.push_back(word);
        std::ostringstream out, err;
        const int code =
            jobs::run_command_line(words,
                                   {{"LANG", lang},
                                    {"GCMIRROR_GETCOURSE_URL", config_.getcourse.url},
                                    {"GCMIRROR_GETCOURSE_CA_FILE", config_.getcourse.ca_file},
                                    {"GCMIRROR_DATABASE_URL", database_.url()},
                                    {"GCMIRROR_DATABASE_DATA_DIR", database_.folder().string()},
                                    {"GCMIRROR_PACING_FIRST_POLL", "20ms"},
                                    {"GETCOURSE_KEY", "simulator-read-key"},
                                    {"GETCOURSE_WRITE_KEY", "simulator-write-key"}},
                                   out, err, false, {});
        said_ = out.str() + err.str();
        return code;
    }
};

bool has_cyrillic(const std::string& text) {
    return text.find("\xD0") != std::string::npos || text.find("\xD1") != std::string::npos;
}

}  // namespace

TEST_F(Russian, EveryCommandAnswersInTheLanguageThatLangSays) {
    const std::vector<std::tuple<std::string, int, std::vector<std::string>>> commands = {
        {"sync", 0, {"люди: строк 20, новых 20", "запуск 1: новых ", "помещается: "}},
        {"plan", 0, {"Ничего не отправлено.", "новые строки и недавние дни"}},
        {"status", 0, {"бюджет: ", "запуски\n", "зеркалирование", "готово"}},
        {"doctor", 0, {"хорошо     база данных", "ключ           сервис отвечает", "-> Задайте "}},
        {"explain 1",
         0,
         {"запуск 1 (зеркалирование): готово", "файл получен", "растущий промежуток",
          "люди по дате создания"}},
        {"reconciliation",
         0,
         {"каждая строка каждого ответа учтена", "прочитанные дни:", "начало"}},
        {"export list", 0, {"поля"}},
        {"export drop 77", 2, {"ошибка: выгрузки 77 нет"}},
        {"report nothing", 2, {"ошибка: отчёта «nothing» нет; ближайшие: "}},
        {"push plan", 0, {"Отменить заказы, за которые", "(изменить)"}},
        {"push plan ltv_and_segment", 0, {"план 1: запросов ", "Ничего не отправлено. Дальше: "}},
        {"push approve 1 --by Анна", 0, {"план 1 утверждён: Анна", "Дальше: gcmirror push send 1"}},
        {"push send 1", 0, {"план 1: отправлено ", "Следующий запуск перечитает"}},
        {"push list", 0, {"утверждён"}},
        {"push verify", 0, {"журнал действий: строк ", "цепочка цела"}},
        {"push plan --undo 1", 2, {"из плана 1 ничего не отправлено и не подтверждено"}},
        {"push cancel 9", 2, {"ошибка: плана 9 нет"}},
        {"segment add rfm ltv_and_segment", 0, {"сегмент rfm добавлен"}},
        {"segment list", 0, {"ещё не было"}},
        {"alert test", 2, {"ошибка: ни один канал не настроен"}},
        {"sync --from 2026-02-30", 2, {"ожидается существующий день"}},
        {"nonsense", 2, {"ошибка: команды «nonsense» нет"}}};
    for (const auto& [command, code, parts] : commands) {
        EXPECT_EQ(run(command), code) << command << "\n" << said_;
        for (const std::string& part : parts)
            EXPECT_TRUE(says(part)) << command << ": " << part << "\n" << said_;
        for (const char* english :
             {" rows", " requests", "nothing", "until", " of ", "gap", " created_at", "error:"})
            EXPECT_FALSE(says(english) && command.find("nothing") == std::string::npos)
                << command << ": " << english << "\n"
                << said_;
    }
}

TEST_F(Russian, ProgramsAndOtherLanguagesGetEnglishAsBefore) {
    ASSERT_EQ(run("sync"), 0) << said_;
    for (const char* command : {"doctor --offline --json", "explain --json", "status --json"}) {
        EXPECT_EQ(run(command), 0) << command;
        EXPECT_FALSE(has_cyrillic(said_)) << command << "\n" << said_;
    }
    for (const char* command : {"doctor --offline", "explain", "reconciliation"}) {
        for (const char* language : {"de_DE.UTF-8", ""}) {
            EXPECT_EQ(run(command, language), 0) << command;
            EXPECT_TRUE(says(" ")) << command;
            for (const char* russian : {"хорошо", "запуск ", "каждая строка", "прочитанные дни"})
                EXPECT_FALSE(says(russian)) << command << "\n" << said_;
        }
    }
    EXPECT_EQ(run("--lang ru --json sync"), 0);
    EXPECT_TRUE(says("run 2: ")) << said_;
    EXPECT_FALSE(says("запуск 2")) << said_;
    EXPECT_EQ(run("--lang en doctor --offline"), 0);
    EXPECT_TRUE(says("ok     database")) << said_;
    EXPECT_EQ(run("--lang ru doctor --offline", "C"), 0);
    EXPECT_TRUE(says("хорошо     база данных")) << said_;
}
