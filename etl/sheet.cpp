#include "etl/sheet.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Stringifier.h>
#include <fmt/format.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <cstdlib>
#include <memory>
#include <sstream>

#include "etl/json.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

constexpr std::size_t kLongestRow = 8 * 1024 * 1024;
constexpr std::size_t kCutRow = 2000;                 // what is kept of a longer one
constexpr std::uint64_t kLongestPause = 1024 * 1024;  // blanks and commas before a row
constexpr std::uint64_t kNoJson = 64 * 1024;          // a page in HTML has said what it is by then

// First quote or backslash at or after `at`: most of a body is the inside of strings, so this is
// where a scanner spends its time.
const char* quote_or_backslash(const char* at, const char* end) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const int found = _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        if (found != 0) return at + __builtin_ctz(static_cast<unsigned>(found));
    }
#endif
    while (at < end && *at != '"' && *at != '\\') ++at;
    return at;
}

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The inside of a JSON string, decoded letter by letter. What the decoded text could not hold (half
// a pair, U+0000, an unknown escape) stays an escape, for the reader of that text to repair.
class StringDecoder {
public:
    // True when `c` is the quote that ends the string.
    bool put(char c, std::string& out) {
        if (escape_.empty()) {
            if (c == '\\') return escape_ = c, false;
            flush(out);
            if (c == '"') return true;
            out += c;
            return false;
        }
        escape_ += c;
        if (escape_.size() == 2 && c != 'u') {
            flush(out);
            static constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
            const std::size_t known = kNames.find(c);
            out += known == std::string_view::npos ? escape_ : std::string(1, kMeanings[known]);
            escape_.clear();
        } else if (escape_.size() == 6) {
            unit(out);
        }
        return false;
    }

private:
    void unit(std::string& out) {
        const auto code = static_cast<char32_t>(std::strtoul(escape_.c_str() + 2, nullptr, 16));
        if (high_ != 0 && code >= 0xDC00 && code <= 0xDFFF) {
            schema::append_point(out, 0x10000 + ((high_ - 0xD800) << 10) + (code - 0xDC00));
            high_ = 0;
        } else {
            flush(out);
            if (code >= 0xD800 && code <= 0xDBFF)
                high_ = code;
            else if (code == 0 || (code >= 0xDC00 && code <= 0xDFFF))
                out += escape_;
            else
                schema::append_point(out, code);
        }
        escape_.clear();
    }
    void flush(std::string& out) {  // half a pair that found no other half
        if (high_ != 0) out += fmt::format("\\u{:04x}", static_cast<unsigned>(high_));
        high_ = 0;
    }

    std::string escape_;
    char32_t high_ = 0;
};

}  // namespace

// A scanner of structure only: it follows strings and nesting, knows the path of keys for the two
// outer levels, and takes out the elements of info.items. Everything else is envelope.
struct SheetScanner::State {
    RowHandler* rows = nullptr;
    Envelope envelope;
    std::string row;        // the row being read, when it is cut by a piece's border
    std::string key;        // last string read at key position on the outer two levels
    std::string string;     // the string being read on the outer two levels
    std::string outer_key;  // key on level 1
    int depth = 0;
    int items_depth = 0;  // depth inside info.items, 0: outside
    bool in_string = false;
    bool escaped = false;
    std::uint64_t pause = 0;  // since the beginning, or the last row
    bool row_open = false;
    bool row_cut = false;
    bool envelope_full = false;
    std::size_t envelope_most = 0;
    bool begun = false;
    int bom = 0;

    // items as an object: {"0":[…],"1":[…]}
    bool numbered = false;   // it is one
    bool item_key = false;   // inside a key
    bool item_next = false;  // behind its colon
    bool odd_key = false;    // a key that is no number: no table

    // info as a text that holds the object: decoded, and scanned as if it stood there
    enum class Text { none, deciding, object } info_text = Text::none;
    bool info_next = false;  // behind "info":
    StringDecoder decoder;
    std::string decoded;
    std::string held;  // the text as it stands, until its first letter decides
    std::unique_ptr<SheetScanner> inner;
    bool broken = false;  // the inner object did not come to its end

    void keep(char c) {
        if (envelope.text.size() < envelope_most)
            envelope.text += c;
        else
            envelope_full = true;
    }

