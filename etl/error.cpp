#include "etl/error.hpp"

#include <utility>

namespace etl {

Error::Error(Kind kind, const std::string& message, std::string hint)
    : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}

int exit_code(Kind kind) noexcept { return static_cast<int>(kind); }

}  // namespace etl
