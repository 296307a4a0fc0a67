#include "etl/json.hpp"

#include <fmt/format.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <iterator>

#include "schema/text.hpp"

namespace etl {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// First byte from `at` on that JSON wants escaped; sixteen bytes at a time, since a load writes
// custom cells by the million.
std::size_t next_escaped(std::string_view text, std::size_t at) {
#ifdef __SSE2__
    const __m128i control = _mm_set1_epi8(0x1F), backslash = _mm_set1_epi8('\\'),
                  quote = _mm_set1_epi8('"');
    for (; at + 16 <= text.size(); at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
        const __m128i found = _mm_or_si128(
            _mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, backslash), _mm_cmpeq_epi8(bytes, quote)));
        if (const int mask = _mm_movemask_epi8(found); mask != 0)
            return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(mask)));
    }
#endif
    while (at < text.size() && text[at] != '\\' && text[at] != '"' &&
           static_cast<unsigned char>(text[at]) >= 0x20)
        ++at;
    return at;
}

void append_control(std::string& out, char c) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
}

int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

int unit_at(std::string_view text, std::size_t at) {  // value of \uXXXX at `at`, -1: none there
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
    int value = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
        const int digit = digit_of(text[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

// The escape at `at` into `out`; how many bytes of `raw` it took.
std::size_t repair_escape(std::string& out, std::string_view raw, std::size_t at,
                          std::uint64_t& replaced) {
    const int unit = unit_at(raw, at);
    if (unit >= 0xD800 && unit <= 0xDBFF && unit_at(raw, at + 6) >= 0xDC00 &&
        unit_at(raw, at + 6) <= 0xDFFF) {
        out.append(raw, at, 12);
        return 12;
    }
    if (unit == 0 || (unit >= 0xD800 && unit <= 0xDFFF)) {
        if (unit != 0) out += kReplacement;
        ++replaced;
        return 6;
    }
    if (unit > 0) {
        out.append(raw, at, 6);
        return 6;
    }
    if (at + 1 < raw.size() &&
        std::string_view("\"\\/bfnrt").find(raw[at + 1]) != std::string_view::npos) {
        out.append(raw, at, 2);
        return 2;
    }
    out += "\\\\";  // no escape of JSON: the backslash was meant as itself
    ++replaced;
    return 1;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t at = next_escaped(text, from);
        out.append(text, from, at - from);
        if (at == text.size()) break;
        if (static_cast<unsigned char>(text[at]) < 0x20)
            append_control(out, text[at]);
        else
            (out += '\\') += text[at];
        from = at + 1;
    }
    out += '"';
}

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string repaired_json(std::string_view raw, std::uint64_t& replaced) {
    std::string out;
    out.reserve(raw.size());
    bool in_string = false;
    for (std::size_t at = 0; at < raw.size();) {
        const auto byte = static_cast<unsigned char>(raw[at]);
        if (in_string && byte == '\\') {
            at += repair_escape(out, raw, at, replaced);
            continue;
        }
        if (byte == '"') in_string = !in_string;
        const std::size_t length = schema::sequence(raw, at);
        if (length == 0 || byte == 0) {
            if (length == 0) out += kReplacement;
            ++replaced;
            ++at;
            continue;
        }
        if (in_string && byte < 0x20)
            append_control(out, raw[at]);
        else
            out.append(raw, at, length);
        at += length;
    }
    return out;
}

}  // namespace etl
