#include "etl/error.hpp"

#include <utility>

namespace etl {

Error::Error(Kind kind, const std::string& message, std::string hint, std::string sqlstate)
    : std::runtime_error(message),
      kind_(kind),
      hint_(std::move(hint)),
      sqlstate_(std::move(sqlstate)) {}

int exit_code(Kind kind) noexcept { return static_cast<int>(kind); }

}  // namespace etl
