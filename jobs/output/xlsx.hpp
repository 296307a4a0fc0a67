// Results as an Excel workbook: typed dates and money, numbers of orders and phones as text, frozen
// and filtered heads, widths that fit. Exact: what a double does not hold to the last digit (more
// than 15 digits) is written as text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "etl/pg.hpp"

namespace jobs {

class Workbook {
public:
    explicit Workbook(bool russian);
    ~Workbook();
    Workbook(const Workbook&) = delete;
    Workbook& operator=(const Workbook&) = delete;

    // A sheet named after `title` (cut to what Excel takes, made unique): its name. Rows stand in
    // the order of `result`. Error{usage} when a sheet cannot hold them.
    std::string table(const std::string& title, const etl::pg::Result& result);
    // Lines of words, the first part in bold: what a report means and what it was asked.
    std::string lines(const std::string& title,
                      const std::vector<std::pair<std::string, std::string>>& lines);
    // An empty sheet, to be filled with the contents when the others are there.
    std::string reserve(const std::string& title);
    struct Entry {
        std::string group, title, sheet, note;  // the title leads to the sheet
    };
    void contents(const std::string& sheet, const std::vector<Entry>& entries);
    // The file; no sheet may follow. Error{usage} when the disk could not take it.
    [[nodiscard]] std::string bytes();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace jobs
