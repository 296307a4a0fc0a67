#include "jobs/fleet/watcher.hpp"

#include <algorithm>
#include <chrono>

#include "etl/log.hpp"

namespace jobs::fleet {
namespace {

using std::chrono::milliseconds;

// Looking may take a twentieth of the time, and a page of three schools is new every few seconds.
constexpr milliseconds kLeastPause{3000}, kMostPause{60000};
constexpr int kPausesPerLook = 20;
constexpr int kThreads = 4;

}  // namespace

Watcher::Watcher(const Board& board, std::function<void(const std::vector<Row>&)> seen)
    : board_(board),
      seen_(std::move(seen)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::vector<Row> Watcher::rows() const {
    std::vector<Row> rows;
    const std::vector<Running> all = board_.all();
    const std::lock_guard lock(mutex_);
    for (const Running& running : all) {
        const auto found = by_school_.find(running.school.name);
        rows.push_back({running, found == by_school_.end() ? Seen{} : found->second});
    }
    sort_by_trouble(rows);
    return rows;
}

void Watcher::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto began = std::chrono::steady_clock::now();
        try {
            look();
            if (seen_) seen_(rows());
        } catch (const std::exception& error) {
            etl::log::error("the schools could not be looked at", {{"reason", error.what()}});
        }
        const auto took =
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, std::clamp(kPausesPerLook * took, kLeastPause, kMostPause),
                          [] { return false; });
    }
}

void Watcher::look() {
    std::vector<School> schools;
    for (Running& running : board_.all()) schools.push_back(std::move(running.school));
    const auto now = std::chrono::time_point_cast<etl::Duration>(std::chrono::system_clock::now());
    std::vector<Seen> seen = look_at_all(schools, now, kThreads);
    const std::lock_guard lock(mutex_);
    by_school_.clear();
    for (std::size_t i = 0; i < schools.size(); ++i)
        if (seen[i].at != etl::Instant{}) by_school_[schools[i].name] = std::move(seen[i]);
}

}  // namespace jobs::fleet
