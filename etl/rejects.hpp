// What of a body could not be read: counted, kept up to a bound, written to journal.reject.
#pragma once

#include <cstdint>
#include <vector>

#include "etl/load_task.hpp"
#include "etl/normalizer.hpp"

namespace etl {

// Collected first and written after the rows, since one connection carries one COPY at a time.
class Rejects {
public:
    void add(Reject reject);
    [[nodiscard]] std::uint64_t count() const { return count_; }
    void write(const LoadTask& task) const;

private:
    std::vector<Reject> kept_;
    std::uint64_t count_ = 0;
};

}  // namespace etl
