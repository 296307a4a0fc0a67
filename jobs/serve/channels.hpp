// How an alert travels: webhook, Telegram, mail; and the ping of a heartbeat monitor.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "etl/config.hpp"

namespace jobs {

struct Message {
    std::string kind;  // raised, recovered, test, good_night
    std::string code, about, level, text;
    std::string school;
    std::string audit = {};  // anchor of the write-back's audit; empty: it has no line
};
// Sends on one channel; returns why it did not arrive, empty when it did. Never throws.
using Channel = std::function<std::string(const Message&)>;
// Text as it may leave the house: no secret the program knows, no control character (`lines`: but
// their ends).
[[nodiscard]] std::string harmless(const std::string& text, bool lines = false);
// The configured ones: webhook, telegram, mail.
[[nodiscard]] std::vector<std::pair<std::string, Channel>> channels_of(const etl::Config& config);
// The same for [alert] heartbeat_url, which is asked for after a good run.
[[nodiscard]] std::string ping_heartbeat(const etl::Config& config);
// "gcmirror, SCHOOL: …" in the language of [alert].
[[nodiscard]] std::string sentence(const etl::Config& config, const Message& message);

}  // namespace jobs
