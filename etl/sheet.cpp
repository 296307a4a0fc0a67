#include "etl/sheet.hpp"

#include <simdjson.h>

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <cstring>

#include "etl/json.hpp"

namespace etl {
namespace {

constexpr std::size_t kEnvelopeKept = 1024 * 1024;
constexpr std::size_t kLongestRow = 64 * 1024 * 1024;

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
    bool row_open = false;
    bool too_long = false;
    bool begun = false;
    bool info_is_list = false;
    int bom = 0;

    void keep(char c) {
        if (envelope.text.size() < kEnvelopeKept) envelope.text += c;
    }

    void emit(std::string_view raw) {
        ++envelope.rows;
        if (rows != nullptr) rows->row(envelope.rows, raw);
    }

    void outer(char c);
    const char* inside_items(const char* at, const char* end);
};

void SheetScanner::State::outer(char c) {
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
    switch (c) {
        case '"':
            in_string = true;
            string.clear();
            break;
        case ':':
            if (depth == 1) outer_key = string;
            key = string;
            break;
        case '{':
            ++depth;
            key.clear();
            break;
        case '[':
            ++depth;
            if (depth == 3 && outer_key == "info" && key == "items") {
                items_depth = depth;
                envelope.has_items = true;
            }
            key.clear();
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

// Between '[' and ']' of info.items: hands out elements, returns where it stopped.
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
            if (blank(c) || c == ',') continue;
            if (c == ']') {
                items_depth = 0;
                keep(']');
                --depth;
                return at + 1;
            }
            row_open = true;
            from = at;
            row.clear();
        } else if (depth == items_depth &&
                   (c == ',' || c == ']')) {  // a row that is no array: a bare value
            row.append(from, at);
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
                    row.append(from, at + 1);
                    emit(row);
                }
                row_open = false;
                row.clear();
            }
        }
    }
    if (row_open && from != nullptr) {
        row.append(from, end);
        if (row.size() > kLongestRow) too_long = true;
    }
    return end;
}

SheetScanner::SheetScanner(RowHandler* rows) : state_(std::make_unique<State>()) {
    state_->rows = rows;
}
SheetScanner::~SheetScanner() = default;

void SheetScanner::feed(std::string_view piece) {
    State& s = *state_;
    s.envelope.bytes += piece.size();
    const char* at = piece.data();
    const char* const end = at + piece.size();
    while (at < end && !s.too_long) {
        if (!s.begun) {
            const char c = *at++;
            static constexpr std::string_view kBom = "\xEF\xBB\xBF";
            if (s.bom < 3 && c == kBom[static_cast<std::size_t>(s.bom)]) {
                ++s.bom;
                continue;
            }
            if (blank(c)) continue;
            s.begun = true;
            s.envelope.json = c == '{' || c == '[';
            s.outer(c);
        } else if (!s.envelope.json) {
            s.keep(*at++);
        } else if (s.items_depth > 0) {
            at = s.inside_items(at, end);
        } else {
            const char c = *at++;
            if (s.envelope.complete && !blank(c))
                s.envelope.json = false;  // something behind the end: no JSON text
            s.outer(c);
        }
    }
}

Envelope SheetScanner::finish() {
    State& s = *state_;
    if (s.too_long || !s.envelope.json) s.envelope.complete = false;
    return std::move(s.envelope);
}

std::vector<std::string> headings(const Envelope& envelope) {
    std::vector<std::string> names;
    if (!envelope.json || !envelope.complete) return names;
    try {
        Poco::JSON::Parser parser;
        const auto root = parser.parse(envelope.text).extract<Poco::JSON::Object::Ptr>();
        const auto info = root->getObject("info");
        const auto fields = info.isNull() ? Poco::JSON::Array::Ptr{} : info->getArray("fields");
        if (fields.isNull()) return names;
        for (const auto& field : *fields)
            names.push_back(field.isEmpty() ? std::string() : field.convert<std::string>());
    } catch (const Poco::Exception&) {
        return {};
    }
    if (!names.empty() && names[0].starts_with("\xEF\xBB\xBF")) names[0].erase(0, 3);
    return names;
}

