// What the benches share: a body of orders as the service would send it, and the median.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// An export's answer with `rows` orders of the simulator's school; in `changed_of_100` of a hundred
// the first custom field differs.
[[nodiscard]] std::string orders_body(std::int64_t rows, int changed_of_100);
// The same of people, with their groups (another city), and of payments (another title).
[[nodiscard]] std::string users_body(std::int64_t rows, int changed_of_100);
[[nodiscard]] std::string payments_body(std::int64_t rows, int changed_of_100);
[[nodiscard]] std::vector<std::string> user_headings();
[[nodiscard]] std::string fields_body();  // of /fields: a list
// The same JSON as PHP's json_encode writes it by default: \uXXXX for everything beyond ASCII, \/
// for slashes.
[[nodiscard]] std::string escaped(const std::string& json);
[[nodiscard]] double median(std::vector<double> values);

}  // namespace bench
