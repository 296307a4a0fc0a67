// GetCourse in miniature behind HTTPS: follows getcourse-api.md, not our client, and shares no code
// with it. For tests, benches, a first look, and other people's clients.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "jobs/simulator/school.hpp"
#include "jobs/simulator/weather.hpp"

namespace simulator {

struct SimulatorOptions {
    SchoolOptions school;
    int port = 0;                    // 0: a free one; always on 127.0.0.1
    std::filesystem::path dir;       // certificates
    std::vector<std::string> hosts;  // further names the server answers to and is certified for
    std::string key = "simulator-read-key";
    std::string write_key = "simulator-write-key";
    std::string time_zone = "Europe/Moscow";
    Duration build_median = std::chrono::milliseconds{300};
    double build_sigma = 0.3;  // of the log-normal build time
    int limit = 100;
    Duration window = std::chrono::hours{2};
    bool gzip = true;
    std::int64_t first_export_id = 0;  // 0: as the school says
    Weather weather;
    std::filesystem::path log_file;  // one JSON line a request; empty: none
};

// Shares of imports, each from 0 to 1, that go wrong so.
struct ImportFaults {
    double lost_before = 0,
           lost_after = 0;     // the connection ends without an answer, before or after the effect
    double empty = 0;          // 200 without a body, nothing written
    double inner = 0;          // outer success, inner failure, nothing written
    double allowance = 0;      // what would make something new is told that the allowance is spent
    double dropped_field = 0;  // custom fields vanish without a word, as misspelt ones do
    double redirect = 0;       // 301 to another host, nothing written
};

class Simulator {
public:
    explicit Simulator(const SimulatorOptions& options);
    ~Simulator();
    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    void start();
    void stop();
    [[nodiscard]] std::string url() const;  // https://localhost:PORT
    [[nodiscard]] std::filesystem::path ca_file() const;

    void advance_day();  // new people and orders, old ones change
    [[nodiscard]] int day() const;
    [[nodiscard]] bool building() const;  // an export is not ready yet
    // That count against the limit, refused ones among them.
    [[nodiscard]] std::int64_t requests() const;
    [[nodiscard]] std::int64_t keys_in_addresses() const;  // requests whose address held one
    // The most that were ever accepted in one moving window.
    [[nodiscard]] int most_in_window() const;
    // "GET /pl/api/account/deals 200 Started", without keys.
    [[nodiscard]] std::vector<std::string> log() const;

    // Faults, for tests.
    void set_weather(const Weather& weather);
    void hold_lock(bool held);     // somebody else's export is being built
    void spend(int requests);      // somebody else's requests
    void lose_answers(int count);  // effect happens, the connection is closed without an answer
    void cut_answers(int count);   // half of the body
    void omit_groups(bool omit);   // idgrouplist is ignored, as in some accounts
    void repeat_ids(bool repeat);  // same parameters, same day: the same export again (3.2)
    void set_import_faults(const ImportFaults& faults);
    void set_imports(bool in_tariff, int allowance);  // what the tariff lets through
    void set_edits_need_cost(bool need);  // some accounts refuse an edit without the cost (8.3)
    [[nodiscard]] std::int64_t imported_users() const;     // people made by imports
    [[nodiscard]] std::int64_t imported_deals() const;     // orders made by imports
    [[nodiscard]] std::int64_t imported_payments() const;  // payments made by imports
    // Made by imports; more than 1: an order was created twice.
    [[nodiscard]] int most_orders_of_one_number() const;
    [[nodiscard]] int most_payments_of_one_order() const;
    // People whose groups an import has replaced.
    [[nodiscard]] std::int64_t lost_memberships() const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace simulator
