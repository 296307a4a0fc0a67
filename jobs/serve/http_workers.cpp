#include "jobs/serve/http_workers.hpp"

namespace jobs {

HttpWorkers::HttpWorkers(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

HttpWorkers::~HttpWorkers() {
    {
        const std::lock_guard guard(mutex_);
        done_ = true;
        waiting_.clear();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void HttpWorkers::add(std::function<void()> work) {
    {
        const std::lock_guard guard(mutex_);
        waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
}

void HttpWorkers::run() {
    for (;;) {
        std::function<void()> work;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return done_ || !waiting_.empty(); });
            if (done_) return;
            work = std::move(waiting_.front());
            waiting_.pop_front();
        }
        work();
    }
}

}  // namespace jobs
