// JSON texts written by hand: the one escape, and the repair of what foreign writers got wrong.
// Whole documents go through Poco::JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace etl {

// "text" with quotes: only what JSON demands is escaped, letters stay as they are.
[[nodiscard]] std::string json_string(std::string_view text);
void append_json_string(std::string& out, std::string_view text);

// The same JSON text as PostgreSQL and every parser take it: broken bytes and lone surrogates as
// U+FFFD, unknown escapes with a doubled backslash, U+0000 gone, raw control characters escaped.
// `replaced` counts all but the last, which lose nothing.
[[nodiscard]] std::string repaired_json(std::string_view raw, std::uint64_t& replaced);

}  // namespace etl
