// What an import knows (getcourse-api.md 8.2, 8.3, 9): the columns of a source, the key of the
// document each becomes, how its text is checked, and where exports show it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jobs {

// One row of a source: column -> text; nullopt is "leave this alone".
using Wanted = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct ImportField {
    const char* column = "";
    const char* section = "";  // user, deal, system, session
    const char* key = "";
    const char* where = "";  // "user X", "deal X"; "utm_X": of whichever the row is about; empty:
                             // exports do not show it
    enum class Check {
        text,
        email,
        money,
        count,
        number,
        status,
        payment_status,
        flag,
        time
    } check = Check::text;
};

// nullptr when no import knows the column, or it says whom and how rather than what.
[[nodiscard]] const ImportField* find_import_field(std::string_view column);
// email, user_id, deal_number, deal_key, group_add, group_add_at, note: whom, how, or nothing.
[[nodiscard]] bool names_the_target(std::string_view column);

// Error{usage} with the nearest names when a column is none that imports know; `field:TITLE` and
// `user_field:TITLE` are any.
void check_columns(const std::vector<std::string>& columns);
// users, or deals as soon as a column speaks of an order.
[[nodiscard]] std::string object_of(const std::vector<std::string>& columns);
[[nodiscard]] std::string object_of(const Wanted& wanted);  // by its columns that are not NULL

// A row that is not sent, with the reason for people; leaves plan_change from any depth.
struct Refused {
    std::string reason;
};
// The text as the service takes it. Throws Refused.
[[nodiscard]] std::string checked(const ImportField& field, const std::string& text);

[[nodiscard]] bool is_email(const std::string& text);  // what an address cannot do without
[[nodiscard]] std::string trimmed(std::string_view text);
[[nodiscard]] const std::optional<std::string>* cell(const Wanted& wanted, std::string_view column);
[[nodiscard]] std::string text_of(const Wanted& wanted, std::string_view column);  // trimmed

}  // namespace jobs
