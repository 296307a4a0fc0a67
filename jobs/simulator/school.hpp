// A seeded school: every row is a pure function of seed, number and day, so that a million orders
// cost no memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "etl/clock.hpp"

namespace simulator {

struct SchoolOptions {
    std::int64_t users = 500;
    std::int64_t deals = 800;
    std::uint64_t seed = 1;
    etl::Day begin = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};  // first registration
    etl::Day today = std::chrono::sys_days{std::chrono::year{2026} / 1 /
                                           1};  // day 0: what exists has happened before its end
};

// A cell as it goes into JSON: text, or a list of texts.
struct Value {
    std::string text;
    std::vector<std::string> list;
    bool is_list = false;
};
using Row = std::vector<Value>;

// Status and money of an order at some day; everything that changes from day to day stands here.
struct DealState {
    std::string status;     // code
    std::int64_t cost = 0;  // hundredths
    std::int64_t paid = 0;
    std::optional<std::string> paid_at;  // "2026-02-01 10:11:40"
    std::optional<etl::Day> paid_day;
    etl::Day status_changed;
};

struct PaymentState {
    std::int64_t number = 0;
    std::int64_t deal = 0;  // index of the order
    std::string status;     // code
    std::int64_t amount = 0;
    etl::Day created;
    etl::Day status_changed;
};

// The school as of a day: `day` counts from options.today. New users and orders come every day, old
// orders change.
class School {
public:
    explicit School(const SchoolOptions& options) : options_(options) {}

    [[nodiscard]] etl::Day today(int day) const { return options_.today + std::chrono::days{day}; }
    [[nodiscard]] std::int64_t users(int day) const;  // how many there are
    [[nodiscard]] std::int64_t deals(int day) const;

    [[nodiscard]] static const std::vector<std::string>& user_headings();
    [[nodiscard]] static const std::vector<std::string>& deal_headings();
    [[nodiscard]] static const std::vector<std::string>& payment_headings();

    [[nodiscard]] std::int64_t user_id(std::int64_t index) const;
    [[nodiscard]] std::string user_email(std::int64_t index) const;
    [[nodiscard]] etl::Day user_created(std::int64_t index) const;
    [[nodiscard]] Row user_row(std::int64_t index, int day) const;
    // Groups the user is in on that day, with the day of joining.
    [[nodiscard]] std::vector<std::pair<std::int64_t, etl::Day>> user_groups(std::int64_t index,
                                                                             int day) const;

    [[nodiscard]] std::int64_t deal_id(std::int64_t index) const;
    [[nodiscard]] std::string deal_number(std::int64_t index) const;
    [[nodiscard]] std::optional<std::int64_t> deal_with_number(const std::string& number,
                                                               int day) const;  // index
    [[nodiscard]] std::optional<std::int64_t> group_id(const std::string& name) const;
    [[nodiscard]] etl::Day deal_created(std::int64_t index) const;
    [[nodiscard]] std::int64_t deal_user(std::int64_t index) const;  // index of the buyer
    [[nodiscard]] DealState deal_state(std::int64_t index, int day) const;
    [[nodiscard]] Row deal_row(std::int64_t index, int day) const;

    // Payments of an order on that day, 0 to 3; their received amounts add up to the order's paid
    // amount.
    [[nodiscard]] std::vector<PaymentState> deal_payments(std::int64_t index, int day) const;
    [[nodiscard]] Row payment_row(const PaymentState& payment) const;

    [[nodiscard]] std::string fields_json() const;  // of /fields: a JSON array
    [[nodiscard]] std::string groups_json(int day, const std::map<std::string, std::int64_t>& more,
                                          const std::map<std::int64_t, std::string>& last_added =
                                              {}) const;  // of /groups; `more`: made by imports

private:
    [[nodiscard]] std::uint64_t random(
        std::uint64_t kind, std::int64_t index) const;  // a number of its own per kind and index
    [[nodiscard]] std::string moment(etl::Day day, std::uint64_t seed) const;
    [[nodiscard]] std::string user_name(std::int64_t index) const;

    SchoolOptions options_;
};

[[nodiscard]] std::string label_of(const std::string& table,
                                   const std::string& code);  // «Завершен»

}  // namespace simulator
