// Rows that the mirror has and a body should have brought: known ones recognised by hash, those
// that did not come, and the mark on what two bodies lacked.
#pragma once

#include "etl/hash_index.hpp"
#include "etl/load_task.hpp"

namespace etl {

// Hashes of the rows the body can hold: those of its window, widened by a day on both sides, since
// the service's bounds are not beyond doubt (getcourse-api.md 11.9); none when no column bounds it.
[[nodiscard]] HashIndex known_hashes(const LoadTask& task);
// Why a body without rows is not believed; empty: it is. No rows where the mirror has rows in the
// same days is a fault of the answer, not a result. A group is believed to be empty when its last
// member left, and of several members when the answer comes a second time.
[[nodiscard]] std::string doubt_of_empty(const LoadTask& task);
// A row that the body brought is not missing, whatever the body's filter. `known`: the index the
// body went through, of known_hashes() or begun empty.
void clear_missing(const LoadTask& task, const HashIndex& known);
// A row that two complete windows lacked, one after the other, is marked as missing since the
// first. `known`: the index of known_hashes() after the body went through it.
void mark_missing(const LoadTask& task, const HashIndex& known, Loaded& loaded);

}  // namespace etl
