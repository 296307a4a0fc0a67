// gcmirror version.
#include <ostream>

#include "jobs/cli/command.hpp"

namespace jobs {

Run declare_version(CLI::App&, const GlobalOptions&) {
    return [](Context& context) {
        context.out << "gcmirror " << GCMIRROR_VERSION << '\n';
        return 0;
    };
}

}  // namespace jobs
