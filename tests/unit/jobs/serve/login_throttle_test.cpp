// Guessing passwords: a person who mistypes loses nothing, a guesser gets a guess a minute.
#include "jobs/serve/login_throttle.hpp"

#include <gtest/gtest.h>

#include <fmt/core.h>

using namespace std::chrono_literals;

namespace {

// Guesses compared when somebody tries without a pause for `lasts`.
int compared(jobs::LoginThrottle& throttle, std::chrono::seconds lasts, const std::string& address,
             const std::string& name, bool other_names = false) {
    const jobs::LoginThrottle::Time begin{};
    int count = 0;
    for (std::chrono::milliseconds at{0}; at < lasts; at += 100ms)
        if (throttle.ask(address, other_names ? fmt::format("{}{}", name, at.count()) : name,
                         begin + at) == 0s)
            ++count;
    return count;
}

}  // namespace

TEST(LoginThrottle, AnHourOfGuessesAtOneNameGetsAboutOneAMinute) {
    jobs::LoginThrottle throttle;
    const int guesses = compared(throttle, 3600s, "192.0.2.1", "Anna");
    EXPECT_LE(guesses, 75) << "of 36000";
    EXPECT_GE(guesses, 60) << "nobody is locked out for good";
}

TEST(LoginThrottle, OneAddressThatTriesManyNamesIsSlowedToo) {
    jobs::LoginThrottle throttle;
    EXPECT_LE(compared(throttle, 3600s, "192.0.2.1", "name", true), 90);
}

TEST(LoginThrottle, ManyAddressesAtOneNameAreSlowedTooHoweverItIsWritten) {
    jobs::LoginThrottle throttle;
    int count = 0;
    for (int i = 0; i < 1000; ++i)
        if (throttle.ask(fmt::format("192.0.2.{}", i), i % 2 == 0 ? "Anna" : "ANNA", {}) == 0s)
            ++count;
    EXPECT_EQ(count, 5);
}

TEST(LoginThrottle, FourSlipsAndThenTheRightPasswordLeaveNothingBehind) {
    jobs::LoginThrottle throttle;
    for (int times = 0; times < 50; ++times) {
        for (int i = 0; i < 5; ++i) ASSERT_EQ(throttle.ask("192.0.2.1", "Anna", {}), 0s) << times;
        EXPECT_GT(throttle.ask("192.0.2.1", "Anna", {}), 0s);
        throttle.right("192.0.2.1", "Anna");
    }
}

TEST(LoginThrottle, AnotherPersonElsewhereDoesNotWait) {
    jobs::LoginThrottle throttle;
    (void)compared(throttle, 600s, "192.0.2.1", "Anna");
    EXPECT_EQ(throttle.ask("192.0.2.2", "Pia", jobs::LoginThrottle::Time{600s}), 0s);
    EXPECT_EQ(throttle.ask("192.0.2.1", "Anna", jobs::LoginThrottle::Time{600s + 16min}), 0s)
        << "forgotten";
}

TEST(LoginThrottle, TheTokenHasNoNameAndIsCountedByAddress) {
    jobs::LoginThrottle throttle;
    EXPECT_LE(compared(throttle, 60s, "192.0.2.1", ""), 26);
}
