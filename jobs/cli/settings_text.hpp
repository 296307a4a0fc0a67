// A setting put into the text of gcmirror.toml, all else left as it stands. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jobs {

// `name = "value"` of [getcourse]: in the place of an empty one, else behind the section's head,
// else in a new section. The text as it is where the file says so already. nullopt: the file holds
// another value, or is written so that no line of ours would make it say so.
[[nodiscard]] std::optional<std::string> with_setting(const std::string& text,
                                                      std::string_view name,
                                                      const std::string& value);

}  // namespace jobs
