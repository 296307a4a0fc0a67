// Keys and row hashes of a table's rows in memory, 25 bytes a slot: recognises unchanged rows
// without asking the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace etl {

class HashIndex {
public:
    enum class Seen { unknown, differs, unchanged, again, again_unchanged };

    // Room for so many without growing; beyond what a large school has it grows with its rows.
    void reserve(std::size_t rows);
    void know(std::uint64_t key, std::int64_t hash);  // a row the table has
    // Of a row that is known: the mark of the bytes it was read from before.
    void remember(std::uint64_t key, std::uint64_t mark);
    // The hash of a row that the table has, the body has not brought yet, and whose mark is
    // `mark_of` its hash.
    template <typename MarkOf>
    [[nodiscard]] std::optional<std::int64_t> recall(std::uint64_t key, MarkOf mark_of) const {
        if (states_.empty()) return std::nullopt;
        const std::size_t at = find(key);
        if (states_[at] != kKnown || marks_[at] == 0 || marks_[at] != mark_of(hashes_[at]))
            return std::nullopt;
        return hashes_[at];
    }
    // The mark of a row that the body brought, to be kept; each_learned() hands them out.
    void learn(std::uint64_t key, std::uint64_t mark);
    template <typename Use>
    void each_learned(Use use) const {
        for (std::size_t at = 0; at < states_.size(); ++at)
            if ((states_[at] & kLearned) != 0) use(keys_[at], marks_[at]);
    }
    // A row of the body. `again` when the body had the key before (`again_unchanged`: and that row
    // was answered `unchanged`): such a row always goes to the server, where the last one wins.
    [[nodiscard]] Seen see(std::uint64_t key, std::int64_t hash);

    [[nodiscard]] std::size_t missing() const;  // rows the table has and the body did not bring
    [[nodiscard]] bool is_missing(std::uint64_t key) const;  // whether this is one of them
    [[nodiscard]] bool seen(std::uint64_t key) const;        // whether the body brought it
    // Whether the body's earlier row of this key had the same values; ask before see().
    [[nodiscard]] bool contradicts(std::uint64_t key, std::int64_t hash) const;

private:
    enum : std::uint8_t { kEmpty, kKnown, kUnchanged, kSeen, kState = 3, kLearned = 4 };
    [[nodiscard]] std::size_t find(std::uint64_t key) const;
    [[nodiscard]] std::uint8_t state(std::size_t at) const { return states_[at] & kState; }
    void grow();
    void resize(std::size_t slots);

    std::vector<std::uint64_t> keys_;
    std::vector<std::int64_t> hashes_;
    std::vector<std::uint64_t> marks_;  // 0: none
    std::vector<std::uint8_t> states_;
    std::size_t used_ = 0;
};

}  // namespace etl
