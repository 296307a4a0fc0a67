#include "jobs/serve/connection_reaper.hpp"

namespace jobs {

using std::chrono::steady_clock;

ConnectionReaper::ConnectionReaper(std::chrono::seconds to_ask, std::chrono::seconds in_all)
    : to_ask_(to_ask), in_all_(in_all), thread_([this] { watch(); }) {}

ConnectionReaper::~ConnectionReaper() {
    {
        const std::lock_guard guard(mutex_);
        done_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void ConnectionReaper::begin(const Poco::Net::StreamSocket& socket) {
    const std::lock_guard guard(mutex_);
    sockets_.push_back({socket, steady_clock::now(), false});
}

void ConnectionReaper::asked(const Poco::Net::StreamSocket& socket) {
    const std::lock_guard guard(mutex_);
    for (Entry& entry : sockets_)
        if (entry.socket.impl() == socket.impl()) entry.asked = true;
}

void ConnectionReaper::end(const Poco::Net::StreamSocket& socket) {
    const std::lock_guard guard(mutex_);
    sockets_.remove_if([&](const Entry& entry) { return entry.socket.impl() == socket.impl(); });
}

void ConnectionReaper::watch() {
    std::unique_lock lock(mutex_);
    while (!done_) {
        wake_.wait_for(lock, std::chrono::seconds{1});
        const auto now = steady_clock::now();
        for (Entry& entry : sockets_) {
            if (now - entry.since < (entry.asked ? in_all_ : to_ask_)) continue;
            try {
                entry.socket.shutdown();
            } catch (const Poco::Exception&) {  // gone already
            }
        }
    }
}

}  // namespace jobs