    // A row that goes on beyond its piece. Nobody needs its text when rows are only counted.
    void grow(const char* from, const char* to) {
        if (rows == nullptr || row_cut) return;
        row.append(from, to);
        if (row.size() <= kLongestRow) return;
        row.resize(kCutRow);
        row.shrink_to_fit();
        row_cut = true;
    }
    void keep(std::string_view text) {
        for (const char c : text) keep(c);
    }

    void emit(std::string_view raw) {
        ++envelope.rows;
        if (rows != nullptr) rows->row(envelope.rows, raw);
    }

    void outer(char c);
    void open(char c);
    const char* inside_info(const char* at, const char* end);
    void end_info();
    const char* inside_items(const char* at, const char* end);
    bool between_rows(char c);
};

void SheetScanner::State::open(char c) {
    ++depth;
    if (depth == 3 && outer_key == "info" && key == "items") {
        items_depth = depth;
        numbered = c == '{';
        envelope.has_items = true;
    }
    key.clear();
}

void SheetScanner::State::outer(char c) {
    if (!in_string && c == '"' && info_next) {  // kept when its first letter is known
        info_next = false;
        in_string = true;
        info_text = Text::deciding;
        string.clear();
        decoder = {};  // what an info before this one has left
        decoded.clear();
        held.clear();
        return;
    }
    keep(c);
    if (in_string) {
        if (escaped) {
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '"') {
            in_string = false;
            return;
        }
        if (string.size() < 64) string += c;
        return;
    }
    if (!blank(c)) info_next = false;
    switch (c) {
        case '"':
            in_string = true;
            string.clear();
            break;
        case ':':
            if (depth == 1) outer_key = string;
            info_next = depth == 1 && outer_key == "info";
            key = string;
            break;
        case '{':
        case '[':
            open(c);
            break;
        case '}':
        case ']':
            --depth;
            key.clear();
            if (depth == 0) envelope.complete = true;
            break;
        case ',':
            key.clear();
            break;
        default:
            break;
    }
}

// Behind the quote of "info":"…: returns where it stopped.
const char* SheetScanner::State::inside_info(const char* at, const char* end) {
    while (at < end) {
        const char c = *at++;
        if (decoder.put(c, decoded)) {
            end_info();
            return at;
        }
        if (info_text == Text::object) continue;
        held += c;
        const std::string_view begun_with = schema::trim(decoded);
        if (begun_with.starts_with('{')) {
            info_text = Text::object;
            inner = std::make_unique<SheetScanner>(rows);
            inner->feed("{\"info\":");
        } else if (!begun_with.empty() || held.size() > 64) {  // a word: a text like any other
            keep('"');
            keep(held);
            escaped = c == '\\';
            info_text = Text::none;
            return at;
        }
    }
    if (info_text == Text::object) {
        inner->feed(decoded);
        decoded.clear();
    }
    return at;
}

void SheetScanner::State::end_info() {
    in_string = false;
    if (info_text == Text::deciding) {
        keep('"');
        keep(held + '"');
    } else {
        inner->feed(decoded);
        inner->feed("}");
        const Envelope object = inner->finish();
        broken = !object.complete || object.text.size() < 9;
        if (!broken) keep(std::string_view(object.text).substr(8, object.text.size() - 9));
        envelope.rows = object.rows;
        envelope.has_items = object.has_items;
    }
    info_text = Text::none;
}

// What stands outside of the rows of info.items; true when `c` begins a row.
bool SheetScanner::State::between_rows(char c) {
    if (item_key) {
        if (c == '"')
            item_key = false;
        else if (c < '0' || c > '9')
            odd_key = true;
    } else if (c == (numbered ? '}' : ']')) {
        items_depth = 0;
        keep(c);
        --depth;
    } else if (numbered && c == ':') {
        item_next = true;
    } else if (numbered && !item_next && c == '"') {
        item_key = true;
    } else if (!blank(c) && c != ',') {
        item_next = false;
        pause = 0;
        return true;
    }
    ++pause;
    return false;
}

