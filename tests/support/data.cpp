#include "tests/support/data.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace test_support {

std::string read_data(const std::string& name) {
    std::ifstream file(std::string(GCMIRROR_TEST_DATA) + "/" + name, std::ios::binary);
    if (!file) throw std::runtime_error("no test data " + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace test_support
