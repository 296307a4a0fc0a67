#include "etl/foreign.hpp"

#include "etl/log.hpp"

namespace etl {
namespace {

// Length of the valid UTF-8 sequence that begins `text`; 0: none.
std::size_t letter(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0u) != 0x80u) return 0;
    const bool beyond = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                        (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
    return beyond ? 0 : length;
}

bool control(std::string_view letter) {
    const auto first = static_cast<unsigned char>(letter[0]);
    return first < 0x20 || first == 0x7F ||
           (first == 0xC2 && static_cast<unsigned char>(letter[1]) < 0xA0);  // the C1 set
}

}  // namespace

std::string foreign_words(std::string_view given, std::size_t most) {
    const std::string text = log::redacted(given);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view rest = std::string_view(text).substr(at);
        const std::size_t length = letter(rest);
        const std::string_view next = length == 0                       ? "\xEF\xBF\xBD"
                                      : control(rest.substr(0, length)) ? " "
                                                                        : rest.substr(0, length);
        if (out.size() + next.size() > most) break;
        out += next;
        at += length == 0 ? 1 : length;
    }
    return log::redacted(out);
}

std::string foreign_address(std::string_view address) {
    return foreign_words(address.substr(0, address.find_first_of("?#")), 300);
}

}  // namespace etl
