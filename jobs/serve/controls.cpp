#include "jobs/serve/controls.hpp"

#include <utility>

namespace jobs {

namespace {
constexpr int kSyncFactor = 3;  // a load of a large body is one step
}

bool Controls::leading() const {
    const std::lock_guard guard(mutex_);
    return leading_;
}
bool Controls::syncing() const {
    const std::lock_guard guard(mutex_);
    return syncing_;
}
bool Controls::alive() const {
    const std::lock_guard guard(mutex_);
    const etl::Duration allowed = syncing_ ? kSyncFactor * longest_silence_ : longest_silence_;
    return std::chrono::steady_clock::now() - moved_ < allowed;
}
etl::Instant Controls::now() const {
    const std::lock_guard guard(mutex_);
    return now_;
}
etl::Config Controls::config() const {
    const std::lock_guard guard(mutex_);
    return config_;
}
std::string Controls::ask_sync() {
    const std::lock_guard guard(mutex_);
    if (!leading_) return "another instance leads; ask there";
    if (syncing_) return "a sync is under way";
    wanted_ = true;
    tick_.request_stop();
    return "";
}
void Controls::want_sync() {
    const std::lock_guard guard(mutex_);
    wanted_ = true;
}
std::string Controls::ask_stop() {
    const std::lock_guard guard(mutex_);
    if (!syncing_) return "no sync is under way";
    stop_asked_ = true;
    sync_.request_stop();
    return "";
}
void Controls::ticked(etl::Instant now, bool leading) {
    const std::lock_guard guard(mutex_);
    now_ = now;
    leading_ = leading;
    moved_ = std::chrono::steady_clock::now();
}
void Controls::progressed() {
    const std::lock_guard guard(mutex_);
    moved_ = std::chrono::steady_clock::now();
}
void Controls::configured(const etl::Config& config) {
    const std::lock_guard guard(mutex_);
    config_ = config;
}
std::stop_source Controls::begin_tick() {
    const std::lock_guard guard(mutex_);
    tick_ = std::stop_source();
    if (wanted_) tick_.request_stop();
    return tick_;
}
bool Controls::take_sync() {
    const std::lock_guard guard(mutex_);
    return std::exchange(wanted_, false);
}
std::stop_source Controls::begin_sync() {
    const std::lock_guard guard(mutex_);
    syncing_ = true;
    stop_asked_ = false;
    wanted_ = false;
    sync_ = std::stop_source();
    return sync_;
}
bool Controls::end_sync() {
    const std::lock_guard guard(mutex_);
    syncing_ = false;
    return stop_asked_;
}

}  // namespace jobs
