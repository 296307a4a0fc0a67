// The dictionary's sentences: whole in both languages, and none that the code says is missing.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "jobs/output/words.hpp"
#include "tests/support/data.hpp"
#include "tests/support/pattern.hpp"

namespace {

namespace fs = std::filesystem;
using jobs::words::say;
using jobs::words::sentence;

fs::path root() { return fs::path(test_support::data_folder()) / ".." / ".."; }

std::string read(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Sentence {
    std::string en, ru;
};
std::vector<Sentence> dictionary() {
    std::vector<Sentence> all;
    for (const auto& entry : fs::directory_iterator(root() / "jobs/output/words")) {
        if (!entry.path().filename().string().starts_with("sentences")) continue;
        const auto list =
            Poco::JSON::Parser().parse(read(entry.path())).extract<Poco::JSON::Array::Ptr>();
        for (const auto& item : *list) {
            const auto pair = item.extract<Poco::JSON::Array::Ptr>();
            all.push_back({pair->getElement<std::string>(0), pair->getElement<std::string>(1)});
        }
    }
    return all;
}

std::set<std::string> allowed_words() {
    std::set<std::string> words;
    std::istringstream lines(test_support::read_data("latin_allowed.txt"));
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with('#')) words.insert(line);
    return words;
}

// Programs, packages, options and their values: as one types them.
const std::set<std::string> kTyped = {
    "all",    "by",     "client",   "create",   "createdb",   "day",       "deals", "Debian",
    "false",  "field",  "groups",   "https",    "initdb",     "key",       "limit", "listen",
    "mode",   "month",  "payments", "postgres", "postgresql", "report",    "root",  "send",
    "sender", "serve",  "session",  "smtp",     "systemd",    "timesyncd", "true",  "tzdata",
    "update", "upsert", "url",      "query",    "300ms",      "ms",        "users", "value",
    "week",   "xlsx",   "null",     "zlib",     "libpq",      "template"};

// Latin words of a Russian sentence that are no names, codes or commands.
std::string latin_in(const std::string& text) {
    static const std::set<std::string> allowed = allowed_words();
    const std::string rest = test_support::replaced(
        text,
        "gcmirror( [a-z]+)*|\\[[a-z_]+\\]( [a-z_]+)?|--[a-z-]+|\\b[A-Z][A-Z_0-9]+\\b|"
        "[A-Za-z0-9_*/-]*[_./:@=][A-Za-z0-9_*/.:@=-]+|\\{[0-9]?=?\\}|YYYY[A-Za-z:-]*|@[a-z]+",
        " ");
    std::string found;
    for (const auto& word : test_support::all_in(rest, "[A-Za-z]{2,}"))
        if (!allowed.contains(word[0]) && !kTyped.contains(word[0]))
            found += (found.empty() ? "" : ", ") + word[0];
    return found;
}

// Places of a sentence: "{}", "{=}", "{1}", "{1=}".
std::vector<std::string> places_of(const std::string& text) {
    std::vector<std::string> all;
    for (const auto& place : test_support::all_in(text, "\\{[0-9]?=?\\}")) all.push_back(place[0]);
    return all;
}

// String literals of a C++ file with where they begin; what stands side by side is one.
struct Literal {
    std::size_t begin = 0, end = 0;
    std::string text;
};
std::vector<Literal> literals(const std::string& source) {
    std::vector<Literal> all;
    bool beside = false;
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source.compare(i, 2, "//") == 0) {
            i = std::min(source.find('\n', i), source.size());
        } else if (source[i] == '\'' && i + 2 < source.size() &&
                   (source[i + 2] == '\'' || source[i + 1] == '\\')) {
            i = source.find('\'', i + 2);
            beside = false;
        } else if (source[i] == '"') {
            std::string text;
            const std::size_t begin = i;
            for (++i; source[i] != '"'; ++i) {
                if (source[i] == '\\')
                    text += source[++i] == 'n' ? '\n' : source[i];
                else
                    text += source[i];
            }
            if (beside && !all.empty())
                all.back().text += text, all.back().end = i;
            else
                all.push_back({begin, i, text});
            beside = true;
        } else if (!std::isspace(static_cast<unsigned char>(source[i]))) {
            beside = false;
        }
    }
    return all;
}

// What one of `calls`, such as "say(", is given: every literal within its parentheses.
std::vector<Literal> given_to(const std::string& source, const std::vector<std::string>& calls) {
    const std::vector<Literal> all = literals(source);
    std::string bare = source;  // literals blank
    for (const Literal& one : all)
        std::fill(bare.begin() + static_cast<std::ptrdiff_t>(one.begin),
                  bare.begin() + static_cast<std::ptrdiff_t>(one.end) + 1, ' ');
    std::vector<Literal> found;
    const auto take = [&](std::size_t begin, std::size_t last) {
        for (int depth = 0; last < bare.size(); ++last) {
            depth += bare[last] == '(' || bare[last] == '{';
            depth -= bare[last] == ')' || bare[last] == '}';
            if (depth == 0) break;
        }
        for (const Literal& one : all)
            if (begin <= one.begin && one.begin <= last) found.push_back(one);
    };
    for (const std::string& call : calls)
        for (std::size_t at = bare.find(call); at != std::string::npos;
             at = bare.find(call, at + 1))
            if (at == 0 || (std::isalnum(static_cast<unsigned char>(bare[at - 1])) == 0 &&
                            bare[at - 1] != '_'))
                take(at, at + call.size() - 1);
    return found;
}

