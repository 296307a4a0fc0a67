// Logins of people, tools and overviews that read the published views.
#pragma once

#include <string>

#include "etl/pg.hpp"

namespace etl {

// 24 letters that nobody confuses and no address must encode: about 140 bits.
[[nodiscard]] std::string made_password();
// report.add_reader, all or nothing: the role when it is missing, and what it may read. Returns the
// password that was made for it: when it is new or `new_password`; else empty. Error{usage} for a
// name that is none.
[[nodiscard]] std::string add_login(pg::Connection& connection, const std::string& login,
                                    bool masked, bool new_password);

}  // namespace etl
