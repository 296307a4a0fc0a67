#include "jobs/serve/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "etl/journal_pg.hpp"
#include "etl/pacing.hpp"
#include "jobs/serve/health.hpp"
#include "jobs/serve/queries.hpp"

namespace jobs {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
public:
    void begin(const std::string& name, const std::string& help,
               MetricType type = MetricType::Gauge) {
        families_.push_back({"gcmirror_" + name, help, type, {}});
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

double in_seconds(etl::Duration d) { return static_cast<double>(d.count()) / 1e6; }

void add_budget(Families& out, etl::pg::Connection& connection, const etl::Config& config) {
    const etl::Config::Budget& budget = config.budget;
    const auto journal = etl::pg_journal(connection, etl::rules_of(config));
    const etl::SendDecision decision = journal->free_now();
    out.begin("budget_requests", "Requests of the moving window: limit, used, free.");
    out.add(budget.limit, {{"what", "limit"}});
    out.add(decision.used, {{"what", "used"}});
    out.add(decision.free, {{"what", "free"}});
}

void add_health(Families& out, const Facts& facts, const Judgement& judgement) {
    out.begin("table_age_seconds", "Age of a table's newest rows.");
    for (const TableFacts& table : facts.tables)
        if (table.as_of) out.add(in_seconds(facts.now - *table.as_of), {{"table", table.name}});
    out.begin("trust", "1 for the judgement that stands: green, amber or red.");
    for (const Level level : {Level::green, Level::amber, Level::red})
        out.add(judgement.level == level ? 1 : 0, {{"level", std::string(name_of(level))}});
}

}  // namespace

std::string metrics_text(etl::pg::Connection& connection, const etl::Config& config, bool leading,
                         bool syncing, etl::Instant service_now) {
    Families out;
    // Rows counted are gauges, where rollback and replay may lessen them: a counter that falls
    // reads as a restart.
    for (const MetricQuery& query : metric_queries()) {
        out.begin(query.name, query.help, query.counter ? MetricType::Counter : MetricType::Gauge);
        out.add_rows(connection.query(query.sql));
    }
    const Facts facts = read_facts(connection, config, service_now);
    add_health(out, facts, judge(facts, config));
    add_budget(out, connection, config);
    out.begin("leading", "1: this instance leads.");
    out.add(leading ? 1 : 0);
    out.begin("syncing", "1: a sync is under way in this process.");
    out.add(syncing ? 1 : 0);
    return out.text();
}

}  // namespace jobs
