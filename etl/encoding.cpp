#include "etl/encoding.hpp"

#include <Poco/Base64Encoder.h>
#include <Poco/DigestEngine.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <sstream>

namespace etl {

std::string hex(std::string_view bytes) {
    return Poco::DigestEngine::digestToHex({bytes.begin(), bytes.end()});
}

std::string base64(std::string_view bytes) {
    std::ostringstream encoded;
    Poco::Base64Encoder encoder(encoded);
    encoder.rdbuf()->setLineLength(0);
    encoder << bytes;
    encoder.close();
    return encoded.str();
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    Poco::URI::encode(std::string(text), "!*'();:@&=+$,/?#[]% ", out);
    return out;
}

std::string html_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    return out;
}

std::string toml_string(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + '"';
}

}  // namespace etl
