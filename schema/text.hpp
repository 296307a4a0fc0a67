// Text in UTF-8: blanks, case, cuts, widths, repair. The only place that knows UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace schema {

// One idea of a blank: control characters, the space, U+00A0 and the other spaces of Unicode, and
// what nobody sees (U+200B, U+2060, the byte-order mark).
[[nodiscard]] bool blank(char32_t point);
// Length in bytes of the valid UTF-8 sequence at `at`, 0 when there is none.
[[nodiscard]] std::size_t sequence(std::string_view text, std::size_t at);
// The code point at `at`, which moves behind it; a broken byte comes as U+FFFD.
[[nodiscard]] char32_t next_point(std::string_view text, std::size_t& at);
void append_point(std::string& out, char32_t point);

// 0 to 9, whatever the locale says.
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Without outer blanks; a view into `text`.
[[nodiscard]] std::string_view trim(std::string_view text);
// Lower case of every alphabet, letter by letter. Broken bytes stay as they are.
[[nodiscard]] std::string lower(std::string_view text);
// As compared: outer blanks gone, inner ones single, composed, without case, ё as е.
[[nodiscard]] std::string fold(std::string_view text);

// The longest beginning of at most `bytes` that ends between two letters.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t bytes);
[[nodiscard]] std::size_t code_points(std::string_view text);
// Columns of a terminal: wide letters and emoji are two, marks that combine none.
[[nodiscard]] std::size_t display_width(std::string_view text);

// What PostgreSQL can store: broken bytes, encoded surrogates and U+0000 become U+FFFD; `replaced`
// counts them.
[[nodiscard]] std::string repaired(std::string_view text, std::uint64_t& replaced);
// The same for one line that people read (a name, a message): other control characters become
// U+FFFD, too, and line breaks and tabs a blank.
[[nodiscard]] std::string repaired_line(std::string_view text, std::uint64_t& replaced);

}  // namespace schema
