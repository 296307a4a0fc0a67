#include "jobs/simulator/school.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "jobs/simulator/school_words.hpp"
#include "jobs/simulator/text.hpp"
#include "jobs/simulator/vocabulary.hpp"

namespace simulator {
namespace {

using std::chrono::days;

// Joining follows registration within sixty days, so the last join is among the newest people.
constexpr std::int64_t kLookedAt = 5000;

}  // namespace

std::uint64_t School::random(std::uint64_t kind, std::int64_t index) const {
    return mix(mix(options_.seed * 1000003 + kind) ^ static_cast<std::uint64_t>(index));
}

// A day brings a two-hundredth of the school, at least one; a quiet school stays as it is.
std::int64_t School::grown(std::int64_t count, int day) const {
    return options_.grows ? count + day * std::max<std::int64_t>(1, count / 200) : count;
}
std::int64_t School::users(int day) const { return grown(options_.users, day); }
std::int64_t School::deals(int day) const { return grown(options_.deals, day); }

// A varied school merges a person into another and deletes an order now and then.
bool School::user_is_there(std::int64_t index, int day) const {
    return !options_.varied || index % 97 != 50 || day < 2 + index % 20;
}
bool School::deal_is_there(std::int64_t index, int day) const {
    return !options_.varied || index % 89 != 13 || day < 3 + index % 20;
}

std::string School::user_status(std::int64_t index) const {
    if (index % 5 == 0) return "in_base";
    if (!options_.varied) return "active";
    if (index % 61 == 7) return "banned";
    if (index % 61 == 11) return "deactivated";
    return index % 61 == 17 ? "invited" : "active";
}

std::string School::moment(Day day, std::uint64_t seed) const {
    return fmt::format("{} {:02}:{:02}:{:02}", format_day(day), static_cast<int>(seed % 24),
                       static_cast<int>(seed / 24 % 60), static_cast<int>(seed / 1440 % 60));
}

// Those that existed on day 0 are spread over the years before; later ones register on the day they
// come.
Day School::user_created(std::int64_t index) const {
    if (index >= options_.users)
        return options_.today +
               days{1 + (index - options_.users) / std::max<std::int64_t>(1, options_.users / 200)};
    const std::int64_t span = (options_.today - options_.begin).count() + 1;
    return options_.begin + days{index * span / std::max<std::int64_t>(1, options_.users)};
}

Day School::deal_created(std::int64_t index) const {
    if (index < options_.deals) {
        const std::int64_t span = (options_.today - options_.begin).count() + 1;
        return options_.begin + days{index * span / std::max<std::int64_t>(1, options_.deals)};
    }
    const Day day = options_.today + days{1 + (index - options_.deals) /
                                                  std::max<std::int64_t>(1, options_.deals / 200)};
    return random(kBack, index) % 20 == 0 ? day - days{40 + random(kDealDay, index) % 200}
                                          : day;  // backdated by hand
}

std::int64_t School::user_id(std::int64_t index) const { return 423100101 + index * 7; }
std::string School::user_email(std::int64_t index) const {
    if (options_.varied && index % 29 == 3) return {};  // registered by phone
    const std::string name = "person" + std::to_string(index) + "@example." +
                             (index % 3 == 0   ? "com"
                              : index % 3 == 1 ? "org"
                                               : "net");
    return index % 17 == 0 ? "Person" + std::to_string(index) + "@Example." +
                                 (index % 3 == 0   ? "com "
                                  : index % 3 == 1 ? "org "
                                                   : "net ")
                           : name;
}
std::string School::user_name(std::int64_t index) const {
    const std::string first = pick(kFirst, random(kUser, index)),
                      last = pick(kLast, random(kUser, index) >> 8);
    return last.empty() ? first : first + " " + last;
}

std::vector<std::pair<std::int64_t, Day>> School::user_groups(std::int64_t index, int day) const {
    std::vector<std::pair<std::int64_t, Day>> groups;
    for (std::size_t g = 0; g + 1 < kGroups.size(); ++g) {
        const std::uint64_t r = mix(random(kGroup, index) + g);
        if (r % 4 != 0) continue;
        const Day joined = user_created(index) + days{(r >> 8) % 60};
        const Day left =
            joined + days{30 + (r >> 20) % 900};  // some leave, some later than we look
        if (joined <= today(day) && today(day) < left) groups.emplace_back(kGroups[g].id, joined);
    }
    return groups;
}

std::int64_t School::deal_user(std::int64_t index) const {
    return static_cast<std::int64_t>(
        random(kDeal, index) %
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, options_.users)));
}
std::string School::deal_number(std::int64_t index) const {
    if (index % 50 == 7) return "R-" + std::to_string(index);
    return index % 50 == 9 ? "00" + std::to_string(5000 + index) : std::to_string(5000 + index);
}

std::int64_t School::deal_id(std::int64_t index) const { return 874100201 + index * 3; }

std::optional<std::int64_t> School::deal_with_number(const std::string& number, int day) const {
    std::size_t digits = 0;
    while (digits < number.size() && (number[digits] < '1' || number[digits] > '9')) ++digits;
    const std::int64_t value = leading_number(std::string_view(number).substr(digits));
    for (const std::int64_t index : {value, value - 5000})
        if (index >= 0 && index < deals(day) && deal_number(index) == number) return index;
    return std::nullopt;
}

