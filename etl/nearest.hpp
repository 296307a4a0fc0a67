// "Did you mean": the names closest to what was written. Pure.
#pragma once

#include <string>
#include <vector>

namespace etl {

// At most `most` of `names`, the closest first (by pairs of neighbouring bytes in common); equals
// keep their order.
[[nodiscard]] std::vector<std::string> nearest(const std::string& wanted,
                                               std::vector<std::string> names,
                                               std::size_t most = 3);
// The same for a message: "a, b, c".
[[nodiscard]] std::string nearest_text(const std::string& wanted,
                                       const std::vector<std::string>& names, std::size_t most = 3);

}  // namespace etl
