#include "etl/disk.hpp"

#include <fmt/core.h>

#include "etl/config.hpp"
#include "etl/error.hpp"

namespace etl {

std::optional<std::uint64_t> free_bytes(const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::path there = std::filesystem::absolute(folder, failed);
    while (!failed && !std::filesystem::exists(there, failed) && there != there.parent_path())
        there = there.parent_path();
    const auto space = std::filesystem::space(there, failed);
    if (failed) return std::nullopt;
    return space.available;
}

void check_room(const std::filesystem::path& folder, std::uint64_t free) {
    if (free >= kLeastFreeToBegin) return;
    throw Error(Kind::database,
                fmt::format("only {} MB are free at {}; nothing was begun", free / 1'000'000,
                            folder.string()),
                "Make room: at least 1 GB, and as much again as the database has. gcmirror doctor "
                "shows both; a shorter [keep] bodies needs less.");
}

void check_room(const Config& config) {
    if (!config.database.url.empty()) return;
    if (const auto free = free_bytes(config.data_dir())) check_room(config.data_dir(), *free);
}

}  // namespace etl
