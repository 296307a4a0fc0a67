// Connections of the dashboard, one per request under way: read-only, and short of patience except
// for reports.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "etl/pg.hpp"

namespace jobs {

class ReadConnections {
public:
    explicit ReadConnections(std::string url) : url_(std::move(url)) {}
    // `act` in one read-only snapshot; on a new connection when one that lay idle turns out closed.
    std::string read(const std::function<std::string(etl::pg::Connection&)>& act);
    void cancel() noexcept;  // whatever runs now

private:
    class Busy {  // marks a connection that runs a query
    public:
        Busy(ReadConnections& all, etl::pg::Connection* connection);
        ~Busy();
        Busy(const Busy&) = delete;
        Busy& operator=(const Busy&) = delete;

    private:
        ReadConnections& all_;
        etl::pg::Connection* connection_;
    };
    std::unique_ptr<etl::pg::Connection> take(bool& idle);
    void give_back(std::unique_ptr<etl::pg::Connection> connection);

    std::string url_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<etl::pg::Connection>> idle_;
    std::set<etl::pg::Connection*> busy_;
};

}  // namespace jobs
