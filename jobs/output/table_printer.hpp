// Results as people and programs read them: aligned table, CSV, JSON.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "etl/json.hpp"
#include "etl/pg.hpp"

namespace jobs {

using etl::json_string;

// Numbers to the right; "(no rows)" when there are none. Russian: titles, values, numbers and days
// as people write them.
void print_table(std::ostream& out, const etl::pg::Result& result, bool russian = false);
// The same on a terminal of that many columns: the last columns that do not fit are left out and
// named below.
void print_table_within(std::ostream& out, const etl::pg::Result& result, std::size_t width,
                        bool russian = false);
// RFC 4180, every cell as the database has it.
void print_csv(std::ostream& out, const etl::pg::Result& result);
// As a Russian Excel opens it: BOM, semicolons, decimal commas, moments to the second; a cell that
// would run as a formula, and is neither a number nor a phone, gets an apostrophe. Russian: titles
// and values in words.
void print_excel(std::ostream& out, const etl::pg::Result& result, bool russian = false);
// Array of objects: numbers as numbers (money with its decimals; above 15 digits as text), true and
// false, JSON as it is, all else as text, NULL as null.
void print_json(std::ostream& out, const etl::pg::Result& result);

}  // namespace jobs
