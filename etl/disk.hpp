// Room on the disk that holds the private cluster.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace etl {

struct Config;

inline constexpr std::uint64_t kLeastFree = 1'000'000'000;       // below this a load may fail
inline constexpr std::uint64_t kLeastFreeToBegin = 200'000'000;  // below this none is begun

// Free bytes for this user where `folder` is, or will be once it is made; nullopt: cannot be told.
[[nodiscard]] std::optional<std::uint64_t> free_bytes(const std::filesystem::path& folder);
// Error{database} when nothing should begin with so little room. Pure.
void check_room(const std::filesystem::path& folder, std::uint64_t free);
// The same for the disk of the private cluster; a server of the user's own is not looked at.
void check_room(const Config& config);

}  // namespace etl
