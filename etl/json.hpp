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

// The same JSON text as PostgreSQL and every parser take it: broken bytes, lone surrogates, U+0000
// and the backslash of an unknown escape as U+FFFD, raw control characters escaped. `replaced`
// counts all but the last, which lose nothing.
[[nodiscard]] std::string repaired_json(std::string_view raw, std::uint64_t& replaced);

// The same JSON text with numbers that no integer of 64 bits may hold as texts: a parser that
// throws for one of them would cost the whole document.
[[nodiscard]] std::string with_long_numbers_quoted(std::string_view json);

// Whether jsonb takes the text (a repaired one): JSON to the letter, nested at most a hundred deep,
// no longer than 1 MB, and with numbers of a size that numeric holds cheaply.
[[nodiscard]] bool storable_json(std::string_view repaired);

}  // namespace etl
