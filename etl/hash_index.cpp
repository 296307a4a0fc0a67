#include "etl/hash_index.hpp"

#include <algorithm>
#include <utility>

namespace etl {
namespace {
constexpr std::size_t kFirstSlots = 1024;
}

std::size_t HashIndex::find(
    std::uint64_t key) const {  // keys are hashes already: linear probing from their low bits
    const std::size_t mask = keys_.size() - 1;
    std::size_t at = static_cast<std::size_t>(key) & mask;
    while (states_[at] != kEmpty && keys_[at] != key) at = (at + 1) & mask;
    return at;
}

void HashIndex::grow() {
    if (!keys_.empty() && (used_ + 1) * 10 < keys_.size() * 7) return;
    HashIndex bigger;
    const std::size_t slots = keys_.empty() ? kFirstSlots : keys_.size() * 2;
    bigger.keys_.resize(slots);
    bigger.hashes_.resize(slots);
    bigger.states_.resize(slots, kEmpty);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        if (states_[i] == kEmpty) continue;
        const std::size_t at = bigger.find(keys_[i]);
        bigger.keys_[at] = keys_[i];
        bigger.hashes_[at] = hashes_[i];
        bigger.states_[at] = states_[i];
    }
    bigger.used_ = used_;
    *this = std::move(bigger);
}

void HashIndex::know(std::uint64_t key, std::int64_t hash) {
    grow();
    const std::size_t at = find(key);
    if (states_[at] == kEmpty) ++used_;
    keys_[at] = key;
    hashes_[at] = hash;
    states_[at] = kKnown;
}

HashIndex::Seen HashIndex::see(std::uint64_t key, std::int64_t hash) {
    grow();
    const std::size_t at = find(key);
    if (states_[at] == kSeen) return Seen::again;
    if (states_[at] == kUnchanged) {
        states_[at] = kSeen;
        return Seen::again_unchanged;
    }
    const Seen seen = states_[at] == kEmpty ? Seen::unknown
                      : hashes_[at] == hash ? Seen::unchanged
                                            : Seen::differs;
    if (states_[at] == kEmpty) ++used_;
    keys_[at] = key;
    hashes_[at] = hash;
    states_[at] = seen == Seen::unchanged ? kUnchanged : kSeen;
    return seen;
}

bool HashIndex::seen(std::uint64_t key) const {
    if (states_.empty()) return false;
    const std::uint8_t state = states_[find(key)];
    return state == kUnchanged || state == kSeen;
}

bool HashIndex::contradicts(std::uint64_t key, std::int64_t hash) const {
    return seen(key) && hashes_[find(key)] != hash;
}

std::size_t HashIndex::missing() const {
    return static_cast<std::size_t>(std::count(states_.begin(), states_.end(), kKnown));
}

bool HashIndex::is_missing(std::uint64_t key) const {
    return !states_.empty() && keys_[find(key)] == key && states_[find(key)] == kKnown;
}

}  // namespace etl
