// Streaming reader of an export's body: envelope apart, rows one by one; memory does not grow with
// the body.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace etl {

// One cell of a row. `text` of text cells is decoded; of lists and objects it is the raw JSON;
// valid until the next row.
struct Cell {
    enum class Kind { null, text, number, boolean, list, object } kind = Kind::null;
    std::string_view text;
};

class RowHandler {
public:
    virtual ~RowHandler() = default;
    // `raw` is the row's JSON text, row_no counts from 1.
    virtual void row(std::uint64_t row_no, std::string_view raw) = 0;
};

// What an answer says around its rows.
struct Envelope {
    std::string text;  // the answer with the elements of info.items left out ("items":[]); at most
                       // 1 MB is kept
    std::uint64_t rows = 0;
    bool has_items = false;   // info.items was there and is an array
    bool complete = false;    // the JSON text came to its end
    bool json = false;        // began as JSON at all (after BOM and blanks)
    std::uint64_t bytes = 0;  // of plain text
    std::string why;          // it is not complete, where that is known
};

// Cuts an answer into rows: feed decoded pieces in order, cut anywhere; then finish(). Tolerates
// BOM, blanks, `items` before `fields`, any nesting and escape. A row of more than 8 MB is handed
// out cut to 2000 bytes, which is no row: a reject of its own.
class SheetScanner {
public:
    // `rows` nullptr: only count. At most `envelope_most` bytes around the rows are kept.
    explicit SheetScanner(RowHandler* rows, std::size_t envelope_most = 1024 * 1024);
    ~SheetScanner();
    void feed(std::string_view piece);
    // Whatever still comes, this is no answer: no JSON, or without an end around or before its
    // rows.
    [[nodiscard]] bool hopeless() const;
    [[nodiscard]] Envelope finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Headings of an envelope (info.fields), BOM removed from the first; empty when there are none.
[[nodiscard]] std::vector<std::string> headings(const Envelope& envelope);

// Parses one row's raw JSON into cells. Broken UTF-8 and lone surrogates are replaced by U+FFFD and
// counted, U+0000 is removed and counted. false when the row is no JSON array: `reason` says why.
class RowParser {
public:
    RowParser();
    ~RowParser();
    [[nodiscard]] bool parse(std::string_view raw);
    // The same of the cells at `wanted` alone; the others are null, and nothing is looked at in
    // them, nor behind the last of `wanted`.
    [[nodiscard]] bool parse_some(std::string_view raw, const std::vector<bool>& wanted);
    [[nodiscard]] std::span<const Cell> cells() const;  // valid until the next parse()
    [[nodiscard]] const std::string& reason() const;
    [[nodiscard]] std::uint64_t replaced()
        const;  // characters replaced or removed so far, over all rows

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Texts of a list cell (["a","b"]); elements that are no texts in their JSON form.
[[nodiscard]] std::vector<std::string> list_items(const Cell& cell);

}  // namespace etl
