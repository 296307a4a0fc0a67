// A service without a wire: a few tables, filters by day, every file ready at the first poll. Tests
// set its rows and its calendar, and may answer in its place.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/transport.hpp"

namespace test_support {

struct StandInRow {
    std::map<std::string, std::string> cells;  // by heading; what is not named is empty
    std::map<std::string, std::string> days;   // by filter: "created_at" -> "2026-01-31"
};

class StandInSchool {
public:
    struct Start {
        std::string table, filter, from, to;  // as asked; empty: no bound; or "groups/ID/users"
        std::string export_id;
        int polls = 0;
    };

    std::map<std::string, std::vector<std::string>> headings;       // by table, in their order
    std::map<std::string, std::map<std::string, StandInRow>> rows;  // by table, then by a name
    std::vector<Start> starts;
    int lists = 0;
    // In place of a start's, a poll's or a list's answer; nullopt: the school's own. A poll gets
    // the start it belongs to.
    std::function<std::optional<std::string>(const std::string& path, const Start* start)> answer;
    // The export id of an earlier start that this one gets again; nullopt: a new one.
    std::function<std::optional<std::string>(const Start& start)> repeat;

    // The body of a start, as the school is now.
    [[nodiscard]] std::string table(const Start& start) const;
    // A connection to it, as a sync takes one.
    [[nodiscard]] std::unique_ptr<etl::Transport> transport();
    [[nodiscard]] std::string respond(const etl::Request& request);

private:
    int next_id_ = 0;
    std::map<std::string, std::string> files_;  // by export id, as they stood at the start
};

// What a sync of it is configured with: no budget to spare, no wait that a test would feel.
[[nodiscard]] etl::Config stand_in_config(const etl::Config::Database& database);

}  // namespace test_support
