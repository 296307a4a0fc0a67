#include "jobs/serve/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "etl/journal_pg.hpp"
#include "etl/pacing.hpp"
#include "jobs/serve/health.hpp"

namespace jobs {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
public:
    void begin(const char* name, const char* help, MetricType type) {
        families_.push_back({std::string("gcmirror_") + name, help, type, {}});
    }
    void add(double value, Labels labels = {}) {
        ClientMetric metric;
        metric.label = std::move(labels);
        if (families_.back().type == MetricType::Counter)
            metric.counter.value = value;
        else
            metric.gauge.value = value;
        families_.back().metric.push_back(std::move(metric));
    }
    // Rows of labels with the figure in the last column.
    void add_rows(const etl::pg::Result& found) {
        for (std::size_t r = 0; r < found.rows(); ++r) {
            Labels labels;
            for (std::size_t c = 0; c + 1 < found.columns().size(); ++c)
                labels.push_back({found.columns()[c], found.text(r, c)});
            add(std::stod(found.at(r, found.columns().size() - 1).value_or("0")),
                std::move(labels));
        }
    }
    [[nodiscard]] std::string text() const {
        return prometheus::TextSerializer().Serialize(families_);
    }

private:
    std::vector<MetricFamily> families_;
};

double seconds(etl::Micros d) { return static_cast<double>(d.count()) / 1e6; }

}  // namespace

std::string metrics_text(etl::pg::Connection& connection, const etl::Config& config, bool leading,
                         bool syncing, etl::Instant service_now) {
    const Facts facts = read_facts(connection, config, service_now);
    const Judgement judgement = judge(facts, config);
    Families out;
    // Gauges, where rollback and replay may lessen the rows counted: a counter that falls reads as
    // a restart.
    out.begin("runs", "Runs that have ended, by job and state.", MetricType::Gauge);
    out.add_rows(
        connection.query("SELECT job, state, count(*) AS n FROM journal.run WHERE state <> "
                         "'running' GROUP BY 1, 2 ORDER BY 1, 2"));
    out.begin("requests_total", "Answered requests of the ledger, by kind and answer.",
              MetricType::Counter);
    out.add_rows(
        connection.query("SELECT kind, answer, count(*) AS n FROM journal.request WHERE answer <> "
                         "'' GROUP BY 1, 2 ORDER BY 1, 2"));
    out.begin("received_bytes_total", "Compressed bytes of kept and answered bodies.",
              MetricType::Counter);
    out.add_rows(connection.query("SELECT coalesce(sum(bytes), 0) FROM journal.request"));
    out.begin("rows", "Rows of loaded bodies, by table and what became of them.",
              MetricType::Gauge);
    out.add_rows(
        connection.query("SELECT c.table_name AS \"table\", k.result, sum(k.n) FROM "
                         "journal.certificate c CROSS JOIN LATERAL (VALUES ('inserted', "
                         "c.inserted), ('changed', c.changed), ('unchanged', c.unchanged), "
                         "('duplicate', c.duplicate), ('set_aside', c.set_aside), ('older', "
                         "c.older)) k (result, n) GROUP BY 1, 2 ORDER BY 1, 2"));
    out.begin("rejects", "Cells and rows that could not be read, by table.", MetricType::Gauge);
    out.add_rows(
        connection.query("SELECT table_name AS \"table\", sum(rejects) FROM journal.certificate "
                         "GROUP BY 1 ORDER BY 1"));
    out.begin("expected_runs", "Runs that the schedule asked for, by what became of them.",
              MetricType::Gauge);
    out.add_rows(
        connection.query("SELECT state, count(*) FROM journal.expected_run GROUP BY 1 ORDER BY 1"));
    out.begin("table_age_seconds", "Age of a table's newest rows.", MetricType::Gauge);
    for (const TableFacts& table : facts.tables)
        if (table.as_of) out.add(seconds(facts.now - *table.as_of), {{"table", table.name}});
    out.begin("last_success_timestamp_seconds",
              "When a sync last published everything it meant to.", MetricType::Gauge);
    const auto success = connection.query(
        "SELECT extract(epoch FROM max(finished_at)) FROM journal.run WHERE job = 'sync' AND state "
        "IN ('done', 'amber')");
    if (success.at(0, 0)) out.add(std::stod(success.text(0, 0)));
    const auto journal = etl::pg_journal(
        connection, {config.budget.limit, config.budget.window, config.budget.reserve});
    const etl::BootTime boot = etl::boot_time();
    const etl::SendDecision decision =
        etl::may_send(journal->ledger(), {journal->now(), boot.boot_id, boot.since_boot},
                      config.budget.limit, config.budget.window, config.budget.reserve);
    out.begin("budget_requests", "Requests of the moving window: limit, used, free.",
              MetricType::Gauge);
    out.add(config.budget.limit, {{"what", "limit"}});
    out.add(decision.used, {{"what", "used"}});
    out.add(decision.free, {{"what", "free"}});
    out.begin("changes", "Write-back: changes by state.", MetricType::Gauge);
    out.add_rows(
        connection.query("SELECT state, count(*) FROM outbox.change GROUP BY 1 ORDER BY 1"));
    out.begin("alerts", "Alerts: open and all ever raised.", MetricType::Gauge);
    out.add_rows(
        connection.query("SELECT k.what, k.n FROM (SELECT count(*) FILTER (WHERE recovered_at IS "
                         "NULL AND level <> 'event') AS o, count(*) AS a FROM journal.alert) x "
                         "CROSS JOIN LATERAL (VALUES ('open', x.o), ('raised', x.a)) k (what, n)"));
    out.begin("trust", "1 for the judgement that stands: green, amber or red.", MetricType::Gauge);
    for (const Level level : {Level::green, Level::amber, Level::red})
        out.add(judgement.level == level ? 1 : 0, {{"level", std::string(name_of(level))}});
    out.begin("leading", "1: this instance leads.", MetricType::Gauge);
    out.add(leading ? 1 : 0);
    out.begin("syncing", "1: a sync is under way in this process.", MetricType::Gauge);
    out.add(syncing ? 1 : 0);
    return out.text();
}

}  // namespace jobs
