// What the answer to a poll means for its export: pure. Whatever the service says of one export is
// bounded over all runs and ends that export, never the run.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "etl/api.hpp"
#include "etl/journal.hpp"

namespace etl {

using AnswerCounts = std::map<std::string, int>;  // by name_of(answer)

struct PollVerdict {
    std::optional<ExportState> ends;  // the state it ends in, for this run or for good
    std::string reason;               // of the end
    enum class Next { by_model, first_poll, busy_gap, when_permitted } next = Next::by_model;
};

// `ever`: the polls of this export in all runs, `in_a_row`: the same answer at the end of this
// run's polls, both with this one; `polls`: of the export. Answers about the account are not
// judged here.
[[nodiscard]] PollVerdict verdict_of(const Answer& answer, const AnswerCounts& ever, int in_a_row,
                                     int polls);

// The service's words with its code, for people.
[[nodiscard]] std::string words_of(const Refused& refused);

}  // namespace etl
