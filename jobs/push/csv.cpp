#include "jobs/push/csv.hpp"

#include <algorithm>

#include "etl/error.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Cells = std::vector<std::optional<std::string>>;

char separator_of(std::string_view first_line) {
    char best = ',';
    long most = 0;
    for (const char separator : {',', ';', '\t'}) {
        bool quoted = false;
        long count = 0;
        for (const char c : first_line) {
            if (c == '"')
                quoted = !quoted;
            else if (c == separator && !quoted)
                ++count;
        }
        if (count > most) best = separator, most = count;
    }
    return best;
}

// Reads cell by cell; `line` counts for messages.
class Reader {
public:
    Reader(std::string_view text, char separator) : text_(text), separator_(separator) {}

    // One record; false at the end. Blank lines are skipped.
    bool next(Cells& cells) {
        cells.clear();
        while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) skip_line_end();
        if (at_ >= text_.size()) return false;
        begin_ = line_;
        for (;;) {
            cells.push_back(cell());
            if (at_ >= text_.size() || text_[at_] != separator_) break;
            ++at_;
        }
        if (at_ < text_.size()) skip_line_end();
        return true;
    }
    [[nodiscard]] long line() const { return begin_; }

private:
    std::optional<std::string> cell() {
        if (at_ < text_.size() && text_[at_] == '"') return quoted();
        const std::size_t from = at_;
        while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' &&
               text_[at_] != '\r')
            ++at_;
        if (at_ == from) return std::nullopt;
        return std::string(text_.substr(from, at_ - from));
    }
    std::string quoted() {
        std::string out;
        const long opened = line_;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\n') ++line_;
            if (text_[at_] != '"')
                out += text_[at_];
            else if (text_.substr(at_ + 1, 1) == "\"")
                out += text_[at_++];
            else
                break;
        }
        if (at_ >= text_.size())
            throw Error(
                Kind::usage,
                "CSV line " + std::to_string(opened) + ": a quote is opened and never closed",
                "Close it; a quote inside a cell is written twice.");
        ++at_;
        while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' &&
               text_[at_] != '\r')
            out += text_[at_++];
        return out;
    }
    void skip_line_end() {
        if (text_[at_] == '\r' && text_.substr(at_ + 1, 1) == "\n") ++at_;
        ++at_;
        ++line_;
    }

    std::string_view text_;
    char separator_;
    std::size_t at_ = 0;
    long line_ = 1, begin_ = 1;
};

}  // namespace

Csv parse_csv(std::string_view text) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    Reader reader(text, separator_of(text.substr(0, text.find('\n'))));
    Csv csv;
    Cells cells;
    if (!reader.next(cells))
        throw Error(Kind::usage, "the CSV is empty; expected a line of column names",
                    "jobs/push/README.md lists the columns.");
    for (const auto& cell : cells) csv.columns.push_back(cell.value_or(""));
    while (reader.next(cells)) {
        if (cells.size() > csv.columns.size())
            throw Error(Kind::usage,
                        "CSV line " + std::to_string(reader.line()) + " has " +
                            std::to_string(cells.size()) + " cells, the first line " +
                            std::to_string(csv.columns.size()),
                        "Put cells that hold the separator into quotes.");
        cells.resize(csv.columns.size());
        csv.rows.push_back(cells);
    }
    return csv;
}

}  // namespace jobs
