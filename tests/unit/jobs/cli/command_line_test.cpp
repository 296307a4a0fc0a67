// What a person types and reads: help texts (golden: GCMIRROR_UPDATE_GOLDEN=1 writes them anew),
// and what wrong input gets.
#include "jobs/cli/command_line.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/data.hpp"

namespace {

struct Ran {
    int code = 0;
    std::string out, err;
};

Ran run(const std::vector<std::string>& arguments) {
    std::ostringstream out, err;
    Ran ran;
    ran.code = jobs::run_command_line(arguments, out, err, false, {});
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

TEST(WrongInput, EndsWithTwoAndSaysWhatIsExpected) {
    setenv("GCMIRROR_CONFIG", "/dev/null", 1);
    for (const auto& [arguments, words] :
         std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{}, "subcommand is required"},
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
             {{"simulate", "--build-median", "fast"}, "expected a duration"}}) {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 2) << (arguments.empty() ? "" : arguments[0]) << ran.err;
        EXPECT_TRUE(says(ran.err, words)) << ran.err;
        EXPECT_EQ(ran.out, "");
    }
}

TEST(Version, IsPrintedWithoutAnyConfiguration) {
    EXPECT_TRUE(says(run({"version"}).out, "gcmirror 0."));
}

TEST(Reports, AreListedWithTheirQuestions) {
    EXPECT_TRUE(says(run({"report"}).out,
                     "revenue_by_day          How much money came in per day, week or month?"));
}
