// What a run has met that people must know; each part of a sync adds to it.
#pragma once

#include <string>
#include <vector>

namespace jobs {

struct RunFindings {
    std::vector<std::string>
        unanswered;                    // questions that got no table, and why: the run is partial
    std::vector<std::string> refused;  // bodies that were set aside, and why: amber
    std::vector<std::string> remarks;  // said on the screen
    bool amber = false;                // somebody has to look

    // What the run's row keeps as its reason.
    [[nodiscard]] std::string reason() const {
        std::string text;
        for (const auto* list : {&unanswered, &refused})
            for (const std::string& one : *list) text += (text.empty() ? "" : "; ") + one;
        return text;
    }
};

}  // namespace jobs
