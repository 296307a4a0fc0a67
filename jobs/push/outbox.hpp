// The outbox in the database: what the mirror knows for a plan, the audit, and the verdicts that an
// export's rows give.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/push/change_plan.hpp"

namespace jobs {

// The people and orders named (by e-mail for joining, number, user id), all groups and all custom
// fields.
[[nodiscard]] School read_school(etl::pg::Connection& connection,
                                 const std::vector<std::string>& email_keys,
                                 const std::vector<std::string>& deal_numbers,
                                 const std::vector<std::int64_t>& user_ids);

// One line of the append-only audit.
void write_audit(etl::pg::Connection& connection, const std::string& who, const std::string& what,
                 std::int64_t plan_id, const std::string& detail);
[[nodiscard]] std::string operating_system_user();

// A change as it stands in outbox.change.
struct OutboxChange {
    std::int64_t id = 0, plan_id = 0;
    std::string object, key, email_key, deal_number, state, document;
    int creates = 0, attempts = 0;  // attempts: those that may have reached the service
    bool pays = false;
    std::vector<Difference> differences;
};
// The people and orders that changes speak of.
[[nodiscard]] School read_school(etl::pg::Connection& connection,
                                 const std::vector<OutboxChange>& changes);
// What the mirror shows now in the place of each of a change's differences, in their order.
[[nodiscard]] std::vector<Shown> shown(const OutboxChange& change, const School& school,
                                       const etl::Zone& zone);
// `where`: condition on c (outbox.change) with parameters.
[[nodiscard]] std::vector<OutboxChange> read_changes(etl::pg::Connection& connection,
                                                     const std::string& where,
                                                     const std::vector<etl::pg::Param>& parameters);

struct NewVerdict {
    std::int64_t change_id = 0;
    std::string verdict;  // confirmed, refused, unclear, contradicted
    bool final = false;   // false: the change may be sent again
    std::string message;
    std::vector<Difference> shown;  // what is not as wanted: `old` is what the export shows
};
// Verdicts and the changes' states, by COPY; plans without open changes become done. A final
// verdict settles for ever.
void give_verdicts(etl::pg::Connection& connection, const std::vector<NewVerdict>& verdicts,
                   std::optional<std::int64_t> run_id);

inline constexpr const char* kPushLock =
    "gcmirror push";  // held by whoever plans or sends (pg::try_lock)
// Changes whose process ended between the attempt's row and its outcome become unclear. Only for
// the holder of the lock.
void give_up_sending(etl::pg::Connection& connection);

struct Settled {
    int confirmed = 0, contradicted = 0, again = 0, unclear = 0, open = 0;
};
// Reads back what was written or is unclear: only where an export that began after the attempt (and
// settle_after) has read the person's or order's day. Part of the transaction that publishes; sends
// nothing.
Settled settle(etl::pg::Connection& connection, const etl::Config& config, const etl::Zone& zone,
               std::int64_t run_id);

// Days (of creation, in the account's zone) of people and orders whose changes wait for an export:
// first and last, per table.
struct OpenDays {
    std::string table;
    etl::Day from, to;
    std::int64_t changes = 0;
};
[[nodiscard]] std::vector<OpenDays> open_days(etl::pg::Connection& connection,
                                              const etl::Zone& zone);

}  // namespace jobs
