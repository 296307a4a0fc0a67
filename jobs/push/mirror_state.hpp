// How old the mirror is by which a plan is made, approved and sent.
#pragma once

#include <optional>
#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace jobs {

struct MirrorState {
    std::string table;                 // the one read longest ago; empty: none is mirrored
    std::optional<std::string> as_of;  // for the database; nullopt: never read
    std::string local;                 // the same in the account's zone, for people
    etl::Duration age{0};
};
// Of people and orders, as far as they are mirrored.
[[nodiscard]] MirrorState read_mirror_state(etl::pg::Connection& connection,
                                            const etl::Config& config);
// Error{usage} when it is older than [alert] fresh_within, unless `stale_ok`. Pure.
void check_fresh(const MirrorState& state, const etl::Config& config, bool stale_ok);
// "the mirror is as of 2026-11-25 03:31, 5 h old". Pure.
[[nodiscard]] std::string describe(const MirrorState& state);

}  // namespace jobs
