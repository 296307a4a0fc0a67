#include "etl/json.hpp"

#include <fmt/format.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <iterator>

#include "schema/replacement.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

using schema::kReplacement;

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
    static constexpr std::string_view kControls = "\n\r\t", kNames = "nrt";
    if (const std::size_t known = kControls.find(c); known != std::string_view::npos)
        (out += '\\') += kNames[known];
    else
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
        out += kReplacement;
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
    out += kReplacement;  // no escape of JSON
    ++replaced;
    return 1;
}

constexpr std::size_t kLongestStored = 1024 * 1024;
constexpr std::size_t kDeepest = 100;        // the server's parser is recursive
constexpr std::size_t kLongestNumber = 300;  // numeric keeps every digit of 1e999…

// Follows the grammar with the open brackets on a stack.
class Grammar {
public:
    explicit Grammar(std::string_view text) : text_(text) {}

    bool whole() {
        for (bool value = true;;) {
            blanks();
            if (value) {
                if (!begin_value(value)) return false;
            } else if (open_.empty()) {
                return at_ == text_.size();
            } else if (take(',')) {
                value = true;
                if (open_.back() == '{' && !key()) return false;
            } else {
                if (!take(open_.back() == '[' ? ']' : '}')) return false;
                open_.pop_back();
            }
        }
    }

private:
    // A scalar, an empty bracket, or an opened one whose first value comes next.
    bool begin_value(bool& next_is_value) {
        next_is_value = false;
        for (const char bracket : {'[', '{'}) {
            if (!take(bracket)) continue;
            blanks();
            if (take(bracket == '[' ? ']' : '}')) return true;
            open_ += bracket;
            next_is_value = true;
            return open_.size() <= kDeepest && (bracket == '[' || key());
        }
        return string() || number() || word("true") || word("false") || word("null");
    }
    bool key() {
        blanks();
        if (!string()) return false;
        blanks();
        return take(':');
    }
    bool string() {
        if (!take('"')) return false;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        return take('"');
    }
    bool number() {
        const std::size_t from = at_;
        (void)take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (take('e') || take('E')) {
            if (!take('+')) (void)take('-');
            const std::size_t exponent = at_;
            if (!digits() || at_ - exponent > 2) return false;
        }
        return at_ - from <= kLongestNumber;
    }
    bool digits() {
        const std::size_t from = at_;
        while (at_ < text_.size() && schema::is_digit(text_[at_])) ++at_;
        return at_ > from;
    }
    bool word(std::string_view given) {
        if (!text_.substr(std::min(at_, text_.size())).starts_with(given)) return false;
        at_ += given.size();
        return true;
    }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void blanks() {
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string open_;
};

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

std::string with_long_numbers_quoted(std::string_view json) {
    constexpr std::size_t kSafe = 18;  // any 18 digits fit into 64 bits
    std::string out;
    bool in_string = false;
    for (std::size_t at = 0; at < json.size();) {
        const char c = json[at];
        if (in_string && c == '\\') {
            out.append(json.substr(at, 2));
            at += 2;
            continue;
        }
        if (c == '"') in_string = !in_string;
        if (in_string || (c != '-' && (c < '0' || c > '9'))) {
            out += c;
            ++at;
            continue;
        }
        const std::size_t end =
            std::min(json.find_first_not_of("0123456789+-.eE", at), json.size());
        const std::string_view number = json.substr(at, end - at);
        const bool quote = number.size() > kSafe;
        out.append(quote ? "\"" : "").append(number).append(quote ? "\"" : "");
        at = end;
    }
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
            out += kReplacement;
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

bool storable_json(std::string_view repaired) {
    return repaired.size() <= kLongestStored && Grammar(repaired).whole();
}

}  // namespace etl
