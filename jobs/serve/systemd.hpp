// systemd's notification socket.
#pragma once

#include <string>

namespace jobs {

// "READY=1", "STOPPING=1", "STATUS=…", "WATCHDOG=1" to $NOTIFY_SOCKET; nothing without it.
void notify_systemd(const std::string& state);

}  // namespace jobs
