// gcmirror version.
#include <ostream>

#include "jobs/cli/command.hpp"

namespace jobs {

std::string version_line() { return "gcmirror " GCMIRROR_VERSION; }

Run declare_version(CLI::App&, const GlobalOptions&) {
    return [](Context& context) {
        context.out << version_line() << '\n';
        return 0;
    };
}

}  // namespace jobs
