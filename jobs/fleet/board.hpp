// What is known of each school's process, for the page and the alerts; safe from any thread.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "etl/clock.hpp"
#include "jobs/fleet/schools.hpp"

namespace jobs::fleet {

struct Running {
    School school;
    // running, stopping; waiting: it fell and starts again at `until`; left_out: its file is wrong
    std::string state = "waiting";
    etl::Instant since{};
    etl::Instant until{};
    int starts = 0, failures = 0;
    std::string note;  // why it ended last, and its last words; of left_out: what is wrong
};

class Board {
public:
    void put(std::vector<Running> all) {
        const std::lock_guard lock(mutex_);
        all_ = std::move(all);
    }
    [[nodiscard]] std::vector<Running> all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Running> all_;
};

}  // namespace jobs::fleet
