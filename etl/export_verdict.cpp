#include "etl/export_verdict.hpp"

#include <fmt/format.h>

namespace etl {
namespace {

// Fixture 23 allows three polls of an unknown refusal; one run, and one run more, tell all.
constexpr int kRefusedPolls = 2;
constexpr int kUnknownShapes = 3;  // getcourse-api.md 3.3: never "not ready" in silence
constexpr int kNoFiles = 2;        // 910: at most one more poll (getcourse-api.md 11, 4)
constexpr int kBrokenInRow = 2;    // a body that was whole and broken is asked for once more
constexpr int kBrokenEver = 4;
constexpr int kUnclearInRow = 5;  // says nothing, before the export is left for the next run

int of(const AnswerCounts& counts, const char* name) {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
}

PollVerdict ends(ExportState state, std::string reason) { return {state, std::move(reason), {}}; }

}  // namespace

std::string words_of(const Refused& refused) {
    return refused.message + (refused.code == 0 ? "" : fmt::format(" (code {})", refused.code));
}

PollVerdict verdict_of(const Answer& answer, const AnswerCounts& ever, int in_a_row, int polls) {
    using Next = PollVerdict::Next;
    if (std::holds_alternative<Ready>(answer)) return ends(ExportState::received, "");
    if (const auto* gone = std::get_if<Gone>(&answer))
        return ends(ExportState::refused, "the service ended it: " + gone->words);
    if (const auto* refused = std::get_if<Refused>(&answer)) {
        const bool ours = refused->cause == Refused::Cause::no_filter ||
                          refused->cause == Refused::Cause::bad_status;
        if (ours || of(ever, "Refused") >= kRefusedPolls)
            return ends(ExportState::refused, words_of(*refused));
        return ends(ExportState::late, words_of(*refused) + "; the next run asks once more");
    }
    if (std::holds_alternative<NoFile>(answer)) {
        if (of(ever, "NoFile") >= kNoFiles || polls > 1)
            return ends(ExportState::no_file, "the service ended it without a file (code 910)");
        return {{}, {}, Next::first_poll};
    }
    if (const auto* odd = std::get_if<UnknownShape>(&answer)) {
        if (of(ever, "UnknownShape") >= kUnknownShapes)
            return ends(ExportState::refused, "an answer of unknown shape: " + odd->seen);
        return {{}, {}, Next::busy_gap};
    }
    if (const auto* broken = std::get_if<Broken>(&answer)) {
        if (of(ever, "Broken") >= kBrokenEver)
            return ends(ExportState::refused, "its file is broken: " + broken->reason);
        if (in_a_row >= kBrokenInRow)
            return ends(ExportState::late, "its file came whole and is broken: " + broken->reason);
        return {{}, {}, Next::busy_gap};
    }
    if (const auto* unclear = std::get_if<Unclear>(&answer)) {
        if (in_a_row >= kUnclearInRow)
            return ends(ExportState::late,
                        "no clear answer (" + unclear->reason + "); its id is kept");
        return {{}, {}, Next::busy_gap};
    }
    if (std::holds_alternative<OverLimit>(answer)) return {{}, {}, Next::when_permitted};
    if (std::holds_alternative<Busy>(answer)) return {{}, {}, Next::busy_gap};
    return {};
}

}  // namespace etl
