// The schools beside each other: who is in trouble first, and which troubles are the same one.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/fleet/board.hpp"
#include "jobs/fleet/look.hpp"

namespace jobs::fleet {

struct Row {
    Running running;  // by the supervisor; where nobody supervises, state is empty
    Seen seen;
};

// left_out (its file is wrong), down (its process falls), unreachable (its database), red, amber,
// unread (nothing read yet), green; the worst of these.
[[nodiscard]] std::string trouble_of(const Row& row);
// The worst first; then the oldest numbers; then by name.
void sort_by_trouble(std::vector<Row>& rows);

// Why a school needs a hand: reasons of its health that are no mere news, and the fleet's own
// (left_out, down, unreachable).
[[nodiscard]] std::vector<Judgement::Reason> hands_of(const Row& row);

// One kind of trouble and the schools that have it.
struct Group {
    std::string code;
    Level level = Level::amber;
    std::vector<std::string> schools;  // by name
    std::string en, ru;                // "3 of 20 schools: the run has not begun in time (a, b, c)"
};
// The worst first, then the widest.
[[nodiscard]] std::vector<Group> groups_of(const std::vector<Row>& rows);

// As the page and status --json have it.
[[nodiscard]] std::string overview_json(const std::vector<Row>& rows, etl::Instant now);

}  // namespace jobs::fleet
