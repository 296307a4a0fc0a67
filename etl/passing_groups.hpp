// Groups of the people of a COPY into mirror.users itself, kept until it has ended: a connection
// takes one COPY at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "etl/load_task.hpp"

namespace etl {

class PassingGroups {
public:
    // Where nobody is known to be in a group, who is in none says nothing.
    explicit PassingGroups(bool with_none) : with_none_(with_none) {}
    // `groups`: group_ids and group_dates as the normalizer writes them, a tab before each.
    void add(std::string_view person, std::string_view groups);
    // More than memory is for: the stage has to be used.
    [[nodiscard]] bool too_many() const { return bytes_ > kMost; }
    // Into the stage that schema::merge_memberships() reads.
    void copy(const LoadTask& task);

private:
    static constexpr std::size_t kMost = 20 * 1024 * 1024, kPiece = 256 * 1024;
    bool with_none_;
    std::size_t bytes_ = 0;
    std::vector<std::string> pieces_;  // of COPY lines
};

}  // namespace etl
