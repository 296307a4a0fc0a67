// Reading for pages and reports: a Poco::Data::SessionPool whose sessions answer in text, so that
// no amount becomes a double. For many threads; loading has etl/pg.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "etl/clock.hpp"
#include "etl/pg.hpp"

namespace etl {

struct ReadPoolOptions {
    int most = 6;  // sessions at once; who comes while all are busy waits
    Duration statement_timeout = std::chrono::minutes{1};
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

    // One statement, its parameters as $1, $2, …; values exactly as PostgreSQL writes them. A
    // session that the server has ended meanwhile is replaced once. Error{database} with its
    // SQLSTATE.
    [[nodiscard]] pg::Result query(std::string_view sql, const std::vector<pg::Param>& params = {});
    // Several statements that see the same state (REPEATABLE READ), each with its parameters.
    struct Question {
        std::string_view sql;
        std::vector<pg::Param> params;
    };
    [[nodiscard]] std::vector<pg::Result> query_together(const std::vector<Question>& questions);
    [[nodiscard]] int open_sessions() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace etl
