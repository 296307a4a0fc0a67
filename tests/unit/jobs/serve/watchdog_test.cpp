// Signs of life: a watchdog must not end a service that only waits, nor believe one that hangs.
#include <gtest/gtest.h>

#include "etl/clock.hpp"
#include "jobs/serve/controls.hpp"

using namespace std::chrono_literals;

TEST(Watchdog, IsFedWhileTheServiceWaits) {
    int signs = 0;
    const auto clock = etl::system_clock([&] { ++signs; }, 1ms);
    EXPECT_TRUE(clock->sleep_until(clock->now() + 350ms, {}));
    EXPECT_GE(signs, 2);
}

TEST(Health, SaysNoOfASyncThatHasNotMoved) {
    jobs::Controls controls(0s);
    controls.ticked({}, true);
    (void)controls.begin_sync();
    EXPECT_FALSE(controls.alive()) << "a sync under way is no proof of life";
    jobs::Controls patient(1h);
    (void)patient.begin_sync();
    EXPECT_TRUE(patient.alive());
}
