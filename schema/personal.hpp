// What a column of words tells about people, by its name: the attribute from which the masked views
// are made (report.masking holds a copy). A column that is not declared is hidden.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace schema {

enum class Personal {
    plain,     // figures, codes, words of the program or the school's settings
    person,    // a name
    contact,   // e-mail, phone
    free,      // what people type: titles, tags, reasons, groups
    set_apart  // a reason that may name whom it sets apart
};
[[nodiscard]] std::string_view name_of(Personal personal);

// Every column of words of the published views.
[[nodiscard]] const std::vector<std::pair<std::string_view, Personal>>& personal_columns();
// nullopt: nobody has declared it, so it is left out of what masked readers see.
[[nodiscard]] std::optional<Personal> personal_of(std::string_view column);

}  // namespace schema
