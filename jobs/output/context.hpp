// What every command gets: configuration, streams, whether a person watches, and the request to
// stop.
#pragma once

#include <iosfwd>
#include <stop_token>

#include "etl/config.hpp"

namespace jobs {

struct Context {
    etl::Config config;
    std::ostream& out;      // results
    std::ostream& err;      // progress and logs
    bool terminal = false;  // stderr is one
    bool json = false;
    std::stop_token stop;  // SIGINT or SIGTERM came
};

}  // namespace jobs
