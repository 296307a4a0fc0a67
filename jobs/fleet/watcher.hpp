// A thread that looks at every school's database in turn, and what it saw last; tells of what
// schools have in common.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "jobs/fleet/overview.hpp"

namespace jobs::fleet {

class Watcher {
public:
    // `seen` is called after each round of looks; may be empty.
    Watcher(const Board& board, std::function<void(const std::vector<Row>&)> seen);
    // Every school, the worst first: its process as it is now, its database as it was seen last.
    [[nodiscard]] std::vector<Row> rows() const;

private:
    void run(const std::stop_token& stop);
    void look();

    const Board& board_;
    std::function<void(const std::vector<Row>&)> seen_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, Seen> by_school_;
    std::jthread thread_;
};

}  // namespace jobs::fleet
