// What doctor judges without a database: disk and files.
#include "jobs/cli/doctor.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "etl/disk.hpp"
#include "etl/error.hpp"

namespace {

using Level = jobs::Finding::Level;

TEST(CheckDisk, JudgesAlsoWhenNoDatabaseTellsItsSize) {
    EXPECT_EQ(jobs::check_disk("/data", 50'000'000'000, std::nullopt).level, Level::ok);
    const jobs::Finding full = jobs::check_disk("/data", 900'000'000, std::nullopt);
    EXPECT_EQ(full.level, Level::wrong);
    EXPECT_EQ(full.text, "900 MB free at /data");
}

TEST(CheckRoom, NothingBeginsOnADiskThatIsAlmostFull) {
    EXPECT_NO_THROW(etl::check_room("/data", 300'000'000));
    try {
        etl::check_room("/data", 20'000'000);
        FAIL() << "20 MB are no room";
    } catch (const etl::Error& error) {
        EXPECT_EQ(error.kind(), etl::Kind::database);
        EXPECT_STREQ(error.what(), "only 20 MB are free at /data; nothing was begun");
    }
    EXPECT_TRUE(etl::free_bytes("/tmp/a/folder/that/is/not/made/yet").has_value());
}

TEST(CheckSecretFile, NamesOneThatOthersCanReadAndTheChmod) {
    const std::string file =
        (std::filesystem::temp_directory_path() / ("gcmirror-key-" + std::to_string(getpid())))
            .string();
    std::ofstream(file) << "key";
    for (const mode_t closed : {0600u, 0400u, 0640u}) {
        ASSERT_EQ(chmod(file.c_str(), closed), 0);
        EXPECT_FALSE(jobs::check_secret_file("key_file", file).has_value()) << closed;
    }
    for (const mode_t open : {0644u, 0604u, 0660u}) {
        ASSERT_EQ(chmod(file.c_str(), open), 0);
        const auto finding = jobs::check_secret_file("key_file", file);
        ASSERT_TRUE(finding.has_value()) << open;
        EXPECT_EQ(finding->level, Level::note);
        EXPECT_EQ(finding->hint, "chmod 600 " + file);
    }
    std::filesystem::remove(file);
    EXPECT_FALSE(jobs::check_secret_file("key_file", file).has_value());
    EXPECT_FALSE(jobs::check_secret_file("key_file", "").has_value());
}

}  // namespace
