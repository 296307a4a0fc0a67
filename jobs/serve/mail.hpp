// An alert as mail: SMTP over TLS, or plain to a server on this machine.
#pragma once

#include <string>

#include "jobs/serve/channels.hpp"

namespace jobs {

// Why it did not arrive, empty when it did. Never throws.
[[nodiscard]] std::string send_mail(const etl::Config& config, const Message& message);

}  // namespace jobs
