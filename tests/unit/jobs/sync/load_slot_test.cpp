#include "jobs/sync/load_slot.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "tests/support/manual_clock.hpp"

namespace jobs {
namespace {

using namespace std::chrono_literals;

class LoadSlots : public ::testing::Test {
protected:
    void SetUp() override {
        std::string made =
            (std::filesystem::temp_directory_path() / "gcmirror-slots-XXXXXX").string();
        ASSERT_NE(mkdtemp(made.data()), nullptr);
        fleet_.slots = made;
    }
    void TearDown() override { std::filesystem::remove_all(fleet_.slots); }
    std::unique_ptr<LoadSlot> take(const std::stop_token& stop = {}) {
        return std::make_unique<LoadSlot>(
            fleet_, clock_, stop, [this](const std::string& what) { said_.push_back(what); },
            30min);
    }
    etl::Config::Fleet fleet_;
    test_support::ManualClock clock_;
    std::vector<std::string> said_;
};

TEST_F(LoadSlots, SoManyLoadAtOnceAndTheNextWaitsAndSaysSo) {
    const auto first = take(), second = take();
    EXPECT_TRUE(first->held() && second->held());
    EXPECT_TRUE(said_.empty());
    const etl::Instant before = clock_.now();
    EXPECT_FALSE(take()->held());
    EXPECT_EQ(said_.size(), 1U);
    EXPECT_EQ(clock_.now() - before, 30min);
}

TEST_F(LoadSlots, ASlotThatIsGivenBackIsTakenByTheNext) {
    auto first = take();
    const auto second = take();
    first.reset();
    EXPECT_TRUE(take()->held());
    EXPECT_TRUE(said_.empty());
}

TEST_F(LoadSlots, AStopEndsTheWait) {
    const auto first = take(), second = take();
    std::stop_source stop;
    stop.request_stop();
    const etl::Instant before = clock_.now();
    EXPECT_FALSE(take(stop.get_token())->held());
    EXPECT_LT(clock_.now() - before, 2s);
}

TEST_F(LoadSlots, WithoutAFolderNothingIsWaitedFor) {
    fleet_.loads_at_once = 1;
    const auto first = take();
    const std::string folder = std::exchange(fleet_.slots, "");
    EXPECT_FALSE(take()->held());
    fleet_.slots = folder + "/gone";
    EXPECT_FALSE(take()->held());
    EXPECT_TRUE(said_.empty());
    fleet_.slots = folder;
}

}  // namespace
}  // namespace jobs
