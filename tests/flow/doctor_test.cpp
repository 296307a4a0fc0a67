// gcmirror doctor against a simulated school: each thing that can be wrong is found, named and
// given its cure.
#include "jobs/cli/doctor.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "etl/log.hpp"
#include "etl/value.hpp"
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
        config_.database.url = database_.url();
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
    config_.database.url = database_.url();
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
