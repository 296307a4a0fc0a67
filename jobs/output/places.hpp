// A page with places: what stands between {{ and }} is put in by name.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace jobs {

[[nodiscard]] std::string filled_places(
    std::string_view page, const std::function<std::string(std::string_view name)>& said);

}  // namespace jobs
