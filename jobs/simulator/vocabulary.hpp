// Codes that filters take and labels that exports show (getcourse-api.md 2.2 and 9).
#pragma once

#include <string>
#include <vector>

namespace simulator {

struct Status {
    std::string code;
    std::string label;  // of a Russian account
};

// Of users, deals or payments, in the order in which the service lists them.
[[nodiscard]] const std::vector<Status>& statuses(const std::string& table);
[[nodiscard]] bool has_status(const std::string& table, const std::string& code);
[[nodiscard]] std::string label_of(const std::string& table, const std::string& code);
// "new,in_work,…", as the refusal of a wrong status names them.
[[nodiscard]] std::string codes_of(const std::string& table);

}  // namespace simulator
