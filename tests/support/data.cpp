#include "tests/support/data.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace test_support {

std::string read_data(const std::string& name) {
    std::ifstream file(data_folder() + "/" + name, std::ios::binary);
    if (!file) throw std::runtime_error("no test data " + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string data_folder() { return GCMIRROR_TEST_DATA; }

const char* program() { return GCMIRROR_PROGRAM; }

}  // namespace test_support
