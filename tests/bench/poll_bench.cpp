// Exports per 2-hour window and requests per export, for log-normal build times: the runner's own
// pacing over a simulated service and clock, at full budget. Prints the table of
// tests/bench/README.md; nothing is timed, every run gives the same figures.
#include <cmath>
#include <cstdio>
#include <deque>
#include <random>

#include "etl/error.hpp"
#include "etl/export_runner.hpp"
#include "etl/log.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_journal.hpp"

using namespace etl;
using namespace std::chrono_literals;

namespace {

// A service that builds each export in a log-normal time and answers small tables.
class Service final : public Transport {
public:
    Service(test_support::ManualClock& clock, double median_seconds, unsigned seed)
        : clock_(clock), build_(std::log(median_seconds), 0.3), random_(seed) {}
    Response send(const Request& request, BodySink& sink, std::stop_token, Deadline) override {
        Response response;
        response.sent = true;
        response.status = 200;
        sink.begin(response);
        ++requests;
        if (request.path.find("/exports/") == std::string::npos) {
            ready_ = clock_.now() + Duration{static_cast<std::int64_t>(build_(random_) * 1e6)};
            (void)sink.write("{\"success\":true,\"info\":{\"export_id\":" + std::to_string(++id_) +
                             "}}");
        } else if (clock_.now() < ready_) {
            (void)sink.write(
                R"({"success":false,"error_code":909,"error_message":"","error":true})");
        } else {
            (void)sink.write(R"({"success":true,"info":{"fields":["id"],"items":[["1"]]}})");
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
    const auto journal = test_support::memory_journal(
        {config.budget.limit, config.budget.window, config.budget.reserve}, [&] {
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
                           static_cast<double>(Duration(2h).count());
    figures.exports_per_window = exports / windows;
    figures.requests_per_export = static_cast<double>(service.requests - before) / exports;
    return figures;
}

}  // namespace

namespace {

// An account of 100 requests in two hours that others use, too: a neighbour takes every request
// that becomes free until he leaves, and may hold the lock for good.
class SharedAccount final : public Transport {
public:
    SharedAccount(test_support::ManualClock& clock, Instant neighbour_leaves, bool locked)
        : clock_(clock), leaves_(neighbour_leaves), locked_(locked) {
        if (leaves_ > clock_.now()) spent_.assign(100, clock_.now());
    }
    Response send(const Request& request, BodySink& sink, std::stop_token, Deadline) override {
        Response response;
        response.sent = true;
        response.status = 200;
        sink.begin(response);
        ++requests;
        const Instant now = clock_.now();
        while (!spent_.empty() && spent_.front() + 2h <= now) {
            const Instant free = spent_.front() + 2h;
            spent_.pop_front();
            if (free < leaves_) spent_.push_back(free);
        }
        clock_.advance(300ms);
        if (spent_.size() >= 100) {
            refused.push_back(now);
            (void)sink.write(R"({"success":false,"error_code":903,"error":true})");
            return response;
        }
        spent_.push_back(now);
        if (request.path.find("/exports/") != std::string::npos) {
            (void)sink.write(R"({"success":true,"info":{"fields":["id"],"items":[["1"]]}})");
        } else if (locked_) {
            refused.push_back(now);
            (void)sink.write(R"({"success":false,"error_code":905,"error":true})");
        } else {
            (void)sink.write("{\"success\":true,\"info\":{\"export_id\":" + std::to_string(++id_) +
                             "}}");
        }
        return response;
    }
    int requests = 0;
    std::vector<Instant> refused;

private:
    test_support::ManualClock& clock_;
    Instant leaves_;
    bool locked_;
    std::deque<Instant> spent_;
    int id_ = 60000000;
};

int most_in_window(const std::vector<Instant>& times) {
    int most = 0;
    for (const Instant& end : times)
        most = std::max(most,
                        static_cast<int>(std::count_if(times.begin(), times.end(), [&](Instant t) {
                            return t <= end && t > end - 2h;
                        })));
    return most;
}

// A night of 8 exports beside a neighbour; every `restart` the process is another one, and a
// doctor looks in.
void beside(const char* name, Duration neighbour, bool locked, Duration restart) {
    test_support::ManualClock clock;
    const Instant begin = clock.now(), leaves = begin + neighbour;
    SharedAccount account(clock, leaves, locked);
    Config config;
    config.key = Secret("bench-key");
    const auto journal = test_support::memory_journal(rules_of(config), [&] {
        return Moment{clock.now(), "", {}};
    });
    ExportQuery query;
    query.resource = "deals";
    query.filter = "created_at";
    query.from = query.to = parse_day("2026-01-01");
    int done = 0, processes = 0;
    while (done < 8 && processes < 400 && clock.now() < begin + 24h) {
        ++processes;
        ExportRunner runner(account, *journal, clock, config, {});
        const Instant end = restart > Duration{0} ? clock.now() + restart : begin + 24h;
        try {
            for (; done < 8; ++done) (void)runner.run(1, query, 0.72, end, {});
        } catch (const Error&) {  // postponed: the next process goes on
            if (restart > Duration{0}) clock.advance(restart);
            if (locked) break;
        }
        ExportQuery fields;
        fields.resource = "fields";
        try {
            if (journal->free_now().over_for.count() == 0 && done < 8)
                (void)runner.list(1, fields, clock.now() + 5s, {});
        } catch (const Error&) {
        }
    }
    const auto minutes = [](Duration d) { return static_cast<double>(d.count()) / 60e6; };
    std::printf("%-34s %8d %8zu %14d %12d %16.1f\n", name, account.requests, account.refused.size(),
                most_in_window(account.refused), done,
                minutes(clock.now() - std::max(leaves, begin)));
}

}  // namespace

int main() {
    log::set_level(log::Level::error);
    std::printf(
        "beside a neighbour                 requests  refused  most refused/2h  exports done  "
        "minutes after he left\n");
    beside("nobody", 0s, false, 0s);
    beside("polls for 10 minutes", 10min, false, 0s);
    beside("polls for 3 hours", 3h, false, 0s);
    beside("polls for 3 hours, we restart", 3h, false, 5min);
    beside("polls for 9 hours", 9h, false, 0s);
    beside("holds the lock for good", 0s, true, 0s);
    std::printf("\n");
    std::printf(
        "median build  q     exports per 2 h  requests per export  requests of the first export\n");
    for (const double minutes : {1.0, 3.0, 10.0}) {
        const int wanted = minutes < 2   ? 48
                           : minutes < 5 ? 33
                                         : 11;  // exports a plan would want to place in a window
        const double q = choose_poll_quantile(wanted, 0, 100,
                                              Duration{static_cast<std::int64_t>(minutes * 60e6)});
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
