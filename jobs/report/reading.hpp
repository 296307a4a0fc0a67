// One reading of the database for reports: a snapshot, the session's limits, the moment asked for.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/output/context.hpp"
#include "jobs/report/report.hpp"

namespace jobs {

class Reading {
public:
    // Error{usage} when nothing has been mirrored, or the moment asked for lies before history. A
    // request to stop cancels the statement that runs.
    Reading(const Context& context, const ReportOptions& options);

    [[nodiscard]] etl::pg::Result query(const std::string& what, const std::string& sql,
                                        const std::vector<etl::pg::Param>& parameters);
    [[nodiscard]] etl::pg::Result report(const Report& report);
    // Days as they go into SQL: the report's own range, or everything where it has none.
    [[nodiscard]] Range range(const Report& report) const;
    // "between 2026-09-01 and 2026-09-30"; empty when the report bound none.
    [[nodiscard]] std::string asked(const Report& report, bool russian = false) const;
    [[nodiscard]] const std::string& zone() const { return zone_; }
    [[nodiscard]] std::string state();
    [[nodiscard]] etl::pg::Connection& connection() { return connection_; }

private:
    struct Cancel {
        etl::pg::Connection& connection;
        void operator()() const noexcept { connection.cancel(); }
    };
    // As of then, or as of now whatever the session had set before us.
    void as_of();

    const ReportOptions& options_;
    etl::Duration timeout_;
    etl::pg::Connection connection_;
    std::string zone_;
    std::stop_token stop_;
    std::optional<std::stop_callback<Cancel>> cancel_;
    std::optional<etl::pg::Transaction> transaction_;
};

}  // namespace jobs
