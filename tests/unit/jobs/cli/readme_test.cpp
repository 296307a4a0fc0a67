// README.md and README.ru.md say the same: their sections, commands, tables and links go together.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/data.hpp"
#include "tests/support/pattern.hpp"

namespace {

struct Readme {
    std::vector<std::string> headings;  // "##", "##", …: their levels
    // by section: what is typed, without comments and the words that a reader puts in
    std::vector<std::vector<std::string>> commands{{}};
    std::set<std::string> links, settings;
    std::size_t table_rows = 0, paragraphs_in_bold = 0;
    std::string head;  // its first lines
};

std::string typed(std::string line) {
    line = test_support::replaced(line, "^ {4}(\\$ )?", "");
    line = test_support::replaced(line, " +#.*$", "");
    line = test_support::replaced(line, "--lang ru |GETCOURSE_WRITE_KEY=[^ ]* ", "");
    return test_support::replaced(line, "--by [^ ]+", "--by NAME");
}

bool is_command(const std::string& line) {
    return test_support::found_in(
        line,
        "^ {4}((\\$ )?(GETCOURSE_[A-Z_]+=\\S+ )*"
        "(\\./run\\.sh|\\./test\\.sh|sudo|gcmirror|\\$gcmirror|cmake)( .*)?|gcmirror=.*)$");
}

Readme read(const std::string& name) {
    Readme out;
    std::ifstream in(std::filesystem::path(test_support::data_folder()) / ".." / ".." / name);
    std::size_t number = 0;
    std::string before;
    for (std::string line; std::getline(in, line); ++number) {
        if (number < 4) out.head += line + "\n";
        if (line.starts_with("#")) {
            out.headings.push_back(line.substr(0, line.find(' ')));
            out.commands.emplace_back();
        }
        if (is_command(line)) out.commands.back().push_back(typed(line));
        if (line.starts_with("| ")) ++out.table_rows;
        if (line.starts_with("**")) ++out.paragraphs_in_bold;
        for (const auto& link : test_support::all_in(line, "\\]\\(([^)]+)\\)"))
            if (!link[1].starts_with("README")) out.links.insert(link[1]);
        if (const auto cut = before.rfind('['); cut != std::string::npos && before.ends_with("]"))
            line = before.substr(cut) + " " + line;  // a setting that goes on in the next line
        for (const auto& setting : test_support::all_in(line, "\\[[a-z_]+\\] [a-z_]+"))
            out.settings.insert(setting[0]);
        before = line;
    }
    return out;
}

}  // namespace

TEST(Readmes, InBothLanguagesHaveTheSameSectionsCommandsTablesAndLinks) {
    const Readme en = read("README.md"), ru = read("README.ru.md");
    ASSERT_GT(en.headings.size(), 10u);
    EXPECT_EQ(en.headings, ru.headings);
    for (std::size_t i = 0; i < std::min(en.commands.size(), ru.commands.size()); ++i)
        EXPECT_EQ(en.commands[i], ru.commands[i]) << "section " << i << " of README";
    EXPECT_EQ(en.table_rows, ru.table_rows);
    EXPECT_EQ(en.paragraphs_in_bold, ru.paragraphs_in_bold);
    EXPECT_EQ(en.links, ru.links);
    EXPECT_EQ(en.settings, ru.settings);
    EXPECT_NE(en.head.find("(README.ru.md)"), std::string::npos) << en.head;
    EXPECT_NE(ru.head.find("(README.md)"), std::string::npos) << ru.head;
}
