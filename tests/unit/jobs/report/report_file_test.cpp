#include "jobs/report/report_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "etl/error.hpp"

namespace fs = std::filesystem;

namespace {

class ReportFile : public testing::Test {
protected:
    ReportFile() { fs::create_directories(dir_); }
    ~ReportFile() override { fs::remove_all(dir_); }
    static std::string text(const fs::path& file) {
        std::ostringstream out;
        out << std::ifstream(file).rdbuf();
        return out.str();
    }
    [[nodiscard]] long files() const {
        return std::distance(fs::directory_iterator(dir_), fs::directory_iterator());
    }

    fs::path dir_ = fs::temp_directory_path() / ("gcmirror-report-" + std::to_string(getpid()));
    fs::path page_ = dir_ / "debts.html";
};

// As a full disk: no file grows beyond so many bytes.
class SmallFiles {
public:
    explicit SmallFiles(rlim_t most) : signal_(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{most, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~SmallFiles() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, signal_);
    }
    SmallFiles(const SmallFiles&) = delete;
    SmallFiles& operator=(const SmallFiles&) = delete;

private:
    rlimit before_{};
    void (*signal_)(int);
};

}  // namespace

TEST_F(ReportFile, ThatFindsNoRoomLeavesTheOneOfYesterday) {
    jobs::write_report_file(page_, "yesterday");
    {
        const SmallFiles small(1000);
        try {
            jobs::write_report_file(page_, std::string(5000, 'x'));
            ADD_FAILURE() << "it had room";
        } catch (const etl::Error& error) {
            EXPECT_EQ(error.kind(), etl::Kind::usage);
            EXPECT_NE(error.hint().find("Make room"), std::string::npos) << error.hint();
        }
    }
    EXPECT_EQ(text(page_), "yesterday");
    EXPECT_EQ(files(), 1);
    jobs::write_report_file(page_, "today");
    EXPECT_EQ(text(page_), "today");
    EXPECT_EQ(files(), 1);
}

TEST_F(ReportFile, IsReadByOwnerAndGroupAloneAlsoWhereAllCouldReadTheOneBefore) {
    std::ofstream(page_) << "before";
    fs::permissions(page_, fs::perms::others_read, fs::perm_options::add);
    jobs::write_report_file(page_, "after");
    EXPECT_EQ(fs::status(page_).permissions(),
              fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
}

TEST_F(ReportFile, KeepsTheGroupThatReadsIt) {
    if (geteuid() != 0) GTEST_SKIP() << "who is not root gives no file away";
    std::ofstream(page_) << "before";
    ASSERT_EQ(::chown(page_.c_str(), 12, 34), 0);
    jobs::write_report_file(page_, "after");
    struct stat now {};
    ASSERT_EQ(::stat(page_.c_str(), &now), 0);
    EXPECT_EQ(now.st_uid, 12u);
    EXPECT_EQ(now.st_gid, 34u);
    EXPECT_EQ(text(page_), "after");
}

TEST_F(ReportFile, GoesThroughALinkAndIntoWhatIsNoFile) {
    std::ofstream(dir_ / "real") << "before";
    fs::create_symlink(dir_ / "real", page_);
    jobs::write_report_file(page_, "after");
    EXPECT_TRUE(fs::is_symlink(page_));
    EXPECT_EQ(text(dir_ / "real"), "after");
    const fs::file_status before = fs::status("/dev/null");
    jobs::write_report_file("/dev/null", "anything");
    EXPECT_EQ(fs::status("/dev/null").type(), before.type());
    EXPECT_EQ(fs::status("/dev/null").permissions(), before.permissions());
    try {
        jobs::write_report_file("/dev/full", "anything");
        ADD_FAILURE() << "it had room";
    } catch (const etl::Error& error) {
        EXPECT_NE(error.hint().find("not whole"), std::string::npos) << error.hint();
    }
}

TEST_F(ReportFile, OfAFolderThatIsNotThereIsRefusedWithTheReason) {
    try {
        jobs::write_report_file(dir_ / "no" / "page.html", "text");
        ADD_FAILURE() << "written";
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("No such file or directory"), std::string::npos);
        EXPECT_NE(error.hint().find("--out"), std::string::npos);
    }
}
