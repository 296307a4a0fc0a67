// What a run has met that people must know; each part of a sync adds to it.
#pragma once

#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace jobs {

struct RunFindings {
    std::vector<std::string>
        unanswered;                     // questions that got no table, and why: the run is partial
    std::vector<std::string> refused;   // bodies that were set aside, and why: amber
    std::vector<std::string> warnings;  // why it is amber beside refused bodies
    std::vector<std::string> remarks;   // said on the screen
    bool amber = false;                 // somebody has to look

    // Said on the screen, and somebody has to look.
    void warn(std::string text) {
        amber = true;
        remarks.push_back(text);
        warnings.push_back(std::move(text));
    }

    // What another part met, after what stands here.
    void add(RunFindings&& other) {
        const auto append = [](std::vector<std::string>& to, std::vector<std::string>& from) {
            to.insert(to.end(), std::make_move_iterator(from.begin()),
                      std::make_move_iterator(from.end()));
        };
        append(unanswered, other.unanswered);
        append(refused, other.refused);
        append(warnings, other.warnings);
        append(remarks, other.remarks);
        amber = amber || other.amber;
    }

    // What the run's row keeps as its reason.
    [[nodiscard]] std::string reason() const {
        std::string text;
        std::size_t warned = 0;
        for (const auto* list : {&unanswered, &refused, &warnings})
            for (const std::string& one : *list) {
                if (list == &warnings && ++warned > kWarningsKept) return text + "; …";
                text += (text.empty() ? "" : "; ") + one;
            }
        return text;
    }
    static constexpr std::size_t kWarningsKept = 5;  // all of them are on the screen
};

}  // namespace jobs
