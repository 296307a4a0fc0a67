// HTTP/1.1 for the dashboard: one thread waits for all sockets at once, so that clients who say or
// read nothing hold no thread; workers only compute replies. One request a connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "jobs/serve/http.hpp"

namespace jobs {

struct HttpLimits {
    std::chrono::milliseconds request_time{2000};  // from the connection to the request's end
    std::chrono::milliseconds reply_time{30000};   // for reading the reply
    std::size_t header_bytes = 16 << 10;
    // Connections at once, and of one address: whoever comes then takes the place of the one that
    // has been idle longest, first among those of the same address.
    std::size_t connections = 400, of_one_address = 64;
    int workers = 4;
    int slow_workers = 2;  // of their own for calls that may take minutes
};

struct HttpHandlers {
    std::function<HttpReply(const HttpCall&)> reply;  // by a worker
    // Answered at once by the waiting thread, whatever the workers do: may not block.
    std::function<bool(const HttpCall&)> immediate;
    std::function<bool(const HttpCall&)> slow;
};

// PEM files; both empty: plain HTTP.
struct TlsFiles {
    std::string certificate, key;
};

class HttpServer {
public:
    // Listens on "host:port". Error{usage}: the address is taken or none, a file cannot be read.
    HttpServer(const std::string& listen, const TlsFiles& tls, const HttpLimits& limits,
               HttpHandlers handlers);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    [[nodiscard]] std::string address() const;  // with port 0 the one it got

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace jobs
