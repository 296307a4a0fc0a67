#include "schema/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "schema/replacement.hpp"

namespace schema {
namespace {

bool ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char32_t lower_point(char32_t point) {
    return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point)));
}

// Composed and without case; what utf8proc refuses stays as it is.
std::string case_folded(const std::string& text) {
    utf8proc_uint8_t* folded = nullptr;
    const utf8proc_ssize_t size = utf8proc_map(
        reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
        static_cast<utf8proc_ssize_t>(text.size()), &folded,
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(folded, &std::free);
    return size < 0
               ? text
               : std::string(reinterpret_cast<const char*>(folded), static_cast<std::size_t>(size));
}

}  // namespace

bool blank(char32_t point) {
    return point <= U' ' || point == 0x7F || point == 0x85 || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200B) || point == 0x2028 || point == 0x2029 ||
           point == 0x202F || point == 0x205F || point == 0x2060 || point == 0x3000 ||
           point == 0xFEFF;
}

std::size_t sequence(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const unsigned first = byte(at);
    if (at >= text.size()) return 0;
    if (first < 0x80) return 1;
    const auto tail = [&](std::size_t i) { return (byte(at + i) & 0xC0u) == 0x80u; };
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned second = byte(at + 1);
        if (!tail(1) || !tail(2) || (first == 0xE0 && second < 0xA0) ||
            (first == 0xED && second > 0x9F))
            return 0;
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned second = byte(at + 1);
        if (!tail(1) || !tail(2) || !tail(3) || (first == 0xF0 && second < 0x90) ||
            (first == 0xF4 && second > 0x8F))
            return 0;
        return 4;
    }
    return 0;
}

char32_t next_point(std::string_view text, std::size_t& at) {
    const std::size_t length = sequence(text, at);
    if (length == 0) return ++at, 0xFFFD;
    const auto first = static_cast<unsigned char>(text[at]);
    char32_t point = length == 1 ? first : first & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length; ++k)
        point = point << 6 | (static_cast<unsigned char>(text[at + k]) & 0x3Fu);
    at += length;
    return point;
}

void append_point(std::string& out, char32_t point) {
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(point), bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::string_view trim(std::string_view text) {
    while (!text.empty()) {
        std::size_t behind = 0;
        if (!blank(next_point(text, behind))) break;
        text.remove_prefix(behind);
    }
    while (!text.empty()) {
        std::size_t from = text.size() - 1;
        while (from > 0 && text.size() - from < 4 &&
               (static_cast<unsigned char>(text[from]) & 0xC0u) == 0x80u)
            --from;
        std::size_t behind = from;
        if (!blank(next_point(text, behind)) || behind != text.size()) break;
        text.remove_suffix(text.size() - from);
    }
    return text;
}

std::string lower(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            out += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
            ++at;
        } else if (sequence(text, at) == 0) {
            out += text[at++];
        } else {
            append_point(out, lower_point(next_point(text, at)));
        }
    }
    return out;
}

std::string fold(std::string_view text) {
    std::string out;
    bool gap = false;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t point = next_point(text, at);
        if (blank(point)) {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        append_point(out, point < 0x80 ? lower_point(point) : point);
    }
    if (ascii(out)) return out;
    out = case_folded(out);
    for (std::size_t at = out.find("ё"); at != std::string::npos; at = out.find("ё", at))
        out.replace(at, 2, "е");
    return out;
}

std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    std::size_t end = bytes;  // back over the tail of a letter that reaches beyond, 3 bytes at most
    while (end > 0 && bytes - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u)
        --end;
    const std::size_t length = sequence(text, end);
    return text.substr(0, length > 1 && end + length > bytes ? end : bytes);
}

std::size_t code_points(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) (void)next_point(text, at);
    return count;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();)
        width += static_cast<std::size_t>(
            utf8proc_charwidth(static_cast<utf8proc_int32_t>(next_point(text, at))));
    return width;
}

std::string repaired(std::string_view text, std::uint64_t& replaced) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence(text, at);
        if (length == 0 || text[at] == '\0') {
            out += kReplacement;
            ++replaced;
            ++at;
        } else {
            out.append(text, at, length);
            at += length;
        }
    }
    return out;
}

std::string repaired_line(std::string_view text, std::uint64_t& replaced) {
    const std::string stored = repaired(text, replaced);
    std::string out;
    for (std::size_t at = 0; at < stored.size();) {
        const std::size_t from = at;
        const char32_t point = next_point(stored, at);
        if (point == U'\t' || point == U'\n' || point == U'\r') {
            out += ' ';
        } else if (point < U' ' || (point >= 0x7F && point < 0xA0)) {
            out += kReplacement;
            ++replaced;
        } else {
            out.append(stored, from, at - from);
        }
    }
    return out;
}

}  // namespace schema
