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

Figures measure(double median_seconds, double q, unsigned seed, int reserve) {
    test_support::ManualClock clock;
    Service service(clock, median_seconds, seed);
    Config config;
    config.budget.reserve = reserve;
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

// An account of 100 requests in two hours that others use, too: a neighbour polls twice a second
// until he leaves, and somebody may hold the lock for good.
class SharedAccount final : public Transport {
public:
    SharedAccount(test_support::ManualClock& clock, Instant neighbour_leaves, Duration lock)
        : clock_(clock),
          begin_(clock.now()),
          leaves_(neighbour_leaves),
          polls_at_(begin_ - 10min),
          unlocked_(begin_ + lock) {}
    Response send(const Request& request, BodySink& sink, std::stop_token, Deadline) override {
        Response response;
        response.sent = true;
        response.status = 200;
        sink.begin(response);
        ++requests;
        const Instant now = clock_.now();
        let_neighbour_poll(now);
        clock_.advance(300ms);
        if (!taken(now)) {
            refused.push_back(now);
            (void)sink.write(R"({"success":false,"error_code":903,"error":true})");
            return response;
        }
        if (request.path.find("/exports/") != std::string::npos) {
            (void)sink.write(R"({"success":true,"info":{"fields":["id"],"items":[["1"]]}})");
        } else if (now < unlocked_) {
            refused.push_back(now);
            (void)sink.write(R"({"success":false,"error_code":905,"error":true})");
        } else {
            (void)sink.write("{\"success\":true,\"info\":{\"export_id\":" + std::to_string(++id_) +
                             "}}");
        }
        if (!had_room && now >= std::max(leaves_, unlocked_)) had_room = now;
        return response;
    }
    // When the account had room again after the neighbour had left.
    [[nodiscard]] Instant room_at() const {
        return std::max(unlocked_, room_at_.value_or(std::max(begin_, leaves_)));
    }
    int requests = 0;
    std::vector<Instant> refused;
    std::optional<Instant> had_room;  // when one of ours was taken first since he left

private:
    void forget(Instant now) {
        while (!spent_.empty() && spent_.front() + 2h <= now) spent_.pop_front();
    }
    bool taken(Instant now) {
        forget(now);
        if (spent_.size() >= 100) return false;
        spent_.push_back(now);
        return true;
    }
    void let_neighbour_poll(Instant now) {
        for (; polls_at_ < std::min(now, leaves_); polls_at_ += 500ms) (void)taken(polls_at_);
        forget(now);
        if (now < leaves_ || room_at_) return;
        room_at_ = spent_.size() < 100 ? leaves_ : std::max(leaves_, spent_.front() + 2h);
    }
    test_support::ManualClock& clock_;
    Instant begin_, leaves_, polls_at_;
    Instant unlocked_;
    std::deque<Instant> spent_;
    std::optional<Instant> room_at_;
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

struct Night {
    const char* name;
    Duration neighbour;   // polls from ten minutes before our night until this long after
    Duration lock{0};     // somebody builds an export for so long
    Duration restart{0};  // every so often the process is another one
    bool doctor = false;  // and a doctor looks in
};

// A night of 8 exports beside a neighbour.
void beside(const Night& night) {
    test_support::ManualClock clock;
    const Instant begin = clock.now(), leaves = begin + night.neighbour;
    SharedAccount account(clock, leaves, night.lock);
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
    while (done < 8 && clock.now() < begin + 24h) {
        ExportRunner runner(account, *journal, clock, config, {});
        const bool restarts = night.restart > Duration{0};
        const Instant end = restarts ? clock.now() + night.restart : begin + 24h;
        try {
            for (; done < 8; ++done) (void)runner.run(1, query, 0.72, end, {});
        } catch (const Error&) {  // postponed: the next process goes on
            if (!restarts && night.lock > 12h) break;
            clock.advance(restarts ? night.restart : Duration{10min});
        }
        const bool looks_in = night.doctor && ++processes % 12 == 0;  // once an hour
        if (!looks_in || done == 8 || journal->free_now().over_for.count() > 0) continue;
        ExportQuery fields;  // as doctor asks: not while a 903 stands
        fields.resource = "fields";
        try {
            (void)runner.list(1, fields, clock.now() + 5s, {});
        } catch (const Error&) {
        }
    }
    const auto minutes = [](Duration d) { return static_cast<double>(d.count()) / 60e6; };
    std::printf("%-42s %8d %7zu %9d %7d", night.name, account.requests, account.refused.size(),
                most_in_window(account.refused), done);
    if (account.had_room)
        std::printf(" %9.1f %11.1f\n", minutes(*account.had_room - account.room_at()),
                    minutes(clock.now() - account.room_at()));
    else
        std::printf(" %9s %11s\n", "-", "-");
}

}  // namespace

int main() {
    log::set_level(log::Level::error);
    const int reserved = Config().budget.reserve, limit = Config().budget.limit;
    std::printf(
        "beside a neighbour                         requests refused  most/2 h exports lost, min "
        "all done, min\n");
    for (const Night& night :
         {Night{"nobody", -10min}, Night{"polls twice a second for 10 minutes", Duration{0}},
          Night{"for 10 minutes into our night", 10min}, Night{"for 3 hours", 3h},
          Night{"for 3 hours, restarts and doctor", 3h, 0s, 5min, true},
          Night{"903 from the first call for 9 h, the same", 9h, 0s, 5min, true},
          Night{"builds an export for 30 minutes", -10min, 30min},
          Night{"holds the lock for good", -10min, 100h},
          Night{"the same, restarts and doctor", -10min, 100h, 5min, true}})
        beside(night);
    std::printf("\n");
    std::printf(
        "median build  reserve  q     exports per 2 h  requests per export  requests of the first "
        "export\n");
    for (const auto& [minutes, reserve] : {std::pair{1.0, reserved},
                                           {3.0, reserved},
                                           {10.0, reserved},
                                           {1.0, 0},
                                           {3.0, 0},
                                           {10.0, 0}}) {
        const int wanted = minutes < 2   ? 48
                           : minutes < 5 ? 33
                                         : 11;  // exports a plan would want to place in a window
        const double q = choose_poll_quantile(wanted, 0, limit - reserve,
                                              Duration{static_cast<std::int64_t>(minutes * 60e6)});
        Figures mean;
        constexpr int kSeeds = 5;
        for (unsigned seed = 1; seed <= kSeeds; ++seed) {
            const Figures one = measure(minutes * 60, q, seed, reserve);
            mean.first_requests = std::max(mean.first_requests, one.first_requests);
            mean.exports_per_window += one.exports_per_window / kSeeds;
            mean.requests_per_export += one.requests_per_export / kSeeds;
        }
        std::printf("%6.0f min    %7d  %.2f  %15.1f  %19.2f  %28.0f\n", minutes, reserve, q,
                    mean.exports_per_window, mean.requests_per_export, mean.first_requests);
    }
    return 0;
}
