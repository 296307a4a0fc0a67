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
    // In the transaction that `connection` is in.
    Reading(etl::pg::Connection& connection, const etl::Config& config,
            const ReportOptions& options);

    [[nodiscard]] etl::pg::Result query(const std::string& what, const std::string& sql,
                                        const std::vector<etl::pg::Param>& parameters);
    [[nodiscard]] etl::pg::Result report(const Report& report);
    // Days as they go into SQL: the report's own range, or everything where it has none; by the
    // bucket asked for, else by the one that fits the length.
    [[nodiscard]] Range range(const Report& report);
    // "between 2026-09-01 and 2026-09-30"; empty when the report bound none.
    [[nodiscard]] std::string asked(const Report& report, bool russian = false);
    // The days that were asked for, whatever the report's own range: of rows.
    [[nodiscard]] std::string asked_days(bool russian);
    // What was bound, for a heading: "since 2026-09-01, by week".
    [[nodiscard]] std::string bound(const Report& report, bool russian);
    [[nodiscard]] const std::string& zone() const { return zone_; }
    [[nodiscard]] const std::string& today() const { return today_; }  // of the data
    [[nodiscard]] std::string state();
    // gcmirror.as_of that the session had before us, set aside; empty: none.
    [[nodiscard]] const std::string& set_aside() const { return set_aside_; }
    [[nodiscard]] const ReportOptions& options() const { return options_; }
    [[nodiscard]] etl::pg::Connection& connection() { return connection_; }

private:
    struct Cancel {
        etl::pg::Connection& connection;
        void operator()() const noexcept { connection.cancel(); }
    };
    void begin(etl::Duration timeout);
    // As of then, or as of now whatever the session had set before us.
    void as_of();
    std::string fitting(const Range& range);

    const ReportOptions& options_;
    etl::Duration timeout_;
    std::optional<etl::pg::Connection> own_;
    etl::pg::Connection& connection_;
    std::string zone_, today_, set_aside_, first_day_,
        whole_from_;  // set when [keep] history dropped something of the moment asked for
    std::stop_token stop_;
    std::optional<std::stop_callback<Cancel>> cancel_;
    std::optional<etl::pg::Transaction> transaction_;
};

}  // namespace jobs
