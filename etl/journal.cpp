#include "etl/journal.hpp"

#include <array>

#include "etl/gzip.hpp"

namespace etl {
namespace {

struct StateName {
    ExportState state;
    std::string_view name;
};
constexpr std::array<StateName, 10> kStates = {{{ExportState::intended, "intended"},
                                                {ExportState::started, "started"},
                                                {ExportState::waiting, "waiting"},
                                                {ExportState::received, "received"},
                                                {ExportState::loaded, "loaded"},
                                                {ExportState::refused, "refused"},
                                                {ExportState::unclear, "unclear"},
                                                {ExportState::late, "late"},
                                                {ExportState::no_file, "no_file"},
                                                {ExportState::rolled_back, "rolled_back"}}};

}  // namespace

std::string_view name_of(ExportState state) {
    for (const StateName& known : kStates)
        if (known.state == state) return known.name;
    return "";
}

std::optional<ExportState> export_state(std::string_view name) {
    for (const StateName& known : kStates)
        if (known.name == name) return known.state;
    return std::nullopt;
}

Spent::Said said_by(std::string_view answer) {
    if (answer.empty() || answer == "Unclear") return Spent::Said::nothing;
    if (answer == "OverLimit") return Spent::Said::over_limit;
    return answer == "Busy" ? Spent::Said::busy : Spent::Said::other;
}

std::string kept_body(Journal& journal, std::int64_t body_id) {
    std::string plain;
    Inflater inflater([&](std::string_view piece) { plain.append(piece); });
    journal.read_body(body_id, [&](std::string_view piece) { inflater.write(piece); });
    return plain;
}

}  // namespace etl