struct RowParser::State {
    simdjson::ondemand::parser parser;
    std::string padded;  // the row; lists, numbers and words point into it, decoded texts into the
                         // parser's buffer
    std::vector<Cell> cells;
    std::size_t count = 0;  // of cells of the row at hand: the vector keeps its size between rows,
                            // which spares growing it anew
    std::string reason;
    std::uint64_t replaced = 0;

    simdjson::error_code read(std::string_view raw);
    simdjson::error_code cell(simdjson::ondemand::value value);
    void add(Cell::Kind kind, std::string_view text) {
        if (count == cells.size()) cells.resize(2 * count + 64);
        cells[count++] = {kind, text};
    }
};

simdjson::error_code RowParser::State::cell(simdjson::ondemand::value value) {
    simdjson::ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    std::string_view text;
    switch (type) {
        case simdjson::ondemand::json_type::string:
            return simdjson::INCORRECT_TYPE;  // read before
        case simdjson::ondemand::json_type::array:
        case simdjson::ondemand::json_type::object:
            if (const auto error = simdjson::to_json_string(value).get(text)) return error;
            add(type == simdjson::ondemand::json_type::array ? Cell::Kind::list
                                                             : Cell::Kind::object,
                text);
            return simdjson::SUCCESS;
        case simdjson::ondemand::json_type::null:
            add(Cell::Kind::null, {});
            return simdjson::SUCCESS;
        case simdjson::ondemand::json_type::number:
        case simdjson::ondemand::json_type::boolean:
            break;
    }
    text = value.raw_json_token();  // numbers as written: a double would not hold every id
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    add(type == simdjson::ondemand::json_type::number ? Cell::Kind::number : Cell::Kind::boolean,
        text);
    return simdjson::SUCCESS;
}

simdjson::error_code RowParser::State::read(std::string_view raw) {
    count = 0;
    padded.assign(raw);
    padded.resize(raw.size() + simdjson::SIMDJSON_PADDING, ' ');
    simdjson::ondemand::document document;
    if (const auto error = parser.iterate(padded.data(), raw.size(), padded.size()).get(document))
        return error;
    simdjson::ondemand::array array;
    if (const auto error = document.get_array().get(array)) return error;
    for (auto element : array) {
        std::string_view text;  // nearly every cell is a text; taking the value out first costs as
                                // much as all the rest
        const auto error = element.get_string().get(text);
        if (error == simdjson::SUCCESS) {
            add(Cell::Kind::text, text);
            continue;
        }
        if (error != simdjson::INCORRECT_TYPE) return error;
        simdjson::ondemand::value value;
        if (const auto broken = element.get(value)) return broken;
        if (const auto broken = cell(value)) return broken;
    }
    const char* behind = nullptr;  // a place behind the array means that something stands there
    return document.current_location().get(behind) == simdjson::SUCCESS ? simdjson::TRAILING_CONTENT
                                                                        : simdjson::SUCCESS;
}

RowParser::RowParser() : state_(std::make_unique<State>()) {}
RowParser::~RowParser() = default;

bool RowParser::parse(std::string_view raw) {
    State& s = *state_;
    const bool clean =
        raw.find("\\u0000") == std::string_view::npos;  // PostgreSQL has no place for U+0000
    simdjson::error_code error = clean ? s.read(raw) : simdjson::STRING_ERROR;
    if (error != simdjson::SUCCESS) error = s.read(repaired_json(raw, s.replaced));
    if (error != simdjson::SUCCESS) {
        s.count = 0;
        s.reason = simdjson::error_message(error);
        return false;
    }
    return true;
}

std::span<const Cell> RowParser::cells() const { return {state_->cells.data(), state_->count}; }
const std::string& RowParser::reason() const { return state_->reason; }
std::uint64_t RowParser::replaced() const { return state_->replaced; }

std::vector<std::string> list_items(const Cell& cell) {
    std::vector<std::string> items;
    if (cell.kind != Cell::Kind::list || cell.text == "[]") return items;
    static thread_local RowParser
        parser;  // its buffers outlive the call: a load asks for some lists per row
    if (!parser.parse(cell.text)) return items;
    for (const Cell& item : parser.cells()) items.emplace_back(item.text);
    return items;
}

}  // namespace etl
