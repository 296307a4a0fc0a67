// The SQL of this room: queries/*.sql, embedded in the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jobs {

// The text of queries/NAME.sql. Error{unexpected} when the program was built without it.
[[nodiscard]] std::string_view serve_query(std::string_view name);
// queries/nights.sql of so many days, for a FROM: day, id, state, started_at, finished_at; $1 now,
// $2 zone.
[[nodiscard]] std::string nights_query(int days);

// queries/metric_NAME.sql: rows of labels with the figure in the last column. The head says what it
// is: "-- help: …", "-- type: gauge" or "counter".
struct MetricQuery {
    std::string name, help;
    bool counter = false;
    std::string_view sql;
};
[[nodiscard]] const std::vector<MetricQuery>& metric_queries();

}  // namespace jobs
