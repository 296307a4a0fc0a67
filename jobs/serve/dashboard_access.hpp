// Who may ask the dashboard: its name, its token, and the token of its page for actions.
#pragma once

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
    // Bearer, or Basic with the token as password and any name: browsers ask for that by
    // themselves.
    void check_token(const HttpCall& call) const;
    void check_action(const HttpCall& call) const;
    [[nodiscard]] const std::string& csrf() const { return csrf_; }

private:
    etl::Secret token_;
    std::set<std::string> hosts_;  // empty: any, since every request needs the token
    std::string csrf_;
};

// Equal, in a time that depends on the lengths alone.
[[nodiscard]] bool equal_in_constant_time(const std::string& a, const std::string& b);

}  // namespace jobs
