// A request to the dashboard and its reply, as plain data: what the routes decide on.
#pragma once

#include <map>
#include <string>

namespace jobs {

struct HttpCall {
    std::string method, path;
    std::string address;  // of the client, or of the proxy before it
    std::map<std::string, std::string> query;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    bool body_too_large = false;  // above kLargestBody: not read
    bool over_tls = false;
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

struct HttpReply {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::map<std::string, std::string> headers;
};

// Thrown by a route that refuses: what the client is told.
struct HttpRefusal {
    int status;
    std::string message;
};

// The status codes the dashboard speaks.
namespace http {
constexpr int kBadRequest = 400, kUnauthorized = 401, kForbidden = 403, kNotFound = 404,
              kSeeOther = 303, kMethodNotAllowed = 405, kConflict = 409, kTooLarge = 413,
              kMisdirected = 421, kTooManyRequests = 429, kServerError = 500, kUnavailable = 503;
}

// Only the login has a body, and a small one.
constexpr std::size_t kLargestBody = 4096;

}  // namespace jobs
