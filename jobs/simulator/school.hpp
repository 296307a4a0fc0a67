// A seeded school: every row is a pure function of seed, number and day, so that a million orders
// cost no memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/simulator/text.hpp"

namespace simulator {

struct SchoolOptions {
    std::int64_t users = 500;
    std::int64_t deals = 800;
    std::uint64_t seed = 1;
    Day begin = Day{std::chrono::year{2024} / 1 / 1};  // first registration
    Day today =
        Day{std::chrono::year{2026} / 1 / 1};  // day 0: what exists has happened before its end
    // All statuses, balance, currencies, people without e-mail, merged people, deleted orders,
    // a renamed and a retyped field; without it the school is the plain one that benches measure.
    bool varied = false;
    bool grows = true;  // new people and orders every day; a quiet school has none
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
    std::optional<Day> paid_day;
    Day status_changed;
    std::string currency = "RUB";
};

struct PaymentState {
    std::int64_t number = 0;
    std::int64_t deal = 0;  // index of the order it came from
    bool of_order = true;   // false: a top-up of the balance, which belongs to no order
    std::string status;     // code
    std::int64_t amount = 0;
    Day created;
    Day status_changed;
};

// The school as of a day: `day` counts from options.today. New users and orders come every day, old
// orders change.
class School {
public:
    explicit School(const SchoolOptions& options) : options_(options) {}

    [[nodiscard]] Day today(int day) const { return options_.today + std::chrono::days{day}; }
    [[nodiscard]] std::int64_t users(int day) const;  // how many there are
    [[nodiscard]] std::int64_t deals(int day) const;

    // Merged into another person, or deleted, before the end of that day: in no export any more.
    [[nodiscard]] bool user_is_there(std::int64_t index, int day) const;
    [[nodiscard]] bool deal_is_there(std::int64_t index, int day) const;
    [[nodiscard]] std::string user_status(std::int64_t index) const;  // code

    [[nodiscard]] static const std::vector<std::string>& user_headings();
    [[nodiscard]] static const std::vector<std::string>& deal_headings();
    [[nodiscard]] static const std::vector<std::string>& payment_headings();

    [[nodiscard]] std::int64_t user_id(std::int64_t index) const;
    [[nodiscard]] std::string user_email(std::int64_t index) const;
    [[nodiscard]] Day user_created(std::int64_t index) const;
    [[nodiscard]] Row user_row(std::int64_t index, int day) const;
    // Groups the user is in on that day, with the day of joining.
    [[nodiscard]] std::vector<std::pair<std::int64_t, Day>> user_groups(std::int64_t index,
                                                                        int day) const;

    [[nodiscard]] std::int64_t deal_id(std::int64_t index) const;
    [[nodiscard]] std::string deal_number(std::int64_t index) const;
    [[nodiscard]] std::optional<std::int64_t> deal_with_number(const std::string& number,
                                                               int day) const;  // index
    [[nodiscard]] std::optional<std::int64_t> group_id(const std::string& name) const;
    [[nodiscard]] Day deal_created(std::int64_t index) const;
    [[nodiscard]] std::int64_t deal_user(std::int64_t index) const;  // index of the buyer
    [[nodiscard]] DealState deal_state(std::int64_t index, int day) const;
    [[nodiscard]] Row deal_row(std::int64_t index, int day) const;

    // Payments of an order on that day, 0 to 3; their received amounts add up to the order's paid
    // amount.
    [[nodiscard]] std::vector<PaymentState> deal_payments(std::int64_t index, int day) const;
    [[nodiscard]] Row payment_row(const PaymentState& payment) const;

    // The heading on that day: a varied school renames a field on its third day.
    [[nodiscard]] std::string title(const std::string& heading, int day) const;
    [[nodiscard]] std::string fields_json(int day) const;  // of /fields: a JSON array
    // Of /groups: a JSON array. `more`: made by imports; `last_added`: when an import put somebody
    // in.
    [[nodiscard]] std::string groups_json(
        int day, const std::map<std::string, std::int64_t>& more,
        const std::map<std::int64_t, std::string>& last_added) const;
    [[nodiscard]] bool has_group(std::int64_t id) const;

private:
    [[nodiscard]] std::uint64_t random(
        std::uint64_t kind, std::int64_t index) const;  // a number of its own per kind and index
    [[nodiscard]] std::string moment(Day day, std::uint64_t seed) const;
    [[nodiscard]] std::string user_name(std::int64_t index) const;
    [[nodiscard]] std::int64_t grown(std::int64_t count, int day) const;
    [[nodiscard]] Day last_joined(std::int64_t group, int day) const;
    void add_money(std::int64_t index, const DealState& state, std::uint64_t f, Row& row) const;
    void add_deal_fields(std::int64_t index, int day, const DealState& state, Row& row) const;
    void follow_fate(std::uint64_t fate, std::uint64_t r, std::int64_t index, int day,
                     DealState& state) const;

    SchoolOptions options_;
};

}  // namespace simulator