bool School::has_group(std::int64_t id) const {
    return std::any_of(kGroups.begin(), kGroups.end(),
                       [&](const GroupOf& group) { return group.id == id; });
}

// When somebody was last put into the group, of the people who are in it now.
Day School::last_joined(std::int64_t group, int day) const {
    Day last = options_.begin;
    for (std::int64_t i = users(day); i-- > std::max<std::int64_t>(0, users(day) - kLookedAt);)
        for (const auto& [id, joined] : user_groups(i, day))
            if (id == group) last = std::max(last, joined);
    return last;
}

std::optional<std::int64_t> School::group_id(const std::string& name) const {
    for (const GroupOf& group : kGroups)
        if (name == group.name) return group.id;
    return std::nullopt;
}

// An order's fate is fixed by its seed: when it is paid, in how many parts, whether it is given
// back; the day says how far it has come.
DealState School::deal_state(std::int64_t index, int day) const {
    const std::uint64_t r = random(kDealFate, index);
    DealState state;
    state.status_changed = deal_created(index);
    const bool is_free = r % 10 == 0;
    state.cost = is_free ? 0 : kPrices[random(kDealField, index) % kPrices.size()];
    if (options_.varied && index % 37 == 11) {
        state.currency = index % 2 == 0 ? "USD" : "KZT";
        state.cost = state.currency == "USD" ? state.cost / 80 : state.cost * 5;
    }
    if (is_free)
        state.status = "payed";
    else
        follow_fate(r / 10 % 100, r, index, day, state);
    if (state.paid_day) state.paid_at = moment(*state.paid_day, random(kPay, index));
    if (options_.varied && index % 43 == 7) state.paid_at.reset();  // money without a date
    return state;
}

void School::follow_fate(std::uint64_t fate, std::uint64_t r, std::int64_t index, int day,
                         DealState& state) const {
    const Day created = deal_created(index), now = today(day);
    const auto reached = [&](Day when, const char* status) {
        if (when > now) return false;
        state.status = status;
        state.status_changed = when;
        return true;
    };
    const Day first = created + days{r >> 10 & 7}, later = created + days{20 + (r >> 14 & 127)};
    state.status = "new";
    if (fate < 40) {  // paid at once or within days
        if (reached(first, "payed")) state.paid = state.cost, state.paid_day = first;
    } else if (fate < 48) {  // paid long after its creation
        if (reached(later, "payed")) state.paid = state.cost, state.paid_day = later;
    } else if (fate < 56) {  // in three parts, a month apart
        for (int part = 0; part < 3; ++part)
            if (reached(first + days{30 * part}, part < 2 ? "part_payed" : "payed")) {
                state.paid = part < 2 ? state.cost / 3 * (part + 1) : state.cost;
                if (part == 2) state.paid_day = first + days{60};
            }
    } else if (fate < 61) {  // paid, then given back
        if (reached(first, "payed")) state.paid = state.cost, state.paid_day = first;
        reached(later, "waiting_for_return");
    } else if (fate < 80) {
        reached(first + days{14}, "cancelled");
    } else if (fate < 86) {
        reached(first + days{3}, "false");
    } else if (fate < 93) {
        reached(first, "in_work");
    } else if (options_.varied) {
        reached(first, fate < 95 ? "not_confirmed" : fate < 97 ? "payment_waiting" : "pending");
    }
}

std::vector<PaymentState> School::deal_payments(std::int64_t index, int day) const {
    const DealState state = deal_state(index, day);
    const std::uint64_t r = random(kDealFate, index);
    const std::uint64_t fate = r / 10 % 100;
    std::vector<PaymentState> payments;
    if (r % 10 == 0) return payments;
    const Day first = deal_created(index) + days{r >> 10 & 7};
    const auto add = [&](int part, std::int64_t amount, Day when, const char* status, Day changed) {
        payments.push_back(
            {31200401 + index * 4 + part, index, part != 3, status, amount, when, changed});
    };
    if (fate >= 48 && fate < 56) {
        for (int part = 0; part < 3; ++part) {
            const Day when = first + days{30 * part};
            const std::int64_t amount = part < 2 ? state.cost / 3 : state.cost - state.cost / 3 * 2;
            if (when <= today(day))
                add(part, amount, when, "accepted", when);
            else if (first <= today(day))
                add(part, amount, first, "expected", first);  // the same payment, accepted later
        }
        for (std::size_t part = 1; part < payments.size(); ++part) payments[part].created = first;
    } else if (state.paid > 0 && state.paid_day) {
        const bool from_balance = options_.varied && index % 40 == 3;
        if (from_balance)  // a top-up and its use are two payments, and neither is revenue again
            add(3, state.paid, *state.paid_day, "tobalance", *state.paid_day);
        add(0, state.paid, *state.paid_day, from_balance ? "frombalance" : "accepted",
            *state.paid_day);
        if (state.status == "waiting_for_return")
            add(1, state.paid, state.status_changed,
                from_balance ? "returned_to_balance" : "returned", state.status_changed);
    }
    return payments;
}

}  // namespace simulator
