// Connections of the dashboard, one per request under way: read-only, and short of patience except
// for reports.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "etl/pg.hpp"

namespace jobs {

class ReadConnections {
public:
    explicit ReadConnections(std::string url) : url_(std::move(url)) {}
    // `act` in one read-only snapshot; on a new connection when one that lay idle turns out closed.
    std::string read(const std::function<std::string(etl::pg::Connection&)>& act);

private:
    std::unique_ptr<etl::pg::Connection> take(bool& idle);
    void give_back(std::unique_ptr<etl::pg::Connection> connection);

    std::string url_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<etl::pg::Connection>> idle_;
};

}  // namespace jobs
