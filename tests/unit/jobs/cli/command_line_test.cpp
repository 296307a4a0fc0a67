// What a person types and reads: help texts (golden: GCMIRROR_UPDATE_GOLDEN=1 writes them anew),
// and what wrong input gets.
#include "jobs/cli/command_line.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/data.hpp"
#include "tests/support/pattern.hpp"

namespace {

struct Ran {
    int code = 0;
    std::string out, err;
};

Ran run(const std::vector<std::string>& arguments) {
    std::ostringstream out, err;
    Ran ran;
    ran.code =
        jobs::run_command_line(arguments, {{"GCMIRROR_CONFIG", "/dev/null"}}, out, err, false, {});
    ran.out = out.str();
    ran.err = err.str();
    return ran;
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST(Help, EveryCommandsHelpIsTheGoldenOne) {
    std::string all;
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{},
                                               {"init"},
                                               {"sync"},
                                               {"plan"},
                                               {"status"},
                                               {"doctor"},
                                               {"explain"},
                                               {"reconciliation"},
                                               {"replay"},
                                               {"rollback"},
                                               {"report"},
                                               {"serve"},
                                               {"simulate"},
                                               {"db"},
                                               {"version"}}) {
        std::vector<std::string> arguments = command;
        arguments.emplace_back("--help");
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 0);
        EXPECT_EQ(ran.err, "");
        all +=
            "$ gcmirror" + (command.empty() ? "" : " " + command[0]) + " --help\n" + ran.out + "\n";
    }
    const std::string path = test_support::data_folder() + "/golden/help.txt";
    if (std::getenv("GCMIRROR_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << all;
    EXPECT_EQ(all, test_support::read_data("golden/help.txt"));
}

// Every command there is, found by the help itself.
std::vector<std::vector<std::string>> all_commands(const std::vector<std::string>& path) {
    std::vector<std::vector<std::string>> all{path};
    std::vector<std::string> asked = path;
    asked.emplace_back("--help");
    std::istringstream lines(run(asked).out);
    bool below = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "Subcommands:") below = true;
        if (line.empty()) below = false;
        if (!below || !line.starts_with("  ") || line[2] == ' ') continue;
        std::vector<std::string> next = path;
        next.push_back(line.substr(2, line.find_first_of(" ,", 2) - 2));
        for (const auto& found : all_commands(next)) all.push_back(found);
    }
    return all;
}

TEST(Help, InRussianHasNoEnglishSentenceOfAnyCommandOrOption) {
    const std::string english = "[a-z]{2,}( [a-z]{2,}){2,}|^[A-Z][a-z]+:|default";
    const std::vector<std::vector<std::string>> commands = all_commands({});
    EXPECT_GT(commands.size(), 40U);
    for (std::vector<std::string> command : commands) {
        command.emplace_back("--help");
        const std::string before = run(command).out;
        command.emplace_back("--lang=ru");
        std::istringstream lines(run(command).out);
        std::size_t count = 0;
        for (std::string line; std::getline(lines, line); ++count)
            EXPECT_FALSE(test_support::found_in(
                test_support::replaced(line, "gcmirror( [a-z]+)*", ""), english))
                << command[0] << ": " << line;
        EXPECT_EQ(count, std::count(before.begin(), before.end(), '\n')) << command[0];
        command.back() = "--lang=en";
        EXPECT_EQ(run(command).out, before);
    }
}

TEST(WrongInput, IsSaidInTheLanguageThatTheLineItselfAsksFor) {
    EXPECT_TRUE(says(run({"--lang", "ru", "status", "--bogus"}).err, "ошибка: "));
    EXPECT_TRUE(says(run({"nonsense", "--lang=ru"}).err, "ошибка: "));
    EXPECT_TRUE(says(run({"--lang", "en", "status", "--bogus"}).err, "error: "));
}

