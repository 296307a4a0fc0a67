// Results as people and programs read them: aligned table, CSV, JSON.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "etl/json.hpp"
#include "etl/pg.hpp"

namespace jobs {

using etl::json_string;

void print_table(
    std::ostream& out,
    const etl::pg::Result& result);  // numbers to the right; "(no rows)" when there are none
// The same on a terminal of that many columns: the last columns that do not fit are left out and
// named below.
void print_table_within(std::ostream& out, const etl::pg::Result& result, std::size_t width);
void print_csv(std::ostream& out,
               const etl::pg::Result&
                   result);  // RFC 4180; a cell that a spreadsheet would run as a formula gets a '
// As a Russian Excel opens it: BOM, semicolons, decimal commas; formulas likewise made harmless.
void print_excel(std::ostream& out, const etl::pg::Result& result);
// Array of objects: numbers as numbers (money with its decimals; above 15 digits as text), true and
// false, JSON as it is, all else as text, NULL as null.
void print_json(std::ostream& out, const etl::pg::Result& result);

}  // namespace jobs
