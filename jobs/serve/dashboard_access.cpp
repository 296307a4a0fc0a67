#include "jobs/serve/dashboard_access.hpp"

#include <Poco/Base64Decoder.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <sstream>

#include "etl/error.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

std::string random_token() {
    std::array<unsigned char, 24> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw Error(Kind::unexpected, "no random numbers for the dashboard's token");
    static const char* kDigits = "0123456789abcdef";
    std::string out;
    for (const unsigned char byte : bytes) out += kDigits[byte >> 4], out += kDigits[byte & 15];
    return out;
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "[::1]" ||
           host.rfind("127.", 0) == 0;
}

// The token of an Authorization header; empty when it holds none.
std::string token_of(const std::string& authorization) {
    if (authorization.rfind("Bearer ", 0) == 0) return authorization.substr(7);
    if (authorization.rfind("Basic ", 0) != 0) return "";
    std::istringstream encoded(authorization.substr(6));
    Poco::Base64Decoder decoder(encoded);
    std::ostringstream decoded;
    decoded << decoder.rdbuf();
    const std::string pair = decoded.str();
    const std::size_t colon = pair.find(':');
    return colon == std::string::npos ? "" : pair.substr(colon + 1);
}

}  // namespace

DashboardAccess::DashboardAccess(const etl::Config& config, const std::string& host)
    : token_(config.serve_token), csrf_(random_token()) {
    if (!is_loopback(host) && token_.empty())
        throw Error(Kind::usage,
                    "[serve] listen is \"" + config.serve_listen +
                        "\", which others can reach, and there is no token",
                    "Set [serve] token_file, or listen on 127.0.0.1.");
    if (!token_.empty() && config.serve_hosts.empty()) return;
    hosts_ = {"localhost", "127.0.0.1", "[::1]", host};
    std::istringstream names(config.serve_hosts);
    for (std::string name; std::getline(names, name, ',');) {
        std::erase_if(name, [](unsigned char c) { return c <= ' '; });
        hosts_.insert(name);
    }
}

void DashboardAccess::check_host(const HttpCall& call) const {
    std::string host = call.header("host");
    if (const std::size_t colon = host.rfind(':');
        colon != std::string::npos && host.find(']', colon) == std::string::npos)
        host.resize(colon);
    if (host.empty()) throw HttpRefusal{http::kBadRequest, "the Host header is missing"};
    if (!hosts_.empty() && !hosts_.contains(host))
        throw HttpRefusal{http::kMisdirected, "this dashboard is not called \"" +
                                                  host.substr(0, 100) +
                                                  "\"; [serve] hosts names further names"};
}

void DashboardAccess::check_token(const HttpCall& call) const {
    if (token_.empty() ||
        equal_in_constant_time(token_of(call.header("authorization")), token_.reveal()))
        return;
    throw HttpRefusal{http::kUnauthorized,
                      "this dashboard asks for its token: as password with any name, or as Bearer"};
}

void DashboardAccess::check_action(const HttpCall& call) const {
    if (call.body_too_large)
        throw HttpRefusal{http::kTooLarge,
                          "a body of at most " + std::to_string(kLargestBody) + " bytes is taken"};
    if (!equal_in_constant_time(call.header("x-csrf-token"), csrf_))
        throw HttpRefusal{http::kForbidden, "the page is older than the service; load it again"};
}

bool equal_in_constant_time(const std::string& a, const std::string& b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace jobs
