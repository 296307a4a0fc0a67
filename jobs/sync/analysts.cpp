#include "jobs/sync/analysts.hpp"

#include <string>

#include "etl/log.hpp"
#include "jobs/sync/wide_views.hpp"

namespace jobs {

void refresh_facts(etl::pg::Connection& connection, std::optional<std::int64_t> run) {
    const std::string done =
        run ? connection.value("SELECT report.refresh_facts($1::bigint)", {std::to_string(*run)})
            : connection.value("SELECT report.refresh_facts()");
    etl::log::info("facts written", {{"what", done}});
}

bool serve_analysts(etl::pg::Connection& connection) {
    widen_views(connection);
    const std::string undone = connection.value("SELECT report.apply_settings()");
    if (!undone.empty()) etl::log::warning("settings of logins not made", {{"reason", undone}});
    return connection.value("SELECT count(*) FROM journal.undone") == "0";
}

}  // namespace jobs
