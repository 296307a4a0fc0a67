#include "jobs/serve/queries.hpp"

#include "embedded_serve.hpp"
#include "etl/embedded.hpp"
#include "jobs/output/places.hpp"

namespace jobs {
namespace {

constexpr std::string_view kMetric = "metric_", kSuffix = ".sql";

std::string head(std::string_view text, std::string_view key) {
    const std::string mark = "-- " + std::string(key) + ": ";
    const std::size_t begin = text.find(mark);
    if (begin == std::string_view::npos) return "";
    const std::size_t from = begin + mark.size();
    return std::string(text.substr(from, text.find('\n', from) - from));
}

}  // namespace

std::string_view serve_query(std::string_view name) {
    return etl::embedded_text(embedded::embedded_serve(), std::string(name) + std::string(kSuffix));
}

std::string nights_query(int days) {
    return filled_places(serve_query("nights"),
                         [&](std::string_view) { return std::to_string(days); });
}

const std::vector<MetricQuery>& metric_queries() {
    static const std::vector<MetricQuery> all = [] {
        std::vector<MetricQuery> found;
        for (const embedded::File& file : embedded::embedded_serve()) {
            if (file.name.substr(0, kMetric.size()) != kMetric) continue;
            const std::string_view name = file.name.substr(
                kMetric.size(), file.name.size() - kMetric.size() - kSuffix.size());
            found.push_back({std::string(name), head(file.text, "help"),
                             head(file.text, "type") == "counter", file.text});
        }
        return found;
    }();
    return all;
}

}  // namespace jobs
