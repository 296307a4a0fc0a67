// The clock of a test's database, set by the test: all that the program dates, it dates by it.
#pragma once

#include <string>

#include "etl/clock.hpp"
#include "etl/pg.hpp"

namespace test_support {

// Of TestDatabase::with_moved_clock: the defaults of its columns ask this clock, too.
class MovedClock {
public:
    explicit MovedClock(const std::string& database_url);
    // It goes on from here as the real one does. `local`: "2026-01-31 03:30:00" of Moscow.
    void set(const std::string& local);
    [[nodiscard]] std::string now();  // ISO, UTC

private:
    etl::pg::Connection connection_;
};

}  // namespace test_support
