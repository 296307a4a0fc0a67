#include "etl/hash_index.hpp"

#include <algorithm>
#include <utility>

namespace etl {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kMostReserved = 2000000;  // rows, 70 MB: a body of empty rows has millions
constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // odd, so that nothing is lost

// At most seven of ten slots are used.
std::size_t slots_for(std::size_t rows) { return rows / 7 * 10 + 16; }

}  // namespace

// Linear probing from the key's share of the table: any number of slots, so that it grows by half
// and a million rows need 36 MB, not the next power of two.
std::size_t HashIndex::find(std::uint64_t key) const {
    __extension__ typedef unsigned __int128 Product;
    const std::size_t slots = keys_.size();
    auto at = static_cast<std::size_t>((static_cast<Product>(key * kSpread) * slots) >> 64);
    while (states_[at] != kEmpty && keys_[at] != key) at = at + 1 == slots ? 0 : at + 1;
    return at;
}

void HashIndex::resize(std::size_t slots) {
    HashIndex bigger;
    bigger.keys_.resize(slots);
    bigger.hashes_.resize(slots);
    bigger.marks_.resize(slots);
    bigger.states_.resize(slots, kEmpty);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        if (states_[i] == kEmpty) continue;
        const std::size_t at = bigger.find(keys_[i]);
        bigger.keys_[at] = keys_[i];
        bigger.hashes_[at] = hashes_[i];
        bigger.marks_[at] = marks_[i];
        bigger.states_[at] = states_[i];
    }
    bigger.used_ = used_;
    *this = std::move(bigger);
}

void HashIndex::grow() {
    if (!keys_.empty() && (used_ + 1) * 10 < keys_.size() * 7) return;
    resize(std::max(kFirstSlots, keys_.size() + keys_.size() / 2));
}

void HashIndex::reserve(std::size_t rows) {
    const std::size_t slots = slots_for(std::min(rows, kMostReserved));
    if (slots > keys_.size()) resize(slots);
}

void HashIndex::know(std::uint64_t key, std::int64_t hash) {
    grow();
    const std::size_t at = find(key);
    if (states_[at] == kEmpty) ++used_;
    keys_[at] = key;
    hashes_[at] = hash;
    states_[at] = kKnown;
}

void HashIndex::remember(std::uint64_t key, std::uint64_t mark) {
    if (states_.empty()) return;
    const std::size_t at = find(key);
    if (states_[at] != kEmpty) marks_[at] = mark;
}

void HashIndex::learn(std::uint64_t key, std::uint64_t mark) {
    if (states_.empty()) return;
    const std::size_t at = find(key);
    if (states_[at] == kEmpty) return;
    marks_[at] = mark;
    states_[at] |= kLearned;
}

HashIndex::Seen HashIndex::see(std::uint64_t key, std::int64_t hash) {
    grow();
    const std::size_t at = find(key);
    if (state(at) == kSeen || state(at) == kUnchanged) {
        const bool was_unchanged = state(at) == kUnchanged;
        states_[at] = kSeen;  // what was learned of the earlier row is not of the one that stands
        return was_unchanged ? Seen::again_unchanged : Seen::again;
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
    const std::uint8_t now = state(find(key));
    return now == kUnchanged || now == kSeen;
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
