#include "jobs/fleet/decisions.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <sstream>

namespace jobs::fleet {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{1000}, kLongestWait{300000};
constexpr std::chrono::minutes kWell{10};  // who ran for so long has not failed at its start
constexpr int kMinutesOfDay = 24 * 60;

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

// "M H * * *" as minutes of the day; nullopt: it is another kind of expression.
std::optional<int> daily_minute(const std::string& cron) {
    std::istringstream in(cron);
    int minute = 0, hour = 0;
    std::string rest;
    if (!(in >> minute >> hour) || !std::getline(in >> std::ws, rest) || rest != "* * *")
        return std::nullopt;
    return hour * 60 + minute;
}

}  // namespace

Step next_step(const School* school, const Process& process, Steady now) {
    if (process.stopping) return Step::none;
    if (process.running) {
        const bool goes = school == nullptr;
        const bool changed =
            school != nullptr && school->error.empty() && school->content != process.content;
        return goes || changed ? Step::stop : Step::none;
    }
    if (school == nullptr || !school->error.empty()) return Step::none;
    const bool mended = school->content != process.content;
    return mended || now >= process.not_before ? Step::start : Step::none;
}

milliseconds restart_wait(std::string_view name, int failures) {
    milliseconds wait = kFirstWait;
    for (int i = 1; i < failures && wait < kLongestWait; ++i) wait *= 2;
    wait = std::min(wait, kLongestWait);
    return wait + milliseconds(hash_of(name, static_cast<std::uint64_t>(failures)) %
                               static_cast<std::uint64_t>(wait.count() / 4));
}

void ended(Process& process, std::string_view name, Steady now) {
    const bool asked = process.stopping;
    process.failures = asked                            ? 0
                       : now - process.started >= kWell ? 1
                                                        : std::min(process.failures + 1, 1000);
    process.running = process.stopping = false;
    process.not_before = asked ? now : now + restart_wait(name, process.failures);
}

std::string staggered_schedule(const School& school, etl::Duration stagger) {
    const std::string& own = school.config.schedule_sync;
    const auto minute = daily_minute(own);
    const auto most = std::chrono::duration_cast<std::chrono::minutes>(stagger).count();
    if (school.config.schedule_sync_given || !minute || most <= 0) return own;
    const int later = static_cast<int>(hash_of(school.name, 0) % static_cast<std::uint64_t>(most));
    const int begins = (*minute + later) % kMinutesOfDay;
    return fmt::format("{} {} * * *", begins % 60, begins / 60);
}

Environment environment_of(const School& school, const Environment& ours,
                           const HandedDown& handed) {
    Environment own;
    for (const auto& [name, value] : ours) {
        const bool of_somebody = name.starts_with("GETCOURSE_") || name.starts_with("GCMIRROR_") ||
                                 name.starts_with("LISTEN_") || name.starts_with("WATCHDOG_") ||
                                 name == "NOTIFY_SOCKET";
        if (!of_somebody) own.emplace(name, value);
    }
    own["GCMIRROR_FLEET_SLOTS"] = handed.slots;
    own["GCMIRROR_FLEET_LOADS_AT_ONCE"] = std::to_string(handed.loads_at_once);
    if (!school.config.schedule_sync_given)
        own["GCMIRROR_SCHEDULE_SYNC"] = staggered_schedule(school, handed.stagger);
    return own;
}

}  // namespace jobs::fleet
