#include "jobs/push/csv.hpp"

#include <fmt/format.h>

#include <Poco/UTF8Encoding.h>
#include <fmt/core.h>

#include <algorithm>

#include "etl/error.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Cells = std::vector<std::optional<std::string>>;

constexpr std::size_t kLongestHeader = 20000;  // bytes; a file of another kind has no line breaks
constexpr std::size_t kMostColumns = 200;
constexpr std::size_t kLongestCell = 100000;

[[noreturn]] void wrong_csv(const std::string& what, const std::string& hint) {
    throw Error(Kind::usage, "CSV " + what, "No plan was made. " + hint);
}

// Where the text is no UTF-8: line and column, both from 1, the column in bytes.
void check_encoding(std::string_view text) {
    std::size_t line = 1, begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data()) + at;
        int length = 1;
        if (*bytes >= 0x80) {
            const int left = static_cast<int>(std::min<std::size_t>(4, text.size() - at));
            length = Poco::UTF8Encoding().sequenceLength(bytes, left);
            if (length < 1 || length > left || !Poco::UTF8Encoding::isLegal(bytes, length))
                wrong_csv(fmt::format("line {}, column {}: byte 0x{:02x} is no UTF-8", line,
                                      at - begin + 1, *bytes),
                          "Save the file as \"CSV UTF-8\".");
        }
        if (*bytes == 0)
            wrong_csv(fmt::format("line {}, column {}: a zero byte", line, at - begin + 1),
                      "Is it a CSV? Save it as \"CSV UTF-8\".");
        if (*bytes == '\n') ++line, begin = at + 1;
        at += static_cast<std::size_t>(length);
    }
}

// Before anything is made of it: whether the first line can be one of column names.
void check_header(std::string_view text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > kLongestHeader)
        wrong_csv(fmt::format("line 1 has {} bytes; expected a line of column names", end),
                  "Is it the right file?");
}

void check_cells(const std::vector<std::optional<std::string>>& cells, long line) {
    for (std::size_t c = 0; c < cells.size(); ++c)
        if (cells[c] && cells[c]->size() > kLongestCell)
            wrong_csv(fmt::format("line {}, cell {} has {} bytes", line, c + 1, cells[c]->size()),
                      "Is a quote missing?");
}

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
class CsvReader {
public:
    CsvReader(std::string_view text, char separator) : text_(text), separator_(separator) {}

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
            throw Error(Kind::usage,
                        fmt::format("CSV line {}: a quote is opened and never closed", opened),
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
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    check_header(text);
    check_encoding(text);
    CsvReader reader(text, separator_of(text.substr(0, text.find('\n'))));
    Csv csv;
    Cells cells;
    if (!reader.next(cells))
        throw Error(Kind::usage, "the CSV is empty; expected a line of column names",
                    "jobs/push/README.md lists the columns.");
    if (cells.size() > kMostColumns)
        wrong_csv(fmt::format("line 1 has {} columns; an import knows far fewer", cells.size()),
                  "Is it the right file?");
    for (const auto& cell : cells) csv.columns.push_back(cell.value_or(""));
    while (reader.next(cells)) {
        if (cells.size() > csv.columns.size())
            throw Error(Kind::usage,
                        fmt::format("CSV line {} has {} cells, the first line {}", reader.line(),
                                    cells.size(), csv.columns.size()),
                        "Put cells that hold the separator into quotes.");
        check_cells(cells, reader.line());
        cells.resize(csv.columns.size());
        csv.rows.push_back(cells);
    }
    return csv;
}

}  // namespace jobs
