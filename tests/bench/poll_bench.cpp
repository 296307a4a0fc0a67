// Exports per 2-hour window and requests per export, for log-normal build times: the runner's own
// pacing over a simulated service and clock, at full budget. Prints the table of
// tests/bench/README.md; nothing is timed, every run gives the same figures.
#include <cmath>
#include <cstdio>
#include <random>

#include "etl/export_runner.hpp"
#include "etl/log.hpp"
#include "tests/support/manual_clock.hpp"

using namespace etl;
using namespace std::chrono_literals;

namespace {

// A service that builds each export in a log-normal time and answers small tables.
class Service final : public Transport {
public:
    Service(test_support::ManualClock& clock, double median_seconds, unsigned seed)
        : clock_(clock), build_(std::log(median_seconds), 0.3), random_(seed) {}
    Response send(const Request& request, BodySink& sink) override {
        Response response;
        response.sent = true;
        response.status = 200;
        sink.begin(response);
        ++requests;
        if (request.path.find("/exports/") == std::string::npos) {
            ready_ = clock_.now() + Micros{static_cast<std::int64_t>(build_(random_) * 1e6)};
            sink.write("{\"success\":true,\"info\":{\"export_id\":" + std::to_string(++id_) + "}}");
        } else if (clock_.now() < ready_) {
            sink.write(R"({"success":false,"error_code":909,"error_message":"","error":true})");
        } else {
            sink.write(R"({"success":true,"info":{"fields":["id"],"items":[["1"]]}})");
        }
        clock_.advance(300ms);
        return response;
    }
    int requests = 0;

private:
    test_support::ManualClock& clock_;
    std::lognormal_distribution<double> build_;
    std::mt19937_64 random_;
    Instant ready_{};
    int id_ = 60000000;
};

struct Figures {
    double first_requests = 0;  // of the very first export, nothing learned
    double exports_per_window = 0;
    double requests_per_export = 0;
};

Figures measure(double median_seconds, double q, unsigned seed) {
    test_support::ManualClock clock;
    Service service(clock, median_seconds, seed);
    Config config;
    config.budget.reserve = 0;
    config.pacing.export_deadline = 3h;
    config.key = Secret("bench-key");
    const auto journal =
        memory_journal({config.budget.limit, config.budget.window, config.budget.reserve}, [&] {
            return Moment{clock.now(), "", {}};
        });
    ExportRunner runner(service, *journal, clock, config, {});
    ExportQuery query;
    query.resource = "deals";
    query.filter = "created_at";
    query.from = query.to = parse_day("2026-01-01");
    const Instant end = clock.now() + 1000h;
    Figures figures;
    for (int i = 0; i < 20; ++i) {  // learning, not counted
        const int before = service.requests;
        (void)runner.run(1, query, q, end, {});
        if (i == 0) figures.first_requests = service.requests - before;
    }
    const Instant begin = clock.now();
    const int before = service.requests;
    int exports = 0;
    while (clock.now() < begin + 20h) {
        (void)runner.run(1, query, q, end, {});
        ++exports;
    }
    const double windows = static_cast<double>((clock.now() - begin).count()) /
                           static_cast<double>(Micros(2h).count());
    figures.exports_per_window = exports / windows;
    figures.requests_per_export = static_cast<double>(service.requests - before) / exports;
    return figures;
}

}  // namespace

int main() {
    log::set_level(log::Level::error);
    std::printf(
        "median build  q     exports per 2 h  requests per export  requests of the first export\n");
    for (const double minutes : {1.0, 3.0, 10.0}) {
        const int wanted = minutes < 2   ? 48
                           : minutes < 5 ? 33
                                         : 11;  // exports a plan would want to place in a window
        const double q = choose_q(wanted, 0, 100);
        Figures mean;
        constexpr int kSeeds = 5;
        for (unsigned seed = 1; seed <= kSeeds; ++seed) {
            const Figures one = measure(minutes * 60, q, seed);
            mean.first_requests = std::max(mean.first_requests, one.first_requests);
            mean.exports_per_window += one.exports_per_window / kSeeds;
            mean.requests_per_export += one.requests_per_export / kSeeds;
        }
        std::printf("%6.0f min    %.2f  %15.1f  %19.2f  %28.0f\n", minutes, q,
                    mean.exports_per_window, mean.requests_per_export, mean.first_requests);
    }
    return 0;
}
