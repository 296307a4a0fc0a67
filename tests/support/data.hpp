// Where the tests' data and the tested program are; their paths are known to this unit only, so
// that compiled tests are the same in every checkout.
#pragma once

#include <string>

namespace test_support {

[[nodiscard]] std::string read_data(const std::string& name);  // contents of tests/data/<name>
[[nodiscard]] std::string data_folder();                       // absolute, no slash at the end
[[nodiscard]] const char* program();                           // the gcmirror of this build

}  // namespace test_support
