// What imports have written into the simulated school: edits of generated rows, new people and
// orders, groups. getcourse-api.md 8.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/simulator/school.hpp"

namespace simulator {

using Edits = std::map<std::string, std::string>;  // heading -> text

struct ImportedUser {
    std::int64_t id = 0;
    std::int64_t index = -1;  // of a generated user; -1: made by an import
    Day created;
    std::string created_at;  // "2026-11-25 19:03:11"
    Edits edits;
    std::map<std::int64_t, Day> groups;  // joined by import
    bool groups_replaced = false;        // action update: only `groups` count
};

struct ImportedDeal {
    std::int64_t id = 0;
    std::int64_t index = -1;
    std::string number;
    std::int64_t user_id = 0;
    Day created, status_changed;
    std::string created_at;  // as the import gave it, else the moment of the import
    std::optional<Day> paid_day, finished_day;
    std::string paid_at;
    std::string status = "new";       // code
    std::int64_t cost = 0, paid = 0;  // hundredths
    std::string currency = "RUB";     // the default (8.3)
    std::string payment_type;
    Edits edits;
};

struct ImportedPayment {
    std::int64_t number = 0;
    std::int64_t deal_id = 0;
    std::int64_t user_id = 0;
    std::string deal_number, type, title;
    std::int64_t amount = 0;
    Day created;
    std::string created_at;
};

struct ImportAnswer {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::string means;
};

// Options that an account has: what its tariff and allowance let through.
struct ImportRules {
    bool in_tariff = true;         // false: 200, text/html, empty body, nothing written
    int allowance = 1000000;       // new objects left this month
    bool drop_fields = false;      // custom fields vanish, as if their titles were misspelt
    bool edits_need_cost = false;  // an edit without deal_cost is refused (8.3)
};

// The answer to a call that is not understood: the text stands in top-level `error` (4.2).
[[nodiscard]] std::string not_understood(const std::string& action, const std::string& message);

class Imports {
public:
    explicit Imports(const School& school) : school_(school) {}

    // `object` users or deals; `params` as it came in the form (base64). The key has been checked;
    // `may_write` says of which kind.
    ImportAnswer run(const std::string& object, const std::string& action,
                     const std::string& params, bool may_write, int day);

    ImportRules rules;
    std::string now;  // "2026-11-25 19:03:11" in the account's zone, at the import
    // group -> when an import put somebody in
    [[nodiscard]] const std::map<std::int64_t, std::string>& last_added() const {
        return last_added_;
    }
    [[nodiscard]] const std::map<std::int64_t, ImportedUser>& users() const { return users_; }
    [[nodiscard]] const std::map<std::int64_t, ImportedDeal>& deals() const { return deals_; }
    [[nodiscard]] const std::vector<ImportedPayment>& payments() const { return payments_; }
    // name -> id, made by imports
    [[nodiscard]] const std::map<std::string, std::int64_t>& groups() const { return new_groups_; }

private:
    struct Outcome;
    struct Document;  // a parsed import
    ImportedUser* find_user(const std::string& email, int day);
    ImportedUser* find_by_phone(const std::string& phone);
    ImportedUser* find_by_id(const std::string& id, int day);
    ImportedDeal* find_deal(const std::string& number, int day);
    std::int64_t group_id(const std::string& name);
    void join_groups(const Document& document, bool replace, int day, ImportedUser& user);
    Outcome import_user(const Document& document, bool replace_groups, int day);
    ImportedUser& add_user(const Document& document, const std::string& email, int day);
    Outcome import_deal(const Document& document, int day);
    ImportedDeal& add_deal(const Document& document, std::int64_t user_id, int day);
    void edit_deal(const Document& document, bool is_new, int day, ImportedDeal& deal);
    void pay(const std::string& status, const std::string& paid_flag, int day, ImportedDeal& deal);

    const School& school_;
    std::map<std::int64_t, ImportedUser> users_;    // by id
    std::map<std::string, std::int64_t> by_email_;  // of people made by imports
    std::map<std::int64_t, ImportedDeal> deals_;    // by id
    std::map<std::string, std::int64_t> new_groups_;
    std::map<std::int64_t, std::string> last_added_;
    std::vector<ImportedPayment> payments_;
    std::int64_t next_user_ = 700000001, next_deal_ = 990000001, next_payment_ = 90000001,
                 next_group_ = 4600001, next_number_ = 900001;
};

}  // namespace simulator
