// Who may ask the dashboard: its name, its token, and the token of its page for actions.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "etl/config.hpp"
#include "jobs/serve/http.hpp"

namespace jobs {

class DashboardAccess {
public:
    // Error{usage}: others can reach the address and there is no token.
    DashboardAccess(const etl::Config& config, const std::string& host);
    // Reject unknown Host headers (DNS rebinding).
    void check_host(const HttpCall& call) const;
    // A cookie of the login page; for programs Bearer, or Basic with the token as password.
    void check_token(const HttpCall& call) const;
    // Foreign origins, and pages that do not hold the token of actions, are refused.
    void check_action(const HttpCall& call) const;
    [[nodiscard]] bool needs_token() const { return !token_.empty(); }
    // The header Set-Cookie for the token of a login form; empty: it is another one.
    [[nodiscard]] std::string login(const HttpCall& call);
    [[nodiscard]] const std::string& csrf() const { return csrf_; }

private:
    etl::Secret token_;
    std::set<std::string> hosts_;  // empty: any, since every request needs the token
    std::string csrf_;
    mutable std::mutex mutex_;
    std::map<std::string, std::chrono::steady_clock::time_point> sessions_;  // until when
};

// Equal, in a time that depends on the lengths alone.
[[nodiscard]] bool equal_in_constant_time(const std::string& a, const std::string& b);

}  // namespace jobs
