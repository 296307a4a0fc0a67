// Ends connections of the dashboard that take too long to ask or to read: a slow client may not
// hold a thread.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace jobs {

class ConnectionReaper {
public:
    ConnectionReaper(std::chrono::seconds to_ask, std::chrono::seconds in_all);
    ~ConnectionReaper();
    ConnectionReaper(const ConnectionReaper&) = delete;
    ConnectionReaper& operator=(const ConnectionReaper&) = delete;
    void begin(const Poco::Net::StreamSocket& socket);
    void asked(const Poco::Net::StreamSocket& socket);  // the request is whole
    void end(const Poco::Net::StreamSocket& socket);

private:
    struct Entry {
        Poco::Net::StreamSocket socket;
        std::chrono::steady_clock::time_point since;
        bool asked;
    };
    void watch();

    std::chrono::seconds to_ask_, in_all_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::list<Entry> sockets_;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace jobs
