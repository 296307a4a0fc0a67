// Test data by name.
#pragma once

#include <string>

namespace test_support {

[[nodiscard]] std::string read_data(const std::string& name);  // contents of tests/data/<name>

}  // namespace test_support
