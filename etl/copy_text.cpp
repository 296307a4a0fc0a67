#include "etl/copy_text.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>

namespace etl {
namespace {

void put_digits(char* at, unsigned value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// First byte from `at` on that may have to be escaped: a control character or a backslash; sixteen
// bytes at a time.
std::size_t escaped_byte(std::string_view text, std::size_t at) {
#ifdef __SSE2__
    const __m128i control = _mm_set1_epi8(0x1F), backslash = _mm_set1_epi8('\\');
    for (; at + 16 <= text.size(); at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
        const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control),
                                           _mm_cmpeq_epi8(bytes, backslash));
        if (const int mask = _mm_movemask_epi8(found); mask != 0)
            return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(mask)));
    }
#endif
    while (at < text.size() && text[at] != '\\' && static_cast<unsigned char>(text[at]) >= 0x20)
        ++at;
    return at;
}

}  // namespace

void append_copy_text(std::string& line, std::string_view value) {
    for (std::size_t from = 0; from < value.size();) {
        const std::size_t at = escaped_byte(value, from);
        line.append(value, from, at - from);
        if (at == value.size()) return;
        switch (value[at]) {
            case '\\':
                line += "\\\\";
                break;
            case '\t':
                line += "\\t";
                break;
            case '\n':
                line += "\\n";
                break;
            case '\r':
                line += "\\r";
                break;
            default:
                line += value[at];
        }
        from = at + 1;
    }
}

// Digit by digit, since a load writes some of these per row.
std::string copy_instant(Instant t) {
    const std::chrono::local_time<Duration> utc{t.time_since_epoch()};
    const Day day = std::chrono::floor<std::chrono::days>(utc);
    const std::chrono::year_month_day date{day};
    const int year = static_cast<int>(date.year());
    const std::chrono::hh_mm_ss<std::chrono::seconds> time{
        std::chrono::floor<std::chrono::seconds>(utc) - day};
    std::string text = "0000-00-00 00:00:00+00";
    put_digits(text.data(), static_cast<unsigned>(year), 4);
    put_digits(text.data() + 5, static_cast<unsigned>(date.month()), 2);
    put_digits(text.data() + 8, static_cast<unsigned>(date.day()), 2);
    put_digits(text.data() + 11, static_cast<unsigned>(time.hours().count()), 2);
    put_digits(text.data() + 14, static_cast<unsigned>(time.minutes().count()), 2);
    put_digits(text.data() + 17, static_cast<unsigned>(time.seconds().count()), 2);
    return text;
}

}  // namespace etl
