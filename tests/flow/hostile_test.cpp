// A hostile server: each kind of answer of the table, through a whole sync of the program, and
// after each of them a good sync with exit 0 and right sums. One database meets them all.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "etl/pg.hpp"
#include "tests/support/child.hpp"
#include "tests/support/database.hpp"
#include "tests/support/hostile_answers.hpp"
#include "tests/support/pattern.hpp"

namespace {

using test_support::Ended;
using test_support::HostileAnswer;

class Hostile : public testing::Test {
protected:
    ~Hostile() override { std::filesystem::remove_all(dir()); }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-hostile-" + std::to_string(getpid()));
    }
    [[nodiscard]] Ended sync() const {
        return test_support::run_gcmirror({"sync"}, school_.environment(database_.url()));
    }
    [[nodiscard]] std::string figures() const {
        return etl::pg::Connection(database_.url(), "test")
            .value(
                "SELECT concat_ws(' ', (SELECT concat_ws(' ', count(*), sum(cost)) FROM "
                "mirror.deals), (SELECT count(*) FROM mirror.users), (SELECT count(*) FROM "
                "mirror.groups))");
    }
    [[nodiscard]] std::string people() const {
        return etl::pg::Connection(database_.url(), "test")
            .value("SELECT count(*) FROM mirror.users");
    }

    void each(const std::vector<HostileAnswer>& answers);

    test_support::TestDatabase database_;
    test_support::HostileSchool school_{dir()};
};

// Every sixth kind, some of each table; GCMIRROR_HOSTILE='gzip|bomb' those whose name it matches,
// '.' all.
bool wanted(const HostileAnswer& answer, int number) {
    const char* words = std::getenv("GCMIRROR_HOSTILE");
    return words == nullptr ? number % 6 == 0 : test_support::found_in(answer.name, words);
}

void Hostile::each(const std::vector<HostileAnswer>& answers) {
    std::string right = school_.next_night();
    const Ended first = sync();
    ASSERT_EQ(first.code, 0) << first.out << first.err;
    ASSERT_EQ(figures(), right);
    std::set<std::string> names;
    int number = 0;
    for (const HostileAnswer& answer : answers) {
        if (!wanted(answer, number++)) continue;
        EXPECT_TRUE(names.insert(answer.name).second) << answer.name;
        const int before = school_.hostile_answers();
        const auto begun = std::chrono::steady_clock::now();
        (void)school_.next_night();
        school_.say(answer);
        const Ended bad = sync();
        EXPECT_GT(school_.hostile_answers(), before) << answer.name << ": was never asked for";
        EXPECT_EQ(bad.code, answer.exit) << answer.name << "\n" << bad.out << bad.err;
        if (bad.code != 5) {
            EXPECT_EQ(people(), school_.people()) << answer.name << ": others did not go on";
        }
        school_.be_good();
        right = school_.next_night();
        const Ended good = sync();
        EXPECT_EQ(good.code, 0) << "after " << answer.name << "\n" << good.out << good.err;
        EXPECT_EQ(figures(), right) << "after " << answer.name;
        std::cout << answer.name << ": " << bad.code << ", "
                  << std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::steady_clock::now() - begun)
                         .count()
                  << " ms\n";
    }
    std::cout << names.size() << " kinds of answer" << std::endl;
}

}  // namespace

TEST_F(Hostile, ConnectionsAndHttpOfEachKindAreFollowedByAGoodSyncWithRightSums) {
    each(test_support::hostile_wires());
}
TEST_F(Hostile, WordsOfEachKindAreFollowedByAGoodSyncWithRightSums) {
    each(test_support::hostile_words());
}
TEST_F(Hostile, TablesAndListsOfEachKindAreFollowedByAGoodSyncWithRightSums) {
    each(test_support::hostile_tables());
}
TEST(HostileAnswers, AreAtLeastAHundred) {
    EXPECT_GE(test_support::hostile_answers().size() / 2, 100u);
    std::cout << test_support::hostile_answers().size() << " kinds\n";
}
