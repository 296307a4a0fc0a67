// Keyed hashes of people's e-mails, phones and names for the schema masked; the key stays outside
// the database.
#pragma once

#include <string>
#include <string_view>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

enum class Personal { email, phone, name };
// HMAC-SHA-256 of the normalized text (e-mail lower case, phone digits, name in lower case), 32 hex
// digits: equal people, equal hashes.
[[nodiscard]] std::string mask_of(const etl::Secret& key, Personal kind, std::string_view plain);
// Fills journal.mask with every text of the reports that has no hash yet; begins anew when the key
// changed. In the caller's transaction.
void refresh_masks(etl::pg::Connection& connection, const etl::Secret& key);

}  // namespace jobs
