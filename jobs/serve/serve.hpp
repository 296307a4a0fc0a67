// gcmirror serve: runs the sync by its schedule, night after night, and writes down what became of
// each expected run.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <stop_token>

#include "etl/clock.hpp"
#include "etl/config.hpp"
#include "jobs/output/context.hpp"

namespace jobs {

// What others may know and ask of the service while it runs; safe from any thread.
class Controls {
public:
    [[nodiscard]] bool leading() const;
    [[nodiscard]] bool syncing() const;
    [[nodiscard]] bool alive()
        const;  // the loop has turned within five minutes, or a sync is under way
    [[nodiscard]] etl::Instant now() const;  // the service's clock when its loop last turned
    [[nodiscard]] etl::Config config() const;
    std::string ask_sync();  // a run now; empty: it will begin; else why not
    std::string ask_stop();  // end the run under way, resumable; empty: it will; else why not

    // By the service.
    void turned(etl::Instant now, bool leading);
    void configured(const etl::Config& config);
    [[nodiscard]] std::stop_source nap();  // what ask_sync ends
    [[nodiscard]] bool take_sync();
    [[nodiscard]] std::stop_source begin_sync();
    bool end_sync();  // whether somebody asked for its end

private:
    mutable std::mutex mutex_;
    etl::Config config_;
    etl::Instant now_{};
    std::chrono::steady_clock::time_point turned_ = std::chrono::steady_clock::now();
    bool leading_ = false, wanted_ = false, syncing_ = false, stop_asked_ = false;
    std::stop_source nap_, sync_;
};

struct Serving {
    etl::Config config;
    std::function<etl::Config()> reload;  // reads the configuration anew; may throw Error{usage}
    std::function<int(const etl::Config&, std::stop_token)>
        sync;  // one sync; exit code of design.md, may throw Error
    etl::Micros tick =
        std::chrono::minutes{1};  // how often the lock, the database and SIGHUP are looked at
    std::shared_ptr<Controls> controls = std::make_shared<Controls>();
    std::function<void(const std::string&)>
        say;  // what the service does, a sentence; empty: a line on `err`
    std::function<void(const etl::Config&, etl::Instant, bool good_night)>
        notify;  // tells people, after each run and each tick; may be empty
};
// Serves until stop. One instance leads, by a lock that dies with its connection; others wait for
// it. A lost database is waited out; a configuration that cannot be read leaves the old one. A run
// that was under way when the service died is taken up again.
void serve(Serving serving, etl::Clock& clock, std::ostream& err, std::stop_token stop);

// Set by SIGHUP, taken by serve.
[[nodiscard]] std::atomic<bool>& reload_requested();
// Whether SIGHUP means reload: only while serving.
[[nodiscard]] std::atomic<bool>& takes_reload();

int run_serve(Context& context, std::function<etl::Config()> reload);

// systemd's notification socket ($NOTIFY_SOCKET): "READY=1", "STOPPING=1", "STATUS=…"; nothing
// without it.
void notify_systemd(const std::string& state);

}  // namespace jobs
