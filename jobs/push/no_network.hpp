// A thread that cannot open a socket: what `push plan` runs in.
#pragma once

#include <functional>

namespace jobs {

// Runs `act` in a thread of its own in which the kernel refuses every new IPv4 and IPv6 socket
// (seccomp); connections that are open stay. Exceptions pass through. Where the kernel does not
// take the filter, `act` runs all the same, with a warning in the log.
int without_network(const std::function<int()>& act);

}  // namespace jobs