TEST(WrongInput, EndsWithTwoAndSaysWhatIsExpected) {
    for (const auto& [arguments, words] :
         std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"synk"}, "synk"},
             {{"sync", "--from", "31.02.2026"}, "expected a day that exists, as YYYY-MM-DD"},
             {{"sync", "--from", "03/01/2026"}, "expected a day that exists, as YYYY-MM-DD"},
             {{"sync", "--from", "2026-02-02", "--to", "2026-02-01"}, "lies behind"},
             {{"sync", "--full", "--from", "2026-02-02"}, "goes without"},
             {{"sync", "lessons"}, "expected users, deals, payments, groups"},
             {{"sync"}, "no GetCourse account is configured"},
             {{"report", "revenue_by_dy"}, "revenue_by_day"},
             {{"report", "revenue_by_day", "--format", "xml"}, "xml"},
             {{"--config", "/nonexistent.toml", "status"}, "/nonexistent.toml"},
             {{"simulate", "--build-median", "fast"}, "expected a duration"},
             {{"simulate", "--idle", "long"}, "expected a duration"}}) {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 2) << (arguments.empty() ? "" : arguments[0]) << ran.err;
        EXPECT_TRUE(says(ran.err, words)) << ran.err;
        EXPECT_EQ(ran.out, "");
    }
}

TEST(WrongInput, MistakesInOptionsAreSaidInTheProgramsOwnForm) {
    for (const auto& [arguments, words] :
         std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"report", "x", "--form", "csv"},
              "gcmirror report has no option \"--form\"; the nearest are --format"},
             {{"report", "x", "--by", "quarter"}, "--by is \"quarter\", expected day, week, month"},
             {{"rollback", "abc"}, "run is \"abc\", expected a whole number from 1"},
             {{"rollback"}, "gcmirror rollback: run is missing"},
             {{"rollback", "3", "4"}, "gcmirror rollback takes no further \"4\""},
             {{"sync", "--from"}, "--from needs a value"},
             {{"push"},
              "gcmirror push needs one of plan, approve, send, sender, list, cancel, "
              "verify"},
             {{"push", "sned", "3"}, "gcmirror push has no command \"sned\"; expected one of plan"},
             {{"push", "send", "0"}, "plan is \"0\", expected a whole number from 1"},
             {{"simulate", "--import-faults", "2"}, "expected a share from 0 to 1"},
             {{"doctor", "--jsno"}, "the nearest are --json, --lang, --help\n"},
             {{"snyc"}, "there is no command \"snyc\"; the nearest are sync"},
             {{"synk"}, "there is no command \"synk\"; the nearest are sync"}}) {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 2) << ran.err;
        EXPECT_EQ(ran.err.rfind("error: ", 0), 0u) << ran.err;
        EXPECT_TRUE(says(ran.err, words)) << ran.err;
        EXPECT_TRUE(says(ran.err, "\nhint: gcmirror")) << ran.err;
        EXPECT_EQ(ran.out, "");
    }
}

TEST(WrongInput, SettingsOfTheCallersShellDoNotReachACommandThatWasGivenOthers) {
    setenv("GCMIRROR_GETCOURSE_ACCOUNT", "somebody", 1);
    setenv("GETCOURSE_KEY", "a key that must not be used", 1);
    const Ran ran = run({"sync"});
    unsetenv("GCMIRROR_GETCOURSE_ACCOUNT");
    unsetenv("GETCOURSE_KEY");
    EXPECT_EQ(ran.code, 2);
    EXPECT_TRUE(says(ran.err, "no GetCourse account is configured")) << ran.err;
}

TEST(Version, IsPrintedWithoutAnyConfiguration) {
    for (const char* word : {"version", "--version", "-V"}) {
        const Ran ran = run({word});
        EXPECT_EQ(ran.code, 0);
        EXPECT_EQ(ran.out.rfind("gcmirror 0.", 0), 0u) << ran.out;
    }
}

TEST(Help, IsWhatABareCallAndTheWordHelpGive) {
    const Ran asked = run({"--help"});
    EXPECT_TRUE(says(asked.out, "Usage: gcmirror"));
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{}, {"help"}}) {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 0);
        EXPECT_EQ(ran.out, asked.out);
        EXPECT_EQ(ran.err, "");
    }
    EXPECT_EQ(run({"help", "push", "send"}).out, run({"push", "send", "--help"}).out);
}

TEST(Results, ThatCouldNotBeWrittenWholeAreNotExitZero) {
    std::ofstream full("/dev/full");
    std::ostringstream err;
    EXPECT_EQ(jobs::run_command_line({"report"}, {{"GCMIRROR_CONFIG", "/dev/null"}}, full, err,
                                     false, {}),
              1);
    EXPECT_TRUE(says(err.str(), "error: the results could not be written whole")) << err.str();
}

