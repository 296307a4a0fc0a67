// So many schools of a fleet load at the same time: locks on files of one folder, which the kernel
// frees when a process dies.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "etl/clock.hpp"
#include "etl/config.hpp"

namespace jobs {

class LoadSlot {
public:
    // Takes one of [fleet] loads_at_once; waits for it at most `longest`, then goes on without,
    // since a slow night is better than none. `say` is told when it waits. Without [fleet] slots,
    // or when its folder cannot be used, nothing is waited for.
    LoadSlot(const etl::Config::Fleet& fleet, etl::Clock& clock, const std::stop_token& stop,
             const std::function<void(const std::string&)>& say,
             etl::Duration longest = std::chrono::minutes{30});
    ~LoadSlot();
    LoadSlot(const LoadSlot&) = delete;
    LoadSlot& operator=(const LoadSlot&) = delete;
    [[nodiscard]] bool held() const { return file_ >= 0; }

private:
    enum class Taken { yes, no, unusable };
    Taken take(const etl::Config::Fleet& fleet);

    int file_ = -1;
};

}  // namespace jobs