std::vector<fs::path> sources(const std::vector<std::string>& folders) {
    std::vector<fs::path> all;
    for (const std::string& folder : folders)
        for (const auto& entry : fs::directory_iterator(root() / folder))
            if (entry.path().extension() == ".cpp") all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace

TEST(Sentences, HaveTheSamePlacesInBothLanguagesAndNoLatinWordInRussian) {
    std::set<std::string> seen;
    ASSERT_GT(dictionary().size(), 500u);
    for (const auto& [en, ru] : dictionary()) {
        EXPECT_TRUE(seen.insert(en).second) << "twice: " << en;
        EXPECT_FALSE(ru.empty()) << en;
        EXPECT_EQ(latin_in(ru), "") << ru;
        const auto in_ru = places_of(ru);
        EXPECT_EQ(places_of(en).size(), in_ru.size()) << en << "\n" << ru;
        std::set<std::string> numbers;
        const bool numbered = !in_ru.empty() && std::isdigit(in_ru[0][1]) != 0;
        for (const std::string& place : in_ru) {
            EXPECT_EQ(std::isdigit(static_cast<unsigned char>(place[1])) != 0, numbered) << ru;
            EXPECT_TRUE(!numbered || numbers.insert(place.substr(1, 1)).second) << ru;
        }
    }
}

// say() finds its sentence by the very letters: one that is not there would come in English.
TEST(Sentences, EverySentenceThatTheCodeSaysIsInTheDictionary) {
    std::set<std::string> known;
    for (const auto& [en, ru] : dictionary()) known.insert(en);
    std::size_t said = 0;
    const std::vector<std::string> calls = {"say(",  "say_with(",  "add(", "add_failed(",
                                            "warn(", "add_named(", "line("};
    for (const fs::path& file : sources({"jobs/cli", "jobs/fleet", "jobs/serve", "jobs/push",
                                         "jobs/sync", "jobs/report", "jobs/output"})) {
        const std::string source = read(file);
        if (source.find("words::say") == std::string::npos ||
            file.filename() == "db_connection.cpp")  // its line() is of a program's own menus
            continue;
        for (const Literal& one : given_to(source, calls)) {
            if (one.text.find(' ') == std::string::npos || one.text.starts_with("; the numbers") ||
                one.text.find_first_not_of(" {}:;,") == std::string::npos ||
                one.text.starts_with("SELECT") || one.text == "run {} " || one.text == "run {} is ")
                continue;
            ++said;
            EXPECT_TRUE(known.contains(one.text)) << file.filename() << ": " << one.text;
        }
    }
    EXPECT_GT(said, 60u);
}

// Errors and findings are said in English where they arise (the journal keeps them so) and looked
// up where they are shown; each piece of one must stand in some sentence of the dictionary.
TEST(Sentences, WhatErrorsAndFindingsAreMadeOfIsInTheDictionary) {
    std::string known;
    for (const auto& [en, ru] : dictionary()) known += en + "\n";
    std::string missing;
    const std::vector<std::string> calls = {"Error(",
                                            "found_ok(",
                                            "found_note(",
                                            "found_wrong(",
                                            "Refused{",
                                            "Unclear{",
                                            "Broken{",
                                            "warn(",
                                            "refuse(",
                                            "ends(",
                                            "end(",
                                            "notes.push_back(",
                                            "warnings.push_back(",
                                            "remarks.push_back("};
    for (const fs::path& file :
         sources({"etl", "jobs/cli", "jobs/fleet", "jobs/push", "jobs/sync"})) {
        if (file.filename().string().starts_with("mcp")) continue;  // an assistant reads English
        const std::string source = read(file);
        for (const Literal& one : given_to(source, calls)) {
            if (one.text.find(' ') == std::string::npos || one.text.starts_with("SELECT ") ||
                one.text == "chmod 600 ")
                continue;
            const std::string cut = test_support::replaced(one.text, "\\{[^}]*\\}", "\n");
            std::istringstream pieces(cut);
            for (std::string piece; std::getline(pieces, piece);) {
                const std::size_t from = piece.find_first_not_of(' ');
                if (from == std::string::npos ||
                    piece.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos)
                    continue;
                piece = piece.substr(from, piece.find_last_not_of(' ') - from + 1);
                if (known.find(piece) == std::string::npos)
                    missing += file.filename().string() + ": " + piece + "\n";
            }
        }
    }
    EXPECT_EQ(missing, "");
}

TEST(Sentences, WhyEachRequestIsSentIsInTheDictionary) {
    const std::string source = read(root() / "etl/export_runner.cpp");
    const auto whys = test_support::all_in(source, "why = \"([^\"]+)\"");
    for (const auto& why : whys) EXPECT_EQ(latin_in(sentence(why[1], true)), "") << why[1];
    EXPECT_GT(whys.size(), 6u);
    for (const char* poll :
         {"growing gap", "learned build time, q 0.80",
          "users created_at 2026-09-01..2026-09-30: 90 of 100 requests used, 10 left for other "
          "tools; waiting until 03:41",
          "deals: the service said 5m ago that the account's 100 requests are spent (others used "
          "about 97); waiting until 05:41, past the run's end at 05:00",
          "deals: another export of the account is being built since 2m at least; waiting until "
          "03:41"})
        EXPECT_EQ(latin_in(sentence(poll, true)), "") << sentence(poll, true);
}

TEST(Sentences, ReasonsThatEarlierVersionsHaveStoredAreSaidInRussian) {
    for (
        const char* stored :
        {"the service cannot be reached: Connection refused",
         "deals created_at 2026-09-01..2026-09-30: being built, poll 4 until 03:41, past the run's "
         "end at 04:00",
         "run 3 failed: the service refused users created_at 2026-09-01..2026-09-30: Access denied "
         "(code 901); the numbers are as of 03:41",
         "users created_at 2026-09-01..2026-09-30 (service id 77): no file within 2h; read by "
         "export 9 since",
         "deals: 3 missing in two whole answers, marked, not deleted, set apart in reports: 1, 2, "
         "3",
         "the body of deals created_at 2026-09-01..2026-09-30 (20 rows) was refused and is not in "
         "the tables: 12 of 20 rows of deals could not be read",
         "database: the connection broke within a statement",
         "deals: 3 cells or rows could not be "
         "read; payments: 1 cells or rows could not be read"})
        EXPECT_EQ(latin_in(test_support::replaced(sentence(stored, true), "Access denied", "")), "")
            << sentence(stored, true);
}

TEST(Sentences, AnUnknownOneStaysWholeAndTheSchoolsWordsStayAsTheyAre) {
    EXPECT_EQ(sentence("Слишком много запросов: подождите", true),
              "Слишком много запросов: подождите");
    EXPECT_EQ(
        sentence("\"30 3 * * *\"; the next sync fits: 26 requests expected, 82 free now; done "
                 "in about 5 min (3 min to 6 min)",
                 true),
        "\"30 3 * * *\"; следующий запуск помещается: ожидается запросов: 26, сейчас "
        "свободно: 82; закончится примерно через 5\u00A0мин (от 3\u00A0мин до 6\u00A0мин)");
    EXPECT_EQ(sentence("275 rows, 0 as they were last sent; 275 to send: plan 1", true),
              "строк 275, как в прошлый раз отправлено: 0; к отправке: 275: план 1");
    EXPECT_EQ(sentence("xyzzy, plugh; quux", true), "xyzzy, plugh; quux");
    EXPECT_EQ(say(true, "new status, {}: {}", "deals", "free"), "новый статус, заказы: free");
    EXPECT_EQ(say(false, "new status, {}: {}", "deals", "free"), "new status, deals: free");
    EXPECT_EQ(say(true, "no such sentence {}", 1), "no such sentence 1");
}

TEST(Sentences, PagesGetReasonsInRussianAndNamesAsTheyAre) {
    const std::string json =
        R"({"runs":[{"id":7,"job":"sync","state":"failed","reason":"not started after 3 attempts",)"
        R"("name":"users","n":12345678901,"x":null}],"text_en":"run 7 failed: no connection",)"
        R"("text_ru":"запуск 7 не удался: no connection"})";
    const std::string said = jobs::words::json_in_russian(json);
    EXPECT_NE(said.find("\"reason\":\"не начата за 3 попыток\""), std::string::npos) << said;
    EXPECT_NE(said.find("\"name\":\"users\""), std::string::npos) << said;
    EXPECT_NE(said.find("\"state\":\"failed\""), std::string::npos) << said;
    EXPECT_NE(said.find("12345678901"), std::string::npos) << said;
    EXPECT_NE(said.find("запуск 7 не удался: нет соединения"), std::string::npos) << said;
    EXPECT_EQ(jobs::words::json_in_russian("null"), "null");
    const std::string ordered = R"({"z":1,"a":[{"y":"x","b":2}],"m":true})";
    EXPECT_EQ(jobs::words::json_in_russian(ordered), ordered);
}

// A service may answer with as much as it likes: its words are not looked through for minutes.
TEST(Sentences, WhatIsLongerThanAnySentenceOfOursStaysAsItIs) {
    std::string words;
    while (words.size() < 1000000) words += "a: b (c), d of e; f until 3 min, ";
    EXPECT_EQ(sentence(words, true), words);
    EXPECT_EQ(jobs::words::say(true, "error: {}", words), "ошибка: " + words);
    const std::string json = "{\"message\":\"" + words + "\"}";
    EXPECT_EQ(jobs::words::json_in_russian(json), json);
}