namespace {

std::string temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gcmirror-init-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    return name;
}

Ran init(const std::string& file, const std::string& account) {
    std::ostringstream out, err;
    Ran ran;
    ran.code = jobs::run_command_line(
        {"--config", file, "init", "--account", account},
        {{"GCMIRROR_DATABASE_URL", "postgresql:///none?host=/nowhere"}}, out, err, false, {});
    ran.out = out.str();
    ran.err = err.str();
    return ran;
}

}  // namespace

TEST(WrongInput, AFolderWithoutSchoolsLeavesTheOverviewAsItIs) {
    const std::string folder = temporary_folder();
    const Ran ran = run({"fleet", "views", "--schools-dir", folder});
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_TRUE(says(ran.err, "the folder " + folder + " holds no school")) << ran.err;
    std::filesystem::remove_all(folder);
}

TEST(WrongInput, AFolderOfAnotherUserIsAUsageErrorThatNamesThem) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    const std::string folder = temporary_folder();
    std::filesystem::create_directories(folder + "/data/pg");
    std::filesystem::permissions(folder + "/data", std::filesystem::perms::owner_all);
    std::ostringstream out, err;
    ASSERT_EQ(seteuid(65534), 0);
    const int code = jobs::run_command_line(
        {"status"},
        {{"GCMIRROR_CONFIG", "/dev/null"}, {"GCMIRROR_DATABASE_DATA_DIR", folder + "/data"}}, out,
        err, false, {});
    ASSERT_EQ(seteuid(0), 0);
    EXPECT_EQ(code, 2) << err.str();
    EXPECT_TRUE(says(err.str(), "it lies in " + folder + " of root")) << err.str();
    std::filesystem::remove_all(folder);
}

TEST(Man, EveryOptionOfEveryCommandIsInThePageAndTheShellsKnowIt) {
    const Ran page = run({"man"}), bash = run({"completion", "bash"}),
              fish = run({"completion", "fish"});
    EXPECT_EQ(page.code + bash.code + fish.code, 0);
    for (const char* words : {"gcmirror push approve", "gcmirror db restore", "EXIT STATUS"})
        EXPECT_TRUE(says(page.out, words)) << words;
    const std::string help = test_support::read_data("golden/help.txt");
    for (std::size_t at = 0; (at = help.find("  --", at)) != std::string::npos; ++at) {
        const std::string option = help.substr(at + 2, help.find_first_of(" ,\n", at + 2) - at - 2);
        std::string in_roff;
        for (const char c : option) in_roff += c == '-' ? std::string("\\-") : std::string(1, c);
        EXPECT_TRUE(says(page.out, in_roff)) << option;
        EXPECT_TRUE(says(bash.out, option)) << option;
        EXPECT_TRUE(says(fish.out, "-l " + option.substr(2))) << option;
    }
    EXPECT_TRUE(says(run({"man", "gcmirror.toml"}).out, "Moscow"));
    EXPECT_EQ(run({"completion", "tcsh"}).code, 2);
}

TEST(Init, WritesAFileThatOnlyItsOwnerReadsAndSaysWhenItCannot) {
    const std::string folder = temporary_folder();
    const std::string file = folder + "/school.toml";
    EXPECT_EQ(init(file, "school").code, 6) << "there is no database";
    struct stat about {};
    ASSERT_EQ(stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0600u);
    const Ran other = init(file, "other");
    EXPECT_EQ(other.code, 2);
    EXPECT_TRUE(says(other.err, "names the account \"school\", not \"other\"")) << other.err;
    const Ran nowhere = init(folder + "/no/such/folder.toml", "school");
    EXPECT_EQ(nowhere.code, 2);
    EXPECT_TRUE(says(nowhere.err, "folder.toml cannot be written: No such file")) << nowhere.err;
    std::filesystem::remove_all(folder);
}

TEST(Reports, AreListedWithTheirQuestions) {
    EXPECT_TRUE(says(run({"report"}).out,
                     "revenue_by_day          How much money came in per day, week or month?"));
}
