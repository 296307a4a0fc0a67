#include "jobs/fleet/school_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "etl/error.hpp"

namespace jobs::fleet {
namespace {

namespace fs = std::filesystem;

class SchoolFile : public ::testing::Test {
protected:
    void SetUp() override {
        std::string made = (fs::temp_directory_path() / "gcmirror-file-XXXXXX").string();
        ASSERT_NE(mkdtemp(made.data()), nullptr);
        folder_ = fs::path(made) / "schools.d";
        std::ofstream(folder_.parent_path() / "key") << "key";
    }
    void TearDown() override { fs::remove_all(folder_.parent_path()); }
    std::string refused(const SchoolSettings& settings) {
        try {
            (void)add_school(folder_, settings, {});
            return "";
        } catch (const etl::Error& error) {
            return error.what();
        }
    }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }
    fs::path folder_;
};

TEST_F(SchoolFile, AddedSchoolsAreInOrderWithPortsOfTheirOwn) {
    const std::string key = folder_.parent_path() / "key";
    add_school(folder_, {"north", "north", "", key, "postgresql://me:pa\"ss@db/north"}, {});
    add_school(folder_, {"south", "", "https://learn.example.com", "", ""}, {});
    const auto schools = read_schools(folder_);
    ASSERT_EQ(schools.size(), 2U);
    for (const School& school : schools) EXPECT_EQ(school.error, "") << school.name;
    EXPECT_EQ(schools[0].config.getcourse.key_file, key);
    EXPECT_EQ(schools[0].config.database.url, "postgresql://me:pa\"ss@db/north");
    EXPECT_NE(schools[0].config.serve_listen, schools[1].config.serve_listen);
    EXPECT_FALSE(schools[0].config.schedule_sync_given);
    struct stat found {};
    ASSERT_EQ(stat((folder_ / "north.toml").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << "it may hold a password";
}

TEST_F(SchoolFile, WhatRootAddsIsReadByTheGroupOfTheFolder) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give a file to another group";
    constexpr gid_t kGroup = 12345;
    fs::create_directory(folder_);
    ASSERT_EQ(chown(folder_.c_str(), 0, kGroup), 0);
    add_school(folder_, {"north", "north", "", "", "postgresql://db/north"}, {});
    struct stat found {};
    ASSERT_EQ(stat((folder_ / "north.toml").c_str(), &found), 0);
    EXPECT_EQ(found.st_gid, kGroup);
    EXPECT_EQ(found.st_mode & 0777U, 0640U);
}

TEST_F(SchoolFile, WhatIsWrongLeavesNothingBehind) {
    add_school(folder_, {"north", "north", "", "", ""}, {});
    const std::size_t before = files();
    for (const auto& [settings, why] :
         {std::pair<SchoolSettings, std::string>{{"north", "other", "", "", ""}, "File exists"},
          {{"n", "north", "", "", ""}, "that of school north already"},
          {{"n", "", "", "", ""}, "--account or --url"},
          {{"n", "a b", "", "", ""}, "account is \"a b\""},
          {{"a/b", "x", "", "", ""}, "no name of a school"},
          {{"..", "x", "", "", ""}, "no name of a school"},
          {{"all", "x", "", "", ""}, "not all, which is every school"},
          {{"n", "x", "", "/nowhere", ""}, "--key-file /nowhere cannot be read"}})
        EXPECT_NE(refused(settings).find(why), std::string::npos)
            << why << " in " << refused(settings);
    EXPECT_EQ(files(), before);
}

TEST_F(SchoolFile, ARemovedSchoolsFileStaysBesideAndTheNameIsFreeAgain) {
    for (const char* kept : {"north.toml.removed", "north.toml.removed-2"}) {
        add_school(folder_, {"north", "north", "", "", ""}, {});
        EXPECT_EQ(remove_school(folder_, "north"), folder_ / kept);
        EXPECT_TRUE(read_schools(folder_).empty());
        EXPECT_TRUE(fs::exists(folder_ / kept));
    }
    EXPECT_THROW(remove_school(folder_, "north"), etl::Error);
    EXPECT_THROW(remove_school(folder_, "../north"), etl::Error);
}

}  // namespace
}  // namespace jobs::fleet
