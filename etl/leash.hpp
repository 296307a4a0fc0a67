// A connection that is cut when its work takes too long: a statement that waits for a server which
// says nothing returns with an error then.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "etl/pg.hpp"

namespace etl::pg {

class Leash {
public:
    // From now on for `most`; `connection` must outlive it.
    Leash(Connection& connection, std::chrono::milliseconds most);
    ~Leash();
    Leash(const Leash&) = delete;
    Leash& operator=(const Leash&) = delete;
    [[nodiscard]] bool cut() const { return cut_; }

private:
    int socket_;  // a duplicate
    std::atomic<bool> cut_ = false;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::jthread thread_;
};

// `url` with a time limit for connecting, unless it has one.
[[nodiscard]] std::string connecting_within(const std::string& url, std::chrono::seconds most);

}  // namespace etl::pg
