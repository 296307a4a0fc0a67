// Foreign words: what a service or a network said, made harmless where it enters. Secrets are
// taken out, control characters become blanks, broken UTF-8 becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace etl {

// At most `most` bytes, cut between letters.
[[nodiscard]] std::string foreign_words(std::string_view text, std::size_t most = 1000);

// Where an address leads, without query and fragment: a redirect repeats the key there.
[[nodiscard]] std::string foreign_address(std::string_view address);

}  // namespace etl
