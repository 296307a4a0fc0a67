// Reading for pages, their reports and metrics, by many threads: a Poco::Data::SessionPool opens,
// keeps and ends the sessions, each a connection of etl/pg, so every value is text as PostgreSQL
// writes it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "etl/clock.hpp"
#include "etl/pg.hpp"

namespace etl {

struct ReadPoolOptions {
    int most = 6;  // sessions at once; who comes while all are busy waits
    Duration statement_timeout = std::chrono::seconds{10};
    Duration lock_timeout = std::chrono::seconds{2};
    Duration idle = std::chrono::minutes{2};  // a session unused for so long is closed
    Duration wait = std::chrono::seconds{10};
};

class ReadPool {
public:
    // Connects when first asked. Sessions are read only; `purpose` is seen in pg_stat_activity.
    ReadPool(const std::string& url, const std::string& purpose,
             const ReadPoolOptions& options = {});
    ~ReadPool();
    ReadPool(const ReadPool&) = delete;
    ReadPool& operator=(const ReadPool&) = delete;

    // `act` in one snapshot (REPEATABLE READ READ ONLY); once more from its beginning when the
    // server has ended the session. Error{database} with its SQLSTATE; what `act` throws.
    std::string read(const std::function<std::string(pg::Connection&)>& act);
    void cancel() noexcept;  // whatever runs now
    [[nodiscard]] int open_sessions() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace etl
