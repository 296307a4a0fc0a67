#include "etl/config.hpp"
#include "etl/log.hpp"

namespace etl {

Secret::Secret(std::string value) : value_(std::move(value)) { log::add_secret(value_); }

}  // namespace etl
