#include "jobs/sync/wide_views.hpp"

#include <string>

#include "etl/log.hpp"
#include "schema/table.hpp"

namespace jobs {

void widen_views(etl::pg::Connection& connection) {
    for (const schema::Table* table : schema::tables()) {
        if (!table->has_custom) continue;
        const std::string problem =
            connection.value("SELECT mirror.widen($1)", {std::string(table->name)});
        if (!problem.empty())
            etl::log::warning("view not widened",
                              {{"view", table->name + "_wide"}, {"reason", problem}});
        const std::string left_out =
            connection.value("SELECT mirror.say_left_out($1)", {std::string(table->name)});
        if (!left_out.empty()) etl::log::warning(left_out);
    }
}

}  // namespace jobs
