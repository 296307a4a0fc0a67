#include "etl/config.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "etl/error.hpp"
#include "etl/log.hpp"

using namespace etl;
using namespace std::chrono_literals;

namespace {

// A file that goes away again.
class TomlFile {
public:
    explicit TomlFile(const std::string& text)
        : path_(std::filesystem::temp_directory_path() /
                ("gcmirror-config-" + std::to_string(getpid()) + ".toml")) {
        std::ofstream(path_) << text;
    }
    ~TomlFile() { std::filesystem::remove(path_); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string problems(const std::string& toml,
                     const std::map<std::string, std::string>& environment = {}) {
    const TomlFile file(toml);
    try {
        (void)load_config(file.path(), environment);
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::usage);
        return error.what();
    }
}

Config load(const std::map<std::string, std::string>& environment) {
    const TomlFile file("");
    return load_config(file.path(), environment);
}

bool names(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST(Config, DefaultsStandWithoutAnyFile) {
    const TomlFile empty("");
    const Config config = load_config(
        empty.path(), {{"GETCOURSE_ACCOUNT", "school"}, {"GETCOURSE_KEY", "a-secret-key"}});
    EXPECT_EQ(config.base_url(), "https://school.getcourse.ru");
    EXPECT_EQ(config.budget.window, 2h);
    EXPECT_EQ(config.key.reveal(), "a-secret-key");
    EXPECT_NO_THROW(require_account(config));
}

TEST(Config, FileAndThenEnvironmentAreRead) {
    const TomlFile file(
        "[getcourse]\naccount = \"learn.example.com\"\n[pacing]\nfirst_poll = "
        "\"250ms\"\n[sync]\nresources = [\"deals\"]\nbegin = "
        "2020-05-01\n[headings.deals]\n\"Cost\" = \"cost\"\n");
    const Config config = load_config(
        file.path(), {{"GCMIRROR_PACING_FIRST_POLL", "20ms"}, {"GCMIRROR_BUDGET_LIMIT", "50"}});
    EXPECT_EQ(config.base_url(), "https://learn.example.com");
    EXPECT_EQ(config.pacing.first_poll, 20ms);
    EXPECT_EQ(config.budget.limit, 50);
    EXPECT_EQ(config.sync.resources, std::vector<std::string>{"deals"});
    EXPECT_EQ(format_day(*config.sync.begin), "2020-05-01");
    EXPECT_EQ(config.headings.at("deals").at(0).second, "cost");
}

TEST(Config, AllProblemsComeInOneMessage) {
    const std::string all = problems(
        "[getcourse]\ntime_zone = \"Europe/Moskow\"\nacount = \"x\"\n[sync]\nbegin = "
        "\"31.02.2026\"\nresources = [\"lessons\"]\n[budget]\nreserve = 100\n",
        {{"GCMIRROR_PACING_GROWTH", "fast"}});
    for (const char* part :
         {"6 problems", "Europe/Moscow", "[getcourse] acount; did you mean [getcourse] account?",
          "YYYY-MM-DD", "lessons", "reserve is 100", "GCMIRROR_PACING_GROWTH"})
        EXPECT_TRUE(names(all, part)) << part << "\n" << all;
}

TEST(Config, ApproversStandInAFileOfLinesAndNoPasswordIsShown) {
    const TomlFile file("# who\n\nAnna annas-password\n  Pia\tpias-own-password  \n");
    const std::map<std::string, std::string> environment = {
        {"GCMIRROR_CONFIG", "/dev/null"}, {"GCMIRROR_SERVE_APPROVERS_FILE", file.path().string()}};
    const Config config = load_config(std::nullopt, environment);
    ASSERT_EQ(config.approvers.size(), 2U);
    EXPECT_EQ(config.approvers[1].first, "Pia");
    EXPECT_EQ(config.approvers[1].second.reveal(), "pias-own-password");
    std::ofstream(file.path()) << "Anna short\nPia\nAnna annas-password more\n";
    std::string said;
    try {
        (void)load_config(std::nullopt, environment);
    } catch (const Error& error) {
        said = error.what();
    }
    for (const char* part : {"line 1: expected NAME PASSWORD", "line 2: expected",
                             "line 3: expected", "line 3: Anna stands there twice"})
        EXPECT_TRUE(names(said, part)) << part << "\n" << said;
    EXPECT_FALSE(names(said, "short") || names(said, "annas-password")) << said;
    std::ofstream(file.path()) << "# nobody\n";
    EXPECT_THROW((void)load_config(std::nullopt, environment), Error);
}

TEST(Config, FourEyesAndAPlanThatApprovesItselfExcludeEachOther) {
    EXPECT_EQ(problems("[write_back]\nauto_approve = 5\n"), "");
    EXPECT_TRUE(names(problems("[write_back]\nauto_approve = 5\nfour_eyes = true\n"),
                      "exclude each other"));
}

TEST(Config, ARunMayBeginOnTheMinuteButNotWithinNoTime) {
    EXPECT_EQ(problems("[schedule]\njitter = \"0s\"\n"), "");
    EXPECT_NE(problems("[schedule]\ncatch_up = \"0s\"\n"), "");
}

TEST(Config, ImpossibleDaysAreRefused) {
    for (const char* day : {"31.02.2026", "03/01/2026", "2026-02-30", "tomorrow"})
        EXPECT_TRUE(names(problems("[sync]\nbegin = \"" + std::string(day) + "\"\n"),
                          "expected a day that exists"))
            << day;
}

TEST(Config, HistoryIsKeptForEverUnlessATimeOrANumberIsSaid) {
    EXPECT_EQ(load({}).keep.history, Duration{});
    EXPECT_EQ(load({}).keep.history_versions, 0);
    EXPECT_EQ(load({{"GCMIRROR_KEEP_HISTORY", "730d"}}).keep.history, 24h * 730);
    EXPECT_EQ(load({{"GCMIRROR_KEEP_HISTORY", ""}}).keep.history, Duration{});
    EXPECT_EQ(load({{"GCMIRROR_KEEP_HISTORY_VERSIONS", "20"}}).keep.history_versions, 20);
    for (const char* wrong : {"0d", "5h", "two years", "-1d"})
        EXPECT_TRUE(names(problems("[keep]\nhistory = \"" + std::string(wrong) + "\"\n"),
                          "[keep] history is \"" + std::string(wrong) +
                              "\", expected at least 1d, such as 90d or 730d"))
            << problems("[keep]\nhistory = \"" + std::string(wrong) + "\"\n");
    EXPECT_TRUE(names(problems("[keep]\nhistory_versions = -1\n"), "[keep] history_versions"));
}

TEST(Config, BrokenFilesAreNamedWithTheLine) {
    EXPECT_TRUE(names(problems("[getcourse\naccount = 1"), "line 1"));
    try {
        (void)load_config("/nonexistent/gcmirror.toml", {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_TRUE(names(error.what(), "/nonexistent/gcmirror.toml"));
    }
}

TEST(Config, AFileOfAnotherUserIsSaidToBeUnreadable) {
    const bool root = geteuid() == 0;
    const TomlFile file("[getcourse]\n");
    std::filesystem::permissions(file.path(), std::filesystem::perms::none);
    if (root) ASSERT_EQ(seteuid(65534), 0);  // root reads everything
    std::string said;
    try {
        (void)load_config(file.path(), {});
    } catch (const Error& error) {
        said = error.what();
    }
    if (root) ASSERT_EQ(seteuid(0), 0);
    EXPECT_NE(said.find(file.path().string() + " cannot be read: Permission denied"),
              std::string::npos)
        << said;
}

TEST(Config, ThePrintedExampleIsReadBackToTheDefaults) {
    EXPECT_EQ(problems(example_config("school")), "");
    EXPECT_TRUE(names(example_config("school"), "account = \"school\""));
}

TEST(Config, WithoutAccountOrKeyItSaysWhatToSet) {
    EXPECT_THROW(require_account({}), Error);
    Config config;
    config.getcourse.account = "school";
    EXPECT_THROW(require_account(config), Error);
}

TEST(Config, AnAddressWithoutHttpsIsRefused) {
    EXPECT_TRUE(
        names(problems("[getcourse]\nurl = \"http://school.example.com\"\n"), "https://host"));
}

TEST(Config, AMisspeltVariableIsRefusedWithTheNearestName) {
    EXPECT_TRUE(
        names(problems("", {{"GCMIRROR_SERVE_LISTN", "1"}}),
              "unknown variable GCMIRROR_SERVE_LISTN; did you mean GCMIRROR_SERVE_LISTEN?"));
    EXPECT_TRUE(names(problems("", {{"GCMIRROR_SREVE_LISTEN", "1"}}), "GCMIRROR_SERVE_LISTEN?"));
    EXPECT_TRUE(names(problems("", {{"GCMIRROR_CONFG", "x"}}), "GCMIRROR_CONFIG?"));
}

TEST(Config, VariablesThatAreNobodysMistakeAreLeftAlone) {
    EXPECT_EQ(problems("", {{"GCMIRROR_TEST_URL", "x"},
                            {"GCMIRROR_SERVE_SERVICE_HOST", "10.0.0.1"},
                            {"GCMIRROR_SERVE_PORT_8080_TCP", "tcp://10.0.0.1:8080"},
                            {"GCMIRROR_ALERT_DEAD_MAN", "https://monitor.example.com"},
                            {"GCMIRROR_VERSION", "1"}}),
              "");
}

TEST(Config, AListInTheEnvironmentMayStandAsInTheFile) {
    const std::vector<std::string> wanted = {"deals", "users"};
    EXPECT_EQ(load({{"GCMIRROR_SYNC_RESOURCES", R"(["deals", "users"])"}}).sync.resources, wanted);
    EXPECT_EQ(load({{"GCMIRROR_SYNC_RESOURCES", "deals, users"}}).sync.resources, wanted);
}

TEST(Config, AnAccountThatCanBeNoneIsRefusedBeforeARequest) {
    for (const char* account : {"моя школа", "my school", "school/x", "https:", "школа"})
        EXPECT_TRUE(names(problems("", {{"GETCOURSE_ACCOUNT", account}}),
                          "account is \"" + std::string(account) + "\", expected"))
            << account;
    EXPECT_EQ(problems("", {{"GETCOURSE_ACCOUNT", "my-school.example.com"}}), "");
}

TEST(Config, AKeyThatCanBeNoneIsRefusedBeforeARequestAndNotShown) {
    for (const char* key : {"   ", "two words", "ключ", "tab\tkey"}) {
        const std::string said = problems("", {{"GETCOURSE_KEY", key}});
        EXPECT_TRUE(names(said, "the API key holds a blank")) << key;
        EXPECT_FALSE(names(said, key)) << key;
    }
}

TEST(Config, AFileNamedWithoutASlashLiesBesideTheConfiguration) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path() / fmt::format("gcmirror-{}", getpid());
    fs::create_directories(folder);
    std::ofstream(folder / "gcmirror.toml") << "[getcourse]\nkey_file = \"key\"\n";
    try {
        (void)load_config(folder / "gcmirror.toml", {});
        ADD_FAILURE() << "a key that is not there";
    } catch (const Error& error) {
        EXPECT_TRUE(names(error.what(), "[getcourse] key_file: " + (folder / "key").string() +
                                            " cannot be read: No such file or directory"))
            << error.what();
    }
    std::ofstream(folder / "key") << "a-key-in-a-file\n";
    EXPECT_EQ(load_config(folder / "gcmirror.toml", {}).key.reveal(), "a-key-in-a-file");
    fs::remove_all(folder);
}

TEST(Config, OnlyThePrivateServerListensByOurSettings) {
    EXPECT_TRUE(names(problems("[database]\nurl = \"postgresql://x/y\"\nlisten = \"[::1]:1\"\n"),
                      "[database] listen is of the private PostgreSQL"));
}

TEST(Secrets, ThePasswordOfTheDatabaseComesFromAFileAndIsNeverShown) {
    const std::string file = testing::TempDir() + "/password-" + std::to_string(getpid());
    std::ofstream(file) << "p'a ss/1\n";
    EXPECT_EQ(load({{"GCMIRROR_DATABASE_URL", "postgresql://gcmirror@host/db"},
                    {"GCMIRROR_DATABASE_PASSWORD_FILE", file}})
                  .database.url,
              "postgresql://gcmirror@host/db?password=p%27a%20ss%2F1");
    EXPECT_EQ(load({{"GCMIRROR_DATABASE_URL", "postgresql://host/db?user=x"},
                    {"GCMIRROR_DATABASE_PASSWORD_FILE", file}})
                  .database.url,
              "postgresql://host/db?user=x&password=p%27a%20ss%2F1");
    EXPECT_EQ(load({{"GCMIRROR_DATABASE_URL", "host=h dbname=d"},
                    {"GCMIRROR_DATABASE_PASSWORD_FILE", file}})
                  .database.url,
              "host=h dbname=d password='p\\'a ss/1'");
    EXPECT_EQ(
        etl::log::redacted("could not connect to postgresql://host/db?password=p%27a%20ss%2F1")
            .find("p%27a"),
        std::string::npos);
    EXPECT_THROW(load({{"GCMIRROR_DATABASE_PASSWORD_FILE", file}}), Error);
    std::remove(file.c_str());
}

TEST(Secrets, AddressesOfAlertsMustBeHttpsAndAreSecretsThemselves) {
    EXPECT_THROW(load({{"GCMIRROR_ALERT_WEBHOOK", "http://example.org/hook"}}), Error);
    EXPECT_THROW(load({{"GCMIRROR_ALERT_TELEGRAM_CHAT", "1"}}), Error);
    EXPECT_THROW(load({{"GCMIRROR_ALERT_SMTP", "mail:25"}}), Error);
    (void)load({{"GCMIRROR_ALERT_WEBHOOK", "https://example.org/hook/very-secret-1"}});
    EXPECT_EQ(etl::log::redacted("POST https://example.org/hook/very-secret-1 failed")
                  .find("very-secret-1"),
              std::string::npos);
}

TEST(Config, EachAccountHasItsOwnFolderUnlessSomebodyChoseOne) {
    Config none, first, second;
    first.getcourse.account = "first";
    second.getcourse.url = "https://learn.example.com:8443";
    if (!std::filesystem::exists(none.data_dir() / "pg")) {
        EXPECT_EQ(first.data_dir(), none.data_dir() / "first");
        EXPECT_EQ(second.data_dir(), none.data_dir() / "learn.example.com_8443");
    }
    first.database.data_dir = "/srv/mirror";
    EXPECT_EQ(first.data_dir(), "/srv/mirror");
}
