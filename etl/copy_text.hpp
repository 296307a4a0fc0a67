// Values as the text form of COPY takes them.
#pragma once

#include <string>
#include <string_view>

#include "etl/clock.hpp"

namespace etl {

// Escapes \ tab CR LF.
void append_copy_text(std::string& line, std::string_view value);
// "2026-02-01 07:05:12+00": a timestamptz of the years 0 to 9999.
[[nodiscard]] std::string copy_instant(Instant t);

}  // namespace etl
