// What of a body could not be read: counted, kept up to a bound, written to journal.reject.
#pragma once

#include <cstdint>
#include <vector>

#include "etl/hash_index.hpp"
#include "etl/load_task.hpp"
#include "etl/normalizer.hpp"

namespace etl {

// Collected first and written after the rows, since one connection carries one COPY at a time.
class Rejects {
public:
    void add(Reject reject);
    [[nodiscard]] std::uint64_t count() const { return count_; }
    // Writes them; returns how many had not been met before: the same text in the same cell of the
    // same row, refused for the same reason, is no new finding.
    std::uint64_t write(const LoadTask& task) const;
    // What earlier bodies rejected of the rows that this one brought is over, or stands in this
    // body's own rejects.
    static void close_earlier(const LoadTask& task, const HashIndex& seen);

private:
    std::vector<Reject> kept_;
    std::uint64_t count_ = 0;
};

}  // namespace etl
