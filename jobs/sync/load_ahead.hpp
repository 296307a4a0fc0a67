// Loads the bodies of a run while it still waits for others, into the transaction that publishes
// them together at its end.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "etl/clock.hpp"
#include "jobs/sync/open_load.hpp"

namespace jobs {

// An attempt: what passes is tried thrice; whatever else fails in it is rolled back, and the
// bodies, which are kept, are loaded when nothing is waited for any more. A thread of its own does
// it, alone on `connection` until finish().
class LoadAhead {
public:
    // An open transaction holds back VACUUM in the whole database and keeps out whoever wants to
    // change the tables' layout. A service that builds for longer than `quiet` is not hidden
    // behind, and a run longer than `longest` (a first load over many windows) is loaded at its
    // end.
    struct Limits {
        etl::Duration quiet = std::chrono::minutes{30};  // without a body
        etl::Duration longest = std::chrono::hours{2};   // since the first
    };
    // `open` is the thread's until finish().
    LoadAhead(const etl::Config& config, const etl::Zone& zone, etl::pg::Connection& connection,
              std::int64_t run_id, std::stop_token stop, OpenLoad& open, Limits limits);
    ~LoadAhead();  // what was not finished is cancelled
    LoadAhead(const LoadAhead&) = delete;
    LoadAhead& operator=(const LoadAhead&) = delete;

    // This body and those before it are kept, and nothing writes their rows of journal.export any
    // more: they are locked from now on.
    void received(const etl::ExportRow& row);
    // Waits for the body that is being loaded. What is loaded, and its transaction, are in `open`.
    void finish();

private:
    void work(const std::stop_token& done);
    // False: what passes came between, and nothing is loaded.
    [[nodiscard]] bool load_all(etl::Journal& bodies, const std::stop_token& done, bool last);
    [[nodiscard]] bool wait(const std::stop_token& done);  // for a body; false: no more of it
    void load(etl::Journal& bodies, const std::stop_token& done);
    void require_time() const;  // Error{postponed}: open for `longest`

    const etl::Config& config_;
    const etl::Zone& zone_;
    etl::pg::Connection& connection_;
    std::int64_t run_id_;
    std::stop_token stop_;
    OpenLoad& open_;
    Limits limits_;
    std::chrono::steady_clock::time_point last_body_, opened_;
    // An export that the service gave before is as old as its first start: once all is loaded anew
    // in its order.
    bool reordered_ = false;

    std::mutex mutex_;  // of what follows
    std::condition_variable_any came_;
    std::int64_t newest_ = 0;  // export whose body was received
    bool news_ = false;
    std::jthread thread_;
};

}  // namespace jobs
