#include "jobs/serve/read_connections.hpp"

#include "etl/error.hpp"

namespace jobs {
namespace {

constexpr std::size_t kMostIdle = 2;  // a page asks twice at most
constexpr const char* kSettings =
    "SET default_transaction_read_only = on; SET statement_timeout = '10s'; SET lock_timeout = "
    "'2s'; SET idle_in_transaction_session_timeout = '1min'";

}  // namespace

std::string ReadConnections::read(const std::function<std::string(etl::pg::Connection&)>& act) {
    for (bool again = true;; again = false) {
        bool idle = false;
        std::unique_ptr<etl::pg::Connection> connection = take(idle);
        const Busy busy(*this, connection.get());
        try {
            std::string out;
            {
                etl::pg::Transaction transaction(*connection, "REPEATABLE READ READ ONLY");
                out = act(*connection);
                transaction.commit();
            }
            give_back(std::move(connection));
            return out;
        } catch (const etl::Error&) {
            const bool gone = connection->broken();
            if (!gone) give_back(std::move(connection));
            if (!gone || !idle || !again) throw;
        }
    }
}

void ReadConnections::cancel() noexcept {
    const std::lock_guard guard(mutex_);
    for (etl::pg::Connection* connection : busy_) connection->cancel();
}

ReadConnections::Busy::Busy(ReadConnections& all, etl::pg::Connection* connection)
    : all_(all), connection_(connection) {
    const std::lock_guard guard(all_.mutex_);
    all_.busy_.insert(connection_);
}

ReadConnections::Busy::~Busy() {
    const std::lock_guard guard(all_.mutex_);
    all_.busy_.erase(connection_);
}

std::unique_ptr<etl::pg::Connection> ReadConnections::take(bool& idle) {
    {
        const std::lock_guard guard(mutex_);
        if (!idle_.empty()) {
            idle = true;
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    auto connection = std::make_unique<etl::pg::Connection>(url_, "dashboard");
    connection->execute(kSettings);
    return connection;
}

void ReadConnections::give_back(std::unique_ptr<etl::pg::Connection> connection) {
    const std::lock_guard guard(mutex_);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(connection));
}

}  // namespace jobs
