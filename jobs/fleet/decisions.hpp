// What a supervisor decides: whom to start and stop, how long to wait after a failure, when a
// school's night begins, what a school's process gets from ours. Pure; time is an argument.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "jobs/fleet/schools.hpp"

namespace jobs::fleet {

using Steady = std::chrono::steady_clock::time_point;
using Environment = std::map<std::string, std::string>;

// A school's process, as far as deciding needs to know.
struct Process {
    bool running = false, stopping = false;
    std::string content;  // of the file that it was started with
    Steady started{};     // the newest start
    Steady not_before{};  // the next start
    int failures = 0;     // ends in a row, each soon after its start
};

enum class Step { none, start, stop };
// `school`: nullptr when its file has gone. A file that turned wrong leaves the process that runs
// with the former one; a file that changed ends it, so that it begins anew.
[[nodiscard]] Step next_step(const School* school, const Process& process, Steady now);

// It has ended by itself: when it may start again, and how often it has failed in a row.
void ended(Process& process, std::string_view name, Steady now);
// 1 s, 2, 4, … at most 5 min; each up to a quarter more, so that schools that fell together do not
// rise together.
[[nodiscard]] std::chrono::milliseconds restart_wait(std::string_view name, int failures);

// The cron expression of a school that set none: its default, later by a share of `stagger` that
// its name alone decides, so that a further school moves no other. Else what the school set.
[[nodiscard]] std::string staggered_schedule(const School& school, etl::Duration stagger);

struct HandedDown {
    std::string slots;  // folder of the locks
    int loads_at_once = 1;
    etl::Duration stagger{};
};
// `ours` without keys, settings and systemd's socket, and with what a fleet hands down.
[[nodiscard]] Environment environment_of(const School& school, const Environment& ours,
                                         const HandedDown& handed);

}  // namespace jobs::fleet
