// Whether what a plan changes is read again before it is sent.
#include "jobs/push/read_again.hpp"

#include <gtest/gtest.h>

using namespace std::chrono;

namespace {

const jobs::OpenDays kThree{"deals", etl::Day{} + days{20000}, etl::Day{} + days{20010}, 3};

}  // namespace

TEST(ReadAgain, AYoungMirrorAndNothingToOverwriteNeedNoReading) {
    const etl::Config config;
    for (const auto& [days, age] : {std::pair(kThree, etl::Duration{minutes{14}}),
                                    std::pair(jobs::OpenDays{}, etl::Duration{hours{9}})}) {
        const auto decided = jobs::decide_reading(days, age, {3, 90, 100}, config);
        EXPECT_FALSE(decided.read);
        EXPECT_EQ(decided.why_not, "");
    }
    EXPECT_TRUE(jobs::decide_reading(kThree, hours{1}, {3, 90, 100}, config).read);
}

TEST(ReadAgain, HalfOfWhatIsFreeIsLeftForSyncs) {
    const etl::Config config;
    EXPECT_TRUE(jobs::decide_reading(kThree, hours{1}, {4, 8, 100}, config).read);
    const auto decided = jobs::decide_reading(kThree, hours{1}, {4.2, 8, 100}, config);
    EXPECT_FALSE(decided.read);
    EXPECT_EQ(decided.why_not,
              "it takes about 5 requests and 8 of 100 are free, half of which are left for syncs");
    EXPECT_FALSE(jobs::decide_reading(kThree, hours{1}, {3, 0, 100}, config).read);
}

TEST(ReadAgain, FewChangesAreWorthFewRequests) {
    const etl::Config config;
    jobs::OpenDays many = kThree;
    many.changes = 40;
    EXPECT_TRUE(jobs::decide_reading(many, hours{1}, {20, 90, 100}, config).read);
    const auto decided = jobs::decide_reading(kThree, hours{1}, {20, 90, 100}, config);
    EXPECT_FALSE(decided.read);
    EXPECT_EQ(decided.why_not, "it takes about 20 requests for 3 changes");
}
