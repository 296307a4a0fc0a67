// What a run has loaded and not yet published: one open transaction, and what was found in it.
#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "etl/load.hpp"
#include "jobs/sync/run_findings.hpp"

namespace jobs {

struct LoadPorts {
    const etl::Config& config;
    const etl::Zone& zone;
    etl::pg::Connection& connection;
    etl::Journal& journal;  // over another connection: bodies are read while this one copies
    std::int64_t run_id;
    std::stop_token stop;
};

// Received bodies, in the order in which they are loaded: by the start of their exports.
[[nodiscard]] std::vector<etl::ExportRow> received(etl::Journal& journal);

// A statement may take minutes; who asks us to stop does not wait for its end.
struct CancelStatement {
    etl::pg::Connection& connection;
    void operator()() const noexcept { connection.cancel(); }
};

struct OpenLoad {
    std::optional<etl::pg::Transaction> transaction;
    std::vector<etl::Loaded> loaded;
    RunFindings findings;

    void begin(etl::pg::Connection& connection);  // unless it is open
    // Into the transaction; a body that is refused leaves its reason and its rejects.
    void load(const LoadPorts& ports, const etl::ExportRow& row);
    // Nothing of it is left.
    void roll_back();
    // What is loaded are the first of `rows`, in their order: the rest may follow.
    [[nodiscard]] bool begins(const std::vector<etl::ExportRow>& rows) const;
};

}  // namespace jobs
