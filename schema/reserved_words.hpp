// Words that PostgreSQL does not take as a column without quotes.
#pragma once

#include <string_view>

namespace schema {

// A word of any supported PostgreSQL (14 to 18), in lower case.
[[nodiscard]] bool reserved_word(std::string_view word);

}  // namespace schema
