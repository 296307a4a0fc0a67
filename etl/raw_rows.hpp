// Rows known by their bytes: what a row's bytes were read as before is remembered beside the row's
// hash, so that the same bytes need no parsing and no normalizing. A memory of a pure function,
// never the truth: it counts only while the table's row has the hash it speaks of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "etl/hash_index.hpp"
#include "etl/load_task.hpp"
#include "etl/normalizer.hpp"

namespace etl {

class RawRows {
public:
    // `reading`: everything that the meaning of a row's bytes depends on (Normalizer::reading).
    RawRows(const LoadTask& task, std::uint64_t reading) : task_(task), reading_(reading) {}

    // A row whose bytes are known to be what the table has. Rows that the body brings twice, that
    // had a reject, or whose key is no plain number at their beginning are never found.
    struct Known {
        std::string_view key;
        std::uint64_t key_hash = 0;
        std::int64_t row_hash = 0;
    };
    [[nodiscard]] std::optional<Known> find(const HashIndex& known, std::string_view raw) const;
    // `raw` was read without a reject as the row just seen.
    void learn(HashIndex& seen, std::string_view raw, std::uint64_t key_hash,
               std::int64_t row_hash) const;

    // What is remembered of the table, laid over the index of its rows.
    void recall(HashIndex& known) const;
    // Keeps what was learned, in the transaction of the load, in few rows however many bodies bring
    // little; the oldest beyond twice the table's rows is forgotten.
    void keep(const HashIndex& seen) const;

private:
    const LoadTask& task_;
    std::uint64_t reading_;
};

// The number a row begins with, as it stands there: ["12",… or [12,…; empty: something else.
[[nodiscard]] std::string_view plain_key(std::string_view raw);

}  // namespace etl
