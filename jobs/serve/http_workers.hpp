// Threads that compute replies; calls that may take minutes have threads of their own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace jobs {

class HttpWorkers {
public:
    explicit HttpWorkers(int threads);
    ~HttpWorkers();  // what waits is forgotten, what is under way ends
    HttpWorkers(const HttpWorkers&) = delete;
    HttpWorkers& operator=(const HttpWorkers&) = delete;
    void add(std::function<void()> work);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> waiting_;
    bool done_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace jobs
