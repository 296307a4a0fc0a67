// A clock that stands until it is told to wait: sleeping moves it. Nothing really sleeps.
#pragma once

#include <vector>

#include "etl/clock.hpp"

namespace test_support {

class ManualClock final : public etl::Clock {
public:
    [[nodiscard]] etl::Instant now() const override { return now_; }
    bool sleep_until(etl::Instant t, std::stop_token stop) override {
        if (stop.stop_requested()) return false;
        now_ = std::max(now_, t);
        return true;
    }
    void advance(etl::Duration d) { now_ += d; }

private:
    etl::Instant now_ = std::chrono::sys_days{std::chrono::year{2026} / 11 / 25};
};

}  // namespace test_support
