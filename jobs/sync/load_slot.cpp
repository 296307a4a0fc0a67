#include "jobs/sync/load_slot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "etl/log.hpp"

namespace jobs {
namespace {

constexpr etl::Duration kLookAgain = std::chrono::seconds{1};

}  // namespace

LoadSlot::LoadSlot(const etl::Config::Fleet& fleet, etl::Clock& clock, const std::stop_token& stop,
                   const std::function<void(const std::string&)>& say, etl::Duration longest) {
    if (fleet.slots.empty()) return;
    const etl::Instant until = clock.now() + longest;
    bool said = false;
    for (Taken taken = take(fleet); taken == Taken::no; taken = take(fleet)) {
        if (!said)
            say(fmt::format("waiting to load: {} schools of the fleet load now, as many as may",
                            fleet.loads_at_once));
        said = true;
        const etl::Instant now = clock.now();
        if (now >= until) {
            etl::log::warning("loading without waiting longer for other schools",
                              {{"waited", etl::format_duration(longest)}});
            return;
        }
        if (!clock.sleep_until(std::min(now + kLookAgain, until), stop)) return;
    }
}

LoadSlot::Taken LoadSlot::take(const etl::Config::Fleet& fleet) {
    for (int i = 0; i < fleet.loads_at_once; ++i) {
        const std::string path = fmt::format("{}/load-{}", fleet.slots, i);
        file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0) return Taken::yes;
        const int reason = errno;
        if (file_ >= 0) ::close(file_);
        file_ = -1;
        if (reason == EWOULDBLOCK || reason == EINTR) continue;
        etl::log::warning("the slots for loading cannot be used; loading without",
                          {{"file", path}, {"reason", std::strerror(reason)}});
        return Taken::unusable;
    }
    return Taken::no;
}

LoadSlot::~LoadSlot() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace jobs
