// Composition root of gcmirror: the only place that sees everything.
#include <cstring>
#include <iostream>

#include "etl/error.hpp"

int main(int argc, char** argv) {
    if (argc == 2 && (std::strcmp(argv[1], "version") == 0 || std::strcmp(argv[1], "--version") == 0)) {
        std::cout << "gcmirror " << GCMIRROR_VERSION << '\n';
        return 0;
    }
    std::cerr << "error: unknown command" << (argc > 1 ? std::string(" ") + argv[1] : std::string()) << "; expected: version\n";
    return etl::exit_code(etl::Kind::usage);
}
