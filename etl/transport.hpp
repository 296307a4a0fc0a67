// The port to the wire: one request, one answer, with an end. HTTPS by Poco::NetSSL: verified,
// gzip, no redirects, no retries.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etl/config.hpp"

namespace etl {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
    enum class Method { get, post } method = Method::get;
    std::string path;  // "/pl/api/account/deals"
    Fields query;      // percent-encoded by the transport; brackets may stay
    Fields form;       // application/x-www-form-urlencoded, every value percent-encoded (+ / = too)
    std::string json;  // instead of a form: sent as it is, as application/json
};

// Path and parameters without the key: what journal and log may hold. Deterministic.
[[nodiscard]] std::string describe(const Request& request);

struct Response {
    // none: an answer was read to its end, or as far as its sink wanted it. Everything else:
    // `reason` says what happened, `status` may be 0.
    enum class Failure {
        none,
        resolve,
        connect,
        tls,
        first_byte,
        stalled,  // silent, or slower than a body ever comes
        cut,
        too_large,
        overdue,  // past the limit of the whole request
        stopped
    } failure = Failure::none;
    std::string reason;
    bool sent = false;  // whether the request may have reached the service: false proves it did not
    int status = 0;
    std::string content_type;
    bool gzip = false;        // body pieces are gzip as received
    bool whole = false;       // as many bytes as Content-Length promised
    std::string location;     // of a redirect, without its query: it repeats the key
    std::string date;         // the service's clock, as sent
    std::uint64_t bytes = 0;  // of the body, as received
};

// Takes the body as it comes. begin() once with status and headers known, then write() per piece.
class BodySink {
public:
    virtual ~BodySink() = default;
    virtual void begin(const Response& head) = 0;
    // false: nothing more is wanted, and the connection is closed.
    [[nodiscard]] virtual bool write(std::string_view piece) = 0;
};

// A moment that no jump of a clock moves.
using Deadline = std::chrono::steady_clock::time_point;

class Transport {
public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;
    // Ends at `until` and some seconds after a stop at the latest, whatever the network does.
    // Never throws for what the network does: that is in Response::failure. A sink's exception
    // passes through.
    [[nodiscard]] virtual Response send(const Request& request, BodySink& sink,
                                        std::stop_token stop, Deadline until) = 0;
};

// `base_url` https only. Key material is added by api, not here.
[[nodiscard]] std::unique_ptr<Transport> https_transport(const std::string& base_url,
                                                         const std::string& ca_file,
                                                         const Config::Timeouts& timeouts);

}  // namespace etl
