// Text for the wire: hex, base64 and percent-encoding by Poco; what stands in HTML and in TOML.
#pragma once

#include <string>
#include <string_view>

namespace etl {

[[nodiscard]] std::string hex(std::string_view bytes);     // lower case
[[nodiscard]] std::string base64(std::string_view bytes);  // padded, on one line
// All but letters, digits and -_.~ (RFC 3986).
[[nodiscard]] std::string percent_encoded(std::string_view text);
// Text as it stands in an element or a quoted attribute of HTML.
[[nodiscard]] std::string html_encoded(std::string_view text);
// A basic string of TOML, quotes included.
[[nodiscard]] std::string toml_string(std::string_view value);

}  // namespace etl
