// Asks the service all that a run has to ask, and keeps what came: nothing here touches a table.
#pragma once

#include <deque>
#include <functional>
#include <stop_token>

#include "etl/export_runner.hpp"
#include "jobs/sync/plan_inputs.hpp"
#include "jobs/sync/run_findings.hpp"

namespace jobs {

struct ExtractionPorts {
    const etl::Config& config;
    const etl::Zone& zone;
    DayOf day_of;
    etl::ExportRunner& runner;
    etl::Journal& journal;
    etl::pg::Connection& connection;  // for reading
    std::int64_t run_id;
    etl::Instant until;  // nothing new is asked later
    std::stop_token stop;
    // Told of each body of a question once nothing here writes its row any more; may be empty.
    std::function<void(const etl::ExportRow&)> received;
};

class Extraction {
public:
    Extraction(ExtractionPorts ports, RunFindings& findings)
        : ports_(std::move(ports)), findings_(findings) {}

    // First the exports that an earlier run left open, then this run's questions; `planned` gets
    // the plan before its first request. What concerns one export ends that export and is found in
    // the findings; Error{refused} is about the account.
    void run(const QueryOptions& options, const std::function<void(const Plan&)>& planned);

private:
    void leftovers();
    void collect_old(const etl::ExportRow& row);
    void drop_if_read_since(const etl::ExportRow& row, bool last_chance);
    void send_all(std::deque<PlannedQuery> queue, double poll_quantile);
    [[nodiscard]] etl::ExportOutcome send(const PlannedQuery& planned, double poll_quantile);
    // What is asked in place of a question whose answer was no answer: halves, or another window.
    [[nodiscard]] std::vector<PlannedQuery> instead(const PlannedQuery& planned,
                                                    const etl::ExportOutcome& outcome);
    [[nodiscard]] std::vector<PlannedQuery> varied(const PlannedQuery& planned,
                                                   const etl::ExportRow& row);
    [[nodiscard]] std::vector<PlannedQuery> not_received(std::vector<PlannedQuery> planned);
    void note(const etl::ExportRow& row);
    void require_same_school(const etl::ExportRow& list);
    [[nodiscard]] etl::Instant patience() const;  // until when a wait may last

    ExtractionPorts ports_;
    RunFindings& findings_;
    std::vector<etl::ExportRow> old_;  // left open long ago: polled once, dropped when read since
    etl::Instant answered_{};          // when the service last gave us something
    int halved_ = 0;
};

}  // namespace jobs
