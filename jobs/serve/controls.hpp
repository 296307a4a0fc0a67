// What others may know and ask of the service while it runs; safe from any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <stop_token>
#include <string>

#include "etl/clock.hpp"
#include "etl/config.hpp"

namespace jobs {

class Controls {
public:
    explicit Controls(etl::Duration longest_silence = std::chrono::minutes{5})
        : longest_silence_(longest_silence) {}
    [[nodiscard]] bool leading() const;
    [[nodiscard]] bool syncing() const;
    // The service has moved lately: its loop ticked, or its sync came a step further or waits by
    // its clock. A sync may be silent three times as long, since a load is one step.
    [[nodiscard]] bool alive() const;
    [[nodiscard]] etl::Instant now() const;  // the service's clock when its loop last ticked
    [[nodiscard]] etl::Config config() const;
    std::string ask_sync();  // a run now; empty: it will begin; else why not
    void want_sync();        // a run as soon as this instance leads
    std::string ask_stop();  // end the run under way, resumable; empty: it will; else why not

    // By the service.
    void ticked(etl::Instant now, bool leading);
    void progressed();
    void configured(const etl::Config& config);
    [[nodiscard]] std::stop_source begin_tick();  // what ask_sync ends
    [[nodiscard]] bool take_sync();
    [[nodiscard]] std::stop_source begin_sync();
    bool end_sync();  // whether somebody asked for its end

private:
    etl::Duration longest_silence_;
    mutable std::mutex mutex_;
    etl::Config config_;
    etl::Instant now_{};
    std::chrono::steady_clock::time_point moved_ = std::chrono::steady_clock::now();
    bool leading_ = false, wanted_ = false, syncing_ = false, stop_asked_ = false;
    std::stop_source tick_, sync_;
};

}  // namespace jobs
