#include <simdjson.h>

#include <deque>

#include "etl/json.hpp"
#include "etl/sheet.hpp"

namespace etl {
struct RowParser::State {
    simdjson::ondemand::parser parser;
    std::string padded;  // the row; lists, numbers and words point into it, decoded texts into the
                         // parser's buffer
    std::deque<std::string> nested;  // lists and objects of the row that had to be repaired
    std::vector<Cell> cells;
    std::size_t count = 0;  // of cells of the row at hand: the vector keeps its size between rows,
                            // which spares growing it anew
    std::string reason;
    std::uint64_t replaced = 0;

    simdjson::error_code read(std::string_view raw, const std::vector<bool>* wanted = nullptr);
    simdjson::error_code cell(simdjson::ondemand::value value);
    void add(Cell::Kind kind, std::string_view text) {
        if (count == cells.size()) cells.resize(2 * count + 64);
        cells[count++] = {kind, text};
    }
    void add_nested(Cell::Kind kind, std::string_view json);
};

// The parser walks over nested texts unread: their escapes have not been looked at.
void RowParser::State::add_nested(Cell::Kind kind, std::string_view json) {
    if (json.find('\\') == std::string_view::npos) return add(kind, json);
    std::uint64_t repairs = 0;
    std::string sound = repaired_json(json, repairs);
    replaced += repairs;
    add(kind, repairs == 0 ? json : std::string_view(nested.emplace_back(std::move(sound))));
}

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
            add_nested(type == simdjson::ondemand::json_type::array ? Cell::Kind::list
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
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    add(type == simdjson::ondemand::json_type::number ? Cell::Kind::number : Cell::Kind::boolean,
        text);
    return simdjson::SUCCESS;
}

simdjson::error_code RowParser::State::read(std::string_view raw, const std::vector<bool>* wanted) {
    count = 0;
    nested.clear();
    padded.assign(raw);
    padded.resize(raw.size() + simdjson::SIMDJSON_PADDING, ' ');
    simdjson::ondemand::document document;
    if (const auto error = parser.iterate(padded.data(), raw.size(), padded.size()).get(document))
        return error;
    simdjson::ondemand::array array;
    if (const auto error = document.get_array().get(array)) return error;
    for (auto element : array) {
        if (wanted != nullptr && count >= wanted->size()) return simdjson::SUCCESS;
        if (wanted != nullptr && !(*wanted)[count]) {
            if (const auto error = element.error()) return error;
            add(Cell::Kind::null, {});  // the iterator goes over what was not taken
            continue;
        }
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
    const std::uint64_t before = s.replaced;
    const bool clean =
        raw.find("\\u0000") == std::string_view::npos;  // PostgreSQL has no place for U+0000
    simdjson::error_code error = clean ? s.read(raw) : simdjson::STRING_ERROR;
    if (error != simdjson::SUCCESS) {
        s.replaced = before;
        error = s.read(repaired_json(raw, s.replaced));
    }
    if (error != simdjson::SUCCESS) {
        s.count = 0;
        s.reason = simdjson::error_message(error);
        return false;
    }
    return true;
}

bool RowParser::parse_some(std::string_view raw, const std::vector<bool>& wanted) {
    return state_->read(raw, &wanted) == simdjson::SUCCESS;
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
