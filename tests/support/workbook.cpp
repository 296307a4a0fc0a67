#include "tests/support/workbook.hpp"

#include <stdlib.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/data.hpp"

namespace test_support {

std::vector<std::string> read_workbook(const std::string& bytes) {
    std::string folder = (std::filesystem::temp_directory_path() / "book-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no folder");
    const std::string file = folder + "/book.xlsx";
    std::ofstream(file, std::ios::binary) << bytes;
    // Debian's own Python: another one on the PATH may lack Debian's openpyxl.
    const std::string command =
        "/usr/bin/python3 " + data_folder() + "/../support/read_workbook.py " + file + " 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> buffer;
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        text.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    std::filesystem::remove_all(folder);
    if (status != 0) throw std::runtime_error("the workbook cannot be read: " + text);
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace test_support