// Between the brackets of info.items: hands out elements, returns where it stopped.
const char* SheetScanner::State::inside_items(const char* at, const char* end) {
    const char* from = row_open ? at : nullptr;
    for (; at < end; ++at) {
        const char c = *at;
        if (in_string) {
            if (escaped) {
                escaped = false;
                continue;
            }
            at = quote_or_backslash(at, end);
            if (at == end) break;
            if (*at == '\\')
                escaped = true;
            else
                in_string = false;
            continue;
        }
        if (!row_open) {
            if (!between_rows(c)) {
                if (items_depth == 0) return at + 1;
                continue;
            }
            row_open = true;
            row_cut = false;
            from = at;
            row.clear();
        } else if (depth == items_depth && (c == ',' || c == (numbered ? '}' : ']'))) {
            grow(from, at);  // a row that is no array: a bare value
            emit(row);
            row_open = false;
            --at;  // read the separator again as such
            continue;
        }
        if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            --depth;
            if (depth == items_depth) {
                if (row.empty()) {
                    emit({from, static_cast<std::size_t>(at + 1 - from)});
                } else {
                    grow(from, at + 1);
                    emit(row);
                }
                row_open = false;
                row.clear();
            }
        }
    }
    if (row_open && from != nullptr) {
        grow(from, end);
    }
    return end;
}

SheetScanner::SheetScanner(RowHandler* rows, std::size_t envelope_most)
    : state_(std::make_unique<State>()) {
    state_->rows = rows;
    state_->envelope_most = envelope_most;
}
SheetScanner::~SheetScanner() = default;

void SheetScanner::feed(std::string_view piece) {
    State& s = *state_;
    s.envelope.bytes += piece.size();
    const char* at = piece.data();
    const char* const end = at + piece.size();
    while (at < end && !s.envelope_full) {
        if (!s.begun) {
            const char c = *at++;
            static constexpr std::string_view kBom = "\xEF\xBB\xBF";
            if (s.bom < 3 && c == kBom[static_cast<std::size_t>(s.bom)]) {
                ++s.bom;
                continue;
            }
            if (blank(c)) {
                ++s.pause;
                continue;
            }
            s.begun = true;
            s.pause = 0;
            s.envelope.json = c == '{' || c == '[';
            s.outer(c);
        } else if (!s.envelope.json) {
            s.keep(*at++);
        } else if (s.items_depth > 0) {
            at = s.inside_items(at, end);
        } else if (s.info_text != State::Text::none) {
            at = s.inside_info(at, end);
        } else {
            const char c = *at++;
            if (s.envelope.complete && !blank(c))
                s.envelope.json = false;  // something behind the end: no JSON text
            s.outer(c);
        }
    }
}

bool SheetScanner::hopeless() const {
    const State& s = *state_;
    return s.envelope_full || s.pause > kLongestPause ||
           (s.begun && !s.envelope.json && s.envelope.bytes > kNoJson);
}

Envelope SheetScanner::finish() {
    State& s = *state_;
    if (hopeless() || s.broken || !s.envelope.json) s.envelope.complete = false;
    if (s.envelope_full)
        s.envelope.why = fmt::format("more than {} bytes around its rows", s.envelope_most);
    else if (s.pause > kLongestPause)
        s.envelope.why = fmt::format("more than {} blanks before a row", kLongestPause);
    if (s.odd_key) {  // an object, but of no rows
        s.envelope.has_items = false;
        s.envelope.rows = 0;
    }
    return std::move(s.envelope);
}

namespace {

// A heading that is no text (an unfriendly service) stands as its JSON.
std::string heading_text(const Poco::Dynamic::Var& heading) {
    if (heading.isEmpty()) return {};
    if (heading.isString()) return heading.extract<std::string>();
    std::ostringstream out;
    Poco::JSON::Stringifier::stringify(heading, out);
    return out.str();
}

}  // namespace

std::vector<std::string> headings(const Envelope& envelope) {
    std::vector<std::string> names;
    if (!envelope.json || !envelope.complete) return names;
    try {
        Poco::JSON::Parser parser;
        std::uint64_t replaced = 0;
        const auto root =
            parser.parse(repaired_json(envelope.text, replaced)).extract<Poco::JSON::Object::Ptr>();
        const auto info = root->getObject("info");
        const auto fields = info.isNull() ? Poco::JSON::Array::Ptr{} : info->getArray("fields");
        if (fields.isNull()) return names;
        for (const auto& field : *fields)
            names.push_back(schema::repaired_line(heading_text(field), replaced));
    } catch (const Poco::Exception&) {
        return {};
    }
    if (!names.empty() && names[0].starts_with("\xEF\xBB\xBF")) names[0].erase(0, 3);
    return names;
}

}  // namespace etl
