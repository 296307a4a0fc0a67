// One connection of the dashboard: a socket that never blocks, with or without TLS.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace jobs {

enum class HttpStep {
    reading,   // the request is not whole
    working,   // a worker computes the reply
    writing,   // the reply is on its way
    draining,  // a refused body is read away, so that the client sees why
    over
};

class HttpConnection {
public:
    // `context` may be null: plain.
    HttpConnection(int socket, std::string address, SSL_CTX* context);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    void read();   // into `in`, what is there; over at the end of it
    void write();  // from `out`, what goes
    void drain();
    void reply(std::string bytes, bool then_drain);
    [[nodiscard]] bool wants_write() const;

    int socket;
    std::string address;  // without the port
    HttpStep step = HttpStep::reading;
    std::string in, out;
    bool ended = false;  // the client will send nothing more
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();  // of the step

private:
    [[nodiscard]] bool again(int result);  // else the connection is over

    std::unique_ptr<SSL, void (*)(SSL*)> tls_{nullptr, SSL_free};
    std::size_t written_ = 0, drained_ = 0;
    bool then_drain_ = false, tls_wants_write_ = false;
};

}  // namespace jobs
