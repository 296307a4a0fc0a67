// /metrics of a fleet: figures of every school beside each other.
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <functional>
#include <optional>

#include "jobs/fleet/page.hpp"

namespace jobs::fleet {
namespace {

using Figure = std::function<std::optional<double>(const Row&)>;

prometheus::MetricFamily family(const std::vector<Row>& rows, const std::string& name,
                                const std::string& help, const Figure& figure) {
    prometheus::MetricFamily made{
        "gcmirror_fleet_" + name, help, prometheus::MetricType::Gauge, {}};
    for (const Row& row : rows) {
        const auto value = figure(row);
        if (!value) continue;
        prometheus::ClientMetric metric;
        metric.label = {{"school", row.running.school.name}};
        metric.gauge.value = *value;
        made.metric.push_back(std::move(metric));
    }
    return made;
}

bool was_read(const Row& row) {
    return row.seen.at != etl::Instant{} && row.seen.unreachable.empty();
}

double seconds_between(etl::Instant a, etl::Instant b) {
    return static_cast<double>((b - a).count()) / 1e6;
}

}  // namespace

std::string fleet_metrics(const std::vector<Row>& rows, etl::Instant now) {
    const auto flag = [](bool value) { return std::optional(value ? 1.0 : 0.0); };
    const std::vector<prometheus::MetricFamily> families = {
        family(rows, "school_up", "Its process runs.",
               [&](const Row& row) { return flag(row.running.state == "running"); }),
        family(rows, "school_file_ok", "Its file is in order.",
               [&](const Row& row) { return flag(row.running.school.error.empty()); }),
        family(rows, "school_starts", "Starts of its process since the fleet began.",
               [](const Row& row) { return std::optional<double>(row.running.starts); }),
        family(rows, "school_reachable", "Its database could be read.",
               [&](const Row& row) { return flag(was_read(row)); }),
        family(rows, "school_trusted", "Its numbers can be trusted: 1 green, 0.5 amber, 0 not.",
               [](const Row& row) -> std::optional<double> {
                   const std::string trouble = trouble_of(row);
                   return trouble == "green" ? 1.0 : trouble == "amber" ? 0.5 : 0.0;
               }),
        family(rows, "school_age_seconds", "Age of its oldest table.",
               [&](const Row& row) -> std::optional<double> {
                   if (!row.seen.as_of) return std::nullopt;
                   return seconds_between(*row.seen.as_of, now);
               }),
        family(rows, "school_budget_free", "Requests of the moving window that are free.",
               [](const Row& row) -> std::optional<double> {
                   return was_read(row) ? std::optional<double>(row.seen.free) : std::nullopt;
               }),
        family(rows, "school_hands", "Reasons why it needs a hand.", [](const Row& row) {
            return std::optional(static_cast<double>(hands_of(row).size()));
        })};
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace jobs::fleet
