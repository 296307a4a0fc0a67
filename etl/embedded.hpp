// The files that cmake/embed.cmake builds into the program, by name.
#pragma once

#include <string>
#include <string_view>

#include "etl/error.hpp"

namespace etl {

// Text of the file `name`; Error{unexpected} when the program was built without it.
template <typename Files>
[[nodiscard]] std::string_view embedded_text(const Files& files, std::string_view name) {
    for (const auto& file : files)
        if (file.name == name) return file.text;
    throw Error(Kind::unexpected, "the program was built without " + std::string(name));
}

}  // namespace etl
