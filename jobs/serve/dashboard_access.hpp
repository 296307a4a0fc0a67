// Who may ask the dashboard: its name, its token, and the token of its page for actions.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "jobs/serve/http.hpp"
#include "jobs/serve/login_throttle.hpp"

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
    [[nodiscard]] bool has_approvers() const { return !approvers_.empty(); }
    // The header Set-Cookie for the token of a login form, or for the name and password of
    // somebody who may approve; empty: it is another one. HttpRefusal: too many wrong ones.
    [[nodiscard]] std::string login(const HttpCall& call);
    // Who has signed in with a password of their own; empty: nobody.
    [[nodiscard]] std::string approver(const HttpCall& call) const;
    [[nodiscard]] const std::string& csrf() const { return csrf_; }

private:
    etl::Secret token_;
    std::set<std::string> hosts_;  // empty: any, since every request needs the token
    std::vector<std::pair<std::string, etl::Secret>> approvers_;
    std::string csrf_;
    struct Session {
        std::chrono::steady_clock::time_point until;
        std::string approver;  // empty: came by the token
    };
    [[nodiscard]] std::optional<Session> session(const HttpCall& call) const;
    void slow_down(const HttpCall& call, const std::string& name);
    [[nodiscard]] bool has_password(const std::string& name, const std::string& password) const;
    mutable std::mutex mutex_;
    std::map<std::string, Session> sessions_;
    LoginThrottle throttle_;
};

// HOST of an address "HOST:PORT", which `key` holds. Error{usage}: it is none; says one that would
// be, and what an empty one means.
[[nodiscard]] std::string host_of_listen(const std::string& listen, const std::string& key,
                                         const std::string& like, const std::string& hint);

// Equal, in a time that depends on the lengths alone.
[[nodiscard]] bool equal_in_constant_time(const std::string& a, const std::string& b);

}  // namespace jobs
