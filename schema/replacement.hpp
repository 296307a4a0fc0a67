// U+FFFD: what stands where a character cannot be kept.
#pragma once

#include <string_view>

namespace schema {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace schema
