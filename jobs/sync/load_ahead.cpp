#include "jobs/sync/load_ahead.hpp"

#include <algorithm>
#include <utility>

#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/log.hpp"
#include "jobs/sync/load_slot.hpp"

namespace jobs {

namespace {

using Steady = std::chrono::steady_clock;

constexpr etl::Duration kDatabaseAway = std::chrono::minutes{1};

etl::Error open_for_too_long() {
    return {etl::Kind::postponed, "the transaction was open for too long"};
}

}  // namespace

LoadAhead::LoadAhead(const etl::Config& config, const etl::Zone& zone,
                     etl::pg::Connection& connection, std::int64_t run_id, std::stop_token stop,
                     OpenLoad& open, Limits limits)
    : config_(config),
      zone_(zone),
      connection_(connection),
      run_id_(run_id),
      stop_(std::move(stop)),
      open_(open),
      limits_(limits) {}

LoadAhead::~LoadAhead() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    connection_.cancel();
}

void LoadAhead::received(const etl::ExportRow& row) {
    {
        const std::lock_guard lock(mutex_);
        newest_ = std::max(newest_, row.id);
        news_ = true;
    }
    came_.notify_one();
    if (!thread_.joinable())
        thread_ = std::jthread([this](const std::stop_token& done) { work(done); });
}

void LoadAhead::finish() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

void LoadAhead::work(const std::stop_token& done) {
    try {
        const std::stop_callback cancel(stop_, CancelStatement{connection_});
        etl::pg::Connection reading = connection_.another("bodies");
        reading.reopen_within(kDatabaseAway, stop_);
        const auto bodies = etl::pg_journal(reading, etl::rules_of(config_));
        for (int tries = 1; !load_all(*bodies, done, tries == etl::pg::kTries); ++tries) {
        }
        return;
    } catch (const std::exception& error) {
        etl::log::info("what was loaded while waiting is loaded again at the end",
                       {{"reason", error.what()}});
    }
    open_.roll_back();
}

bool LoadAhead::load_all(etl::Journal& bodies, const std::stop_token& done, bool last) {
    try {
        while (wait(done)) load(bodies, done);
        return true;
    } catch (const etl::Error& error) {
        if (last || stop_.stop_requested() || !etl::pg::is_transient(error)) throw;
        etl::log::info("loading while waiting begins anew", {{"reason", error.what()}});
    }
    open_.roll_back();
    const std::lock_guard lock(mutex_);
    news_ = true;
    return false;
}

bool LoadAhead::wait(const std::stop_token& done) {
    std::unique_lock lock(mutex_);
    const auto came = [this] { return std::exchange(news_, false); };
    if (!open_.transaction) return came_.wait(lock, done, came);
    const auto until = std::min(last_body_ + limits_.quiet, opened_ + limits_.longest);
    const bool more = came_.wait_until(lock, done, until, came);
    if (done.stop_requested()) return false;
    if (!more) throw open_for_too_long();
    require_time();
    return true;
}

// A loader that is always behind, or waits for its slot, must not keep it open either.
void LoadAhead::require_time() const {
    if (open_.transaction && Steady::now() >= opened_ + limits_.longest) throw open_for_too_long();
}

void LoadAhead::load(etl::Journal& bodies, const std::stop_token& done) {
    std::int64_t newest = 0;
    {
        const std::lock_guard lock(mutex_);
        newest = newest_;
    }
    std::vector<etl::ExportRow> rows = jobs::received(bodies);
    std::erase_if(rows, [&](const etl::ExportRow& row) { return row.id > newest; });
    if (!open_.begins(rows)) {
        if (std::exchange(reordered_, true))
            throw etl::Error(etl::Kind::postponed, "bodies came that are older than those loaded");
        open_.roll_back();
    }
    const auto clock = etl::system_clock();
    for (std::size_t i = open_.loaded.size(); i < rows.size(); ++i) {
        const LoadSlot slot(config_.fleet, *clock, done, [](const std::string&) {});
        if (done.stop_requested() || stop_.stop_requested()) return;
        require_time();
        if (!open_.transaction) opened_ = Steady::now();
        open_.load({config_, zone_, connection_, bodies, run_id_, stop_}, rows[i]);
        etl::log::info("loaded while waiting", {{"export", std::to_string(rows[i].id)}});
    }
    last_body_ = Steady::now();
}

}  // namespace jobs
