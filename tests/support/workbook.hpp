// A workbook read again by openpyxl, a reader that is not ours.
#pragma once

#include <string>
#include <vector>

namespace test_support {

// "SHEET|A2|n|12.5|#,##0.00", and "SHEET|sheet|A2|A1:C4|A1:C4": frozen at, filtered, dimensions.
[[nodiscard]] std::vector<std::string> read_workbook(const std::string& bytes);

}  // namespace test_support
