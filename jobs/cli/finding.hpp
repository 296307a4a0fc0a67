// What a check of doctor found, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "etl/error.hpp"

namespace jobs {

struct Finding {
    enum class Level { ok, note, wrong } level = Level::ok;
    std::string topic;  // configuration, files, database, roles, disk, zone, schedule, …
    std::string text;
    std::string hint;                   // of what is not ok
    etl::Kind kind = etl::Kind::usage;  // of what is wrong: its exit code
};
using Findings = std::vector<Finding>;

inline Finding found_ok(std::string topic, std::string text) {
    return {Finding::Level::ok, std::move(topic), std::move(text), {}, etl::Kind::usage};
}
inline Finding found_note(std::string topic, std::string text, std::string hint) {
    return {Finding::Level::note, std::move(topic), std::move(text), std::move(hint),
            etl::Kind::usage};
}
inline Finding found_wrong(std::string topic, std::string text, std::string hint, etl::Kind kind) {
    return {Finding::Level::wrong, std::move(topic), std::move(text), std::move(hint), kind};
}

}  // namespace jobs
