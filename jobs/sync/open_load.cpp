#include "jobs/sync/open_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "etl/log.hpp"

namespace jobs {
namespace {

using etl::ExportRow;

// The export that was to prove [sync] begin has brought rows.
void check_begin(const std::optional<etl::Day>& begin, const ExportRow& row,
                 RunFindings& findings) {
    if (!begin || row.query.from || row.query.filter != "created_at" ||
        row.query.to != *begin - std::chrono::days{1})
        return;
    findings.warn(fmt::format(
        "{}: {} rows were created before [sync] begin {}; they are in the mirror, but no sync "
        "reads them again: set an earlier day, or none",
        row.query.resource, row.rows, etl::format_day(*begin)));
}

// Nothing of the body is in the tables; the load has kept its reason and its rejects.
void say_refused(const ExportRow& row, const etl::Loaded& loaded, RunFindings& findings) {
    findings.refused.push_back(fmt::format("{}: body of {} rows refused, {}",
                                           etl::describe(row.query), row.rows, loaded.reason));
    etl::log::error("body refused",
                    {{"export", std::to_string(row.id)}, {"reason", loaded.reason}});
}

}  // namespace

std::vector<ExportRow> received(etl::Journal& journal) {
    std::vector<ExportRow> rows = journal.exports({etl::ExportState::received});
    const auto started = [](const ExportRow& row) {
        return std::pair(row.started_at.value_or(row.intended_at), row.id);
    };
    std::sort(rows.begin(), rows.end(),
              [&](const ExportRow& a, const ExportRow& b) { return started(a) < started(b); });
    return rows;
}

// Facts follow in the same transaction, so no statement of it has to mark them as stale: the one
// row that says so would stay locked, and whoever changes report.exclusions or report.settings
// would wait for it (migrations/0126_publishing.sql).
void OpenLoad::begin(etl::pg::Connection& connection) {
    if (transaction) return;
    transaction.emplace(connection);
    connection.execute("SET LOCAL gcmirror.publishing = 'on'");
}

void OpenLoad::load(const LoadPorts& ports, const ExportRow& row) {
    begin(ports.connection);
    etl::Loaded one = etl::load_export(ports.connection, ports.journal, ports.config, ports.zone,
                                       ports.run_id, row, {});
    if (one.red)
        say_refused(row, one, findings);
    else if (row.rows > 0)
        check_begin(ports.config.sync.begin, row, findings);
    findings.amber = findings.amber || one.amber || one.red;
    if (!one.red)
        findings.warnings.insert(findings.warnings.end(), one.warnings.begin(), one.warnings.end());
    loaded.push_back(std::move(one));
}

void OpenLoad::roll_back() {
    transaction.reset();
    loaded.clear();
    findings = {};
}

bool OpenLoad::begins(const std::vector<ExportRow>& rows) const {
    return loaded.size() <= rows.size() &&
           std::equal(loaded.begin(), loaded.end(), rows.begin(),
                      [](const etl::Loaded& one, const ExportRow& row) {
                          return one.export_id == row.id;
                      });
}

}  // namespace jobs
