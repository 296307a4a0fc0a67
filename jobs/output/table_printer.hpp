// Results as people and programs read them: aligned table, CSV, JSON.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "etl/pg.hpp"

namespace jobs {

// Columns a terminal needs for the text: Cyrillic one, emoji and CJK two, combining marks none.
[[nodiscard]] std::size_t display_width(std::string_view text);

void print_table(
    std::ostream& out,
    const etl::pg::Result& result);  // numbers to the right; "(no rows)" when there are none
void print_csv(std::ostream& out,
               const etl::pg::Result&
                   result);  // RFC 4180; a cell that a spreadsheet would run as a formula gets a '
// As a Russian Excel opens it: BOM, semicolons, decimal commas; formulas likewise made harmless.
void print_excel(std::ostream& out, const etl::pg::Result& result);
void print_json(
    std::ostream& out,
    const etl::pg::Result& result);  // array of objects, all values as text, NULL as null
void print_json_string(std::ostream& out, std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);  // the same as text, quotes included

}  // namespace jobs
