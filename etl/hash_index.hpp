// Keys and row hashes of a table's rows in memory, 17 bytes a slot: recognises unchanged rows
// without asking the server.
#pragma once

#include <cstdint>
#include <vector>

namespace etl {

class HashIndex {
public:
    enum class Seen { unknown, differs, unchanged, again, again_unchanged };

    void know(std::uint64_t key, std::int64_t hash);  // a row the table has
    // A row of the body. `again` when the body had the key before (`again_unchanged`: and that row
    // was answered `unchanged`): such a row always goes to the server, where the last one wins.
    [[nodiscard]] Seen see(std::uint64_t key, std::int64_t hash);

    [[nodiscard]] std::size_t missing() const;  // rows the table has and the body did not bring
    [[nodiscard]] bool is_missing(std::uint64_t key) const;  // whether this is one of them
    [[nodiscard]] bool seen(std::uint64_t key) const;        // whether the body brought it
    // Whether the body's earlier row of this key had the same values; ask before see().
    [[nodiscard]] bool contradicts(std::uint64_t key, std::int64_t hash) const;

private:
    enum : std::uint8_t { kEmpty, kKnown, kUnchanged, kSeen };
    [[nodiscard]] std::size_t find(std::uint64_t key) const;
    void grow();

    std::vector<std::uint64_t> keys_;
    std::vector<std::int64_t> hashes_;
    std::vector<std::uint8_t> states_;
    std::size_t used_ = 0;
};

}  // namespace etl
