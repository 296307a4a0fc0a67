// What every command gets: configuration, streams, whether a person watches, and the request to
// stop.
#pragma once

#include <functional>
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
    // Waits for signals in a thread of its own; to be called again in a child that goes on without
    // the parent's threads. Empty: nobody does.
    std::function<void()> watch_signals = {};
    bool russian = false;  // --lang, or what LANG says: the words of results
};

}  // namespace jobs
