#include "jobs/serve/dashboard_access.hpp"

#include <fmt/format.h>

#include <Poco/Base64Decoder.h>
#include <Poco/URI.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <sstream>

#include "etl/encoding.hpp"
#include "etl/error.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

std::string random_token() {
    std::array<unsigned char, 24> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw Error(Kind::unexpected, "no random numbers for the dashboard's token");
    return etl::hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "[::1]" ||
           host.starts_with("127.");
}

constexpr std::chrono::hours kSession{24 * 7}, kApproverSession{12};
constexpr std::size_t kMostSessions = 1000;

// Cookies know no ports: a name of its own for each of several dashboards on one machine.
std::string cookie_name(const HttpCall& call) {
    const std::string host = call.header("host");
    const std::size_t colon = host.rfind(':');
    const bool has_port = colon != std::string::npos && colon + 1 < host.size() &&
                          host.find_first_not_of("0123456789", colon + 1) == std::string::npos;
    return "gcmirror" + (has_port ? "-" + host.substr(colon + 1) : "") + "=";
}

std::string cookie_of(const HttpCall& call) {
    const std::string header = call.header("cookie"), name = cookie_name(call);
    std::istringstream parts(header);
    for (std::string part; std::getline(parts, part, ';');) {
        part.erase(0, part.find_first_not_of(' '));
        if (part.starts_with(name)) return part.substr(name.size());
    }
    return "";
}

// A field of a form in a body, decoded.
std::string form_field(const std::string& body, const std::string& name) {
    Poco::URI uri;
    uri.setRawQuery(body);
    for (const auto& [key, value] : uri.getQueryParameters())
        if (key == name) return value;
    return "";
}

// A browser names the page an action comes from; only our own may ask.
void check_origin(const HttpCall& call) {
    const std::string origin = call.header("origin");
    const std::string own = (call.over_tls ? "https://" : "http://") + call.header("host");
    // Behind a proxy that ends TLS the page's own origin is https.
    if (origin.empty() || origin == own || origin == "https://" + call.header("host")) return;
    throw HttpRefusal{http::kForbidden, "an action may come from this dashboard's own pages only"};
}

// The token of an Authorization header; empty when it holds none.
std::string token_of(const std::string& authorization) {
    if (authorization.starts_with("Bearer ")) return authorization.substr(7);
    if (!authorization.starts_with("Basic ")) return "";
    std::istringstream encoded(authorization.substr(6));
    Poco::Base64Decoder decoder(encoded);
    std::ostringstream decoded;
    decoded << decoder.rdbuf();
    const std::string pair = decoded.str();
    const std::size_t colon = pair.find(':');
    return colon == std::string::npos ? "" : pair.substr(colon + 1);
}

}  // namespace

std::string host_of_listen(const std::string& listen, const std::string& key,
                           const std::string& like, const std::string& hint) {
    const std::size_t colon = listen.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == listen.size() ||
        listen.find_first_not_of("0123456789", colon + 1) != std::string::npos)
        throw Error(Kind::usage,
                    key + " is \"" + listen + "\", expected an address and a port, like " + like,
                    hint);
    return listen.substr(0, colon);
}

DashboardAccess::DashboardAccess(const etl::Config& config, const std::string& host)
    : token_(config.serve_token), approvers_(config.approvers), csrf_(random_token()) {
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
    if (session(call)) return;
    throw HttpRefusal{http::kUnauthorized,
                      "this dashboard asks for its token: at /login, or as Bearer"};
}

std::string DashboardAccess::login(const HttpCall& call) {
    check_origin(call);
    const std::string name = form_field(call.body, "name");
    slow_down(call, name);
    const bool known =
        name.empty() ? !token_.empty() &&
                           equal_in_constant_time(form_field(call.body, "token"), token_.reveal())
                     : has_password(name, form_field(call.body, "password"));
    if (!known) return "";
    const std::string session = random_token();
    const std::chrono::hours lasts = name.empty() ? kSession : kApproverSession;
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard guard(mutex_);
    throttle_.right(call.address, name);
    std::erase_if(sessions_, [&](const auto& entry) { return entry.second.until <= now; });
    if (sessions_.size() >= kMostSessions) sessions_.clear();
    sessions_[session] = {now + lasts, name};
    return cookie_name(call) + session + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" +
           std::to_string(std::chrono::seconds(lasts).count()) + (call.over_tls ? "; Secure" : "");
}

void DashboardAccess::slow_down(const HttpCall& call, const std::string& name) {
    const std::lock_guard guard(mutex_);
    const auto wait = throttle_.ask(call.address, name, std::chrono::steady_clock::now());
    if (wait.count() == 0) return;
    throw HttpRefusal{http::kTooManyRequests,
                      fmt::format("too many wrong passwords; try again in {} s", wait.count())};
}

std::optional<DashboardAccess::Session> DashboardAccess::session(const HttpCall& call) const {
    const std::lock_guard guard(mutex_);
    const auto found = sessions_.find(cookie_of(call));
    if (found == sessions_.end() || std::chrono::steady_clock::now() >= found->second.until)
        return std::nullopt;
    return found->second;
}

// Every password is compared, so that the time says nothing about names.
bool DashboardAccess::has_password(const std::string& name, const std::string& password) const {
    bool known = false;
    for (const auto& [approver, secret] : approvers_)
        known = (equal_in_constant_time(secret.reveal(), password) && approver == name) || known;
    return known;
}

std::string DashboardAccess::approver(const HttpCall& call) const {
    const auto found = session(call);
    return found ? found->approver : "";
}

void DashboardAccess::check_action(const HttpCall& call) const {
    if (call.body_too_large)
        throw HttpRefusal{http::kTooLarge,
                          fmt::format("a body of at most {} bytes is taken", kLargestBody)};
    check_origin(call);
    if (!equal_in_constant_time(call.header("x-csrf-token"), csrf_))
        throw HttpRefusal{http::kForbidden, "the page is older than the service; load it again"};
}

bool equal_in_constant_time(const std::string& a, const std::string& b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace jobs
