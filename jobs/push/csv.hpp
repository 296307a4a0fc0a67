// CSV as spreadsheets write it (RFC 4180; comma, semicolon or tab; BOM). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jobs {

struct Csv {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>>
        rows;  // an empty cell without quotes is nullopt
};
// The separator is the one of the first line. Error{usage} naming the line when a quote is never
// closed or a row has more cells than columns.
[[nodiscard]] Csv parse_csv(std::string_view text);

}  // namespace jobs
