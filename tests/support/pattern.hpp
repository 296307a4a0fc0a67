// Regular expressions of the tests, by Poco: <regex> costs each file that includes it ten seconds.
#pragma once

#include <string>
#include <vector>

namespace test_support {

// Whether `pattern` (PCRE, bytes) occurs in `text`; anchored by the pattern itself.
bool found_in(const std::string& text, const std::string& pattern);
// Every occurrence replaced.
std::string replaced(std::string text, const std::string& pattern, const std::string& with);
// Every occurrence: the whole, then its groups.
std::vector<std::vector<std::string>> all_in(const std::string& text, const std::string& pattern);

}  // namespace test_support
