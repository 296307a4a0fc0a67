#include "jobs/fleet/schools.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <fstream>

#include "etl/error.hpp"
#include "schema/text.hpp"

namespace jobs::fleet {
namespace {

namespace fs = std::filesystem;

class Schools : public ::testing::Test {
protected:
    void SetUp() override {
        std::string made = (fs::temp_directory_path() / "gcmirror-schools-XXXXXX").string();
        ASSERT_NE(mkdtemp(made.data()), nullptr);
        folder_ = made;
    }
    void TearDown() override { fs::remove_all(folder_); }
    void write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
    }
    void write_school(const std::string& name, const std::string& more = "") {
        static int port = 9000;
        write(name + ".toml",
              "[getcourse]\naccount = \"" + name +
                  "\"\n[database]\nurl = \"postgresql://u:secret@db1/" + name + "\"\n" + more +
                  "[serve]\nlisten = \"127.0.0.1:" + std::to_string(++port) + "\"\n");
    }
    std::string error_of(const std::string& name) {
        for (const School& school : read_schools(folder_))
            if (school.name == name) return school.error.empty() ? "in order" : school.error;
        return "not there";
    }
    fs::path folder_;
};

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_F(Schools, EachFileIsASchoolNamedAfterIt) {
    write_school("north");
    write_school("anna_2");
    write("notes.txt", "not a school");
    write(".north.toml.swp.toml", "an editor's");
    const auto schools = read_schools(folder_);
    ASSERT_EQ(schools.size(), 2U);
    EXPECT_EQ(schools[0].name, "anna_2");
    EXPECT_EQ(schools[1].config.getcourse.account, "north");
    EXPECT_EQ(schools[1].error, "");
}

TEST_F(Schools, AWrongFileIsASchoolWithAnErrorAndTheOthersGoOn) {
    write_school("good");
    write("broken.toml", "[getcourse\n");
    write("strange.toml", "[getcourse]\naccount = \"s\"\nkolor = 1\n");
    write("empty.toml", "");
    write("relative.toml", "[getcourse]\naccount = \"r\"\n[database]\ndata_dir = \"here\"\n");
    write("bad url.toml", "");
    write("url.toml",
          "[getcourse]\naccount = \"u\"\n[database]\nurl = \"postgresql://u:se%zz@h\"\n");
    fs::create_directory(folder_ / "folder.toml");
    ASSERT_EQ(mkfifo((folder_ / "pipe.toml").c_str(), 0600), 0);
    fs::create_symlink(folder_ / "nowhere", folder_ / "dangling.toml");
    std::ofstream(folder_ / "huge.toml") << std::string(2 << 20, '#');
    EXPECT_EQ(error_of("good"), "in order");
    EXPECT_TRUE(says(error_of("broken"), "line 1")) << error_of("broken");
    EXPECT_TRUE(says(error_of("strange"), "unknown key [getcourse] kolor"));
    EXPECT_TRUE(says(error_of("empty"), "account is not set"));
    EXPECT_TRUE(says(error_of("relative"), "expected a whole path"));
    EXPECT_TRUE(says(error_of("bad url"), "no name of a school"));
    EXPECT_TRUE(says(error_of("url"), "url cannot be read")) << error_of("url");
    for (const char* name : {"folder", "pipe", "dangling"})
        EXPECT_TRUE(says(error_of(name), "no file that can be read")) << name;
    EXPECT_TRUE(says(error_of("huge"), "2097152 bytes"));
}

TEST_F(Schools, ANameWithALineBreakStaysOneLine) {
    write("a\nb.toml", "");
    const auto schools = read_schools(folder_);
    ASSERT_EQ(schools.size(), 1U);
    EXPECT_EQ(schools[0].name, "a?b");
    EXPECT_TRUE(says(schools[0].error, "\"a?b\" is no name of a school"));
    EXPECT_FALSE(is_school_name(""));
    EXPECT_FALSE(is_school_name(std::string(41, 'a')));
    EXPECT_FALSE(is_school_name("школа"));
    EXPECT_TRUE(is_school_name(std::string(40, 'a')));
}

// Such a name ended the refresh of the overview and broke the page's JSON, for every school.
TEST_F(Schools, ANameWithABrokenLetterOrCutInOneIsStillWholeText) {
    std::string fifty = "x";
    for (int i = 0; i < 50; ++i) fifty += "щ";
    write("bad\xff.toml", "");
    write(fifty + ".toml", "");
    const auto schools = read_schools(folder_);
    ASSERT_EQ(schools.size(), 2U);
    EXPECT_EQ(schools[0].name, "bad\xEF\xBF\xBD");
    EXPECT_EQ(schools[1].name, fifty.substr(0, 79));
    for (const School& school : schools)
        for (const std::string& text : {school.name, school.error}) {
            std::uint64_t broken = 0;
            (void)schema::repaired(text, broken);
            EXPECT_EQ(broken, 0U) << text;
        }
}

TEST_F(Schools, NoKeyIsReadAndAMissingKeyFileIsTheSchoolsOwnTrouble) {
    write("key", "top-secret-key-of-the-school");
    write_school("north", "[masking]\nkey_file = \"missing\"\n");
    write("south.toml",
          "[getcourse]\naccount = \"south\"\nkey_file = \"key\"\n[serve]\nlisten = \"\"\n");
    const auto schools = read_schools(folder_);
    ASSERT_EQ(schools.size(), 2U);
    for (const School& school : schools) {
        EXPECT_EQ(school.error, "");
        EXPECT_TRUE(school.config.key.empty());
    }
    EXPECT_EQ(schools[1].config.getcourse.key_file, (folder_ / "key").string());
}

TEST_F(Schools, OfTwoSchoolsWithOneThingTheLaterIsLeftOut) {
    write_school("a");
    write("b.toml", "[getcourse]\naccount = \"A\"\n[serve]\nlisten = \"\"\n");
    write("c.toml",
          "[getcourse]\naccount = \"c\"\n[database]\nurl = \"host=db1 user=x dbname=a\"\n"
          "[serve]\nlisten = \"\"\n");
    write("d.toml", "[getcourse]\naccount = \"d\"\n[database]\ndata_dir = \"/var/x/\"\n");
    write(
        "e.toml",
        "[getcourse]\naccount = \"e\"\n[database]\ndata_dir = \"/var/x\"\n[serve]\nlisten=\"\"\n");
    write("f.toml", "[getcourse]\naccount = \"f\"\n");
    EXPECT_EQ(error_of("a"), "in order");
    EXPECT_TRUE(says(error_of("b"), "that of school a already")) << error_of("b");
    EXPECT_EQ(error_of("c"), "the database postgresql://db1/a is that of school a already");
    EXPECT_EQ(error_of("d"), "in order");
    EXPECT_TRUE(says(error_of("e"), "that of school d already")) << error_of("e");
    EXPECT_EQ(error_of("f"), "[serve] listen 127.0.0.1:8080 is that of school d already");
}

TEST_F(Schools, AFolderThatIsNotThereIsSaid) {
    EXPECT_THROW((void)read_schools(folder_ / "none"), etl::Error);
}

TEST(SchoolsDatabase, IsShownWithoutUserAndPassword) {
    etl::Config config;
    config.database.url = "postgresql://me:hidden@db1:5433/school";
    EXPECT_EQ(database_of(config), "postgresql://db1:5433/school");
}

}  // namespace
}  // namespace jobs::fleet
