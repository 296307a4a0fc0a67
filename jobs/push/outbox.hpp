// The outbox in the database: changes, their verdicts, the audit, and the days that open changes
// wait for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "etl/value.hpp"
#include "jobs/push/difference.hpp"
#include "jobs/push/settle.hpp"

namespace jobs {

// A change as it stands in outbox.change.
struct OutboxChange {
    std::int64_t id = 0, plan_id = 0;
    std::string object, key, email_key, deal_number, state, document;
    std::string cost;               // of a known order, where the document has none
    int creates = 0, attempts = 0;  // attempts: those that may have reached the service
    bool pays = false;
    std::vector<Difference> differences;
};
// Open changes in one of `states`, of one plan or (nullopt) of all.
[[nodiscard]] std::vector<OutboxChange> read_changes(etl::pg::Connection& connection,
                                                     std::optional<std::int64_t> plan,
                                                     const std::vector<std::string>& states);
// Those of a plan that were sent and that an export has confirmed.
[[nodiscard]] std::vector<OutboxChange> read_confirmed_changes(etl::pg::Connection& connection,
                                                               std::int64_t plan);
// The people and orders that changes speak of.
[[nodiscard]] School read_school(etl::pg::Connection& connection,
                                 const std::vector<OutboxChange>& changes);
// What the mirror shows now in the place of each of a change's differences, in their order.
[[nodiscard]] std::vector<Shown> shown(const OutboxChange& change, const School& school,
                                       const etl::Zone& zone);

// What became of a change.
struct ChangeVerdict {
    std::int64_t change_id = 0;
    std::string verdict;  // confirmed, refused, unclear, contradicted
    bool final = false;   // false: the change may be sent again
    std::string message;
    std::vector<Difference> shown;  // what is not as wanted: `old` is what the export shows
};
// Verdicts and the changes' states, by COPY; plans without open changes become done. A final
// verdict settles for ever.
void give_verdicts(etl::pg::Connection& connection, const std::vector<ChangeVerdict>& verdicts,
                   std::optional<std::int64_t> run_id);

// One line of the append-only audit; who stands behind the given name goes with it.
void write_audit(etl::pg::Connection& connection, const std::string& who, const std::string& what,
                 std::int64_t plan_id, const std::string& detail);
[[nodiscard]] std::string operating_system_user();
// Number and hash of its newest line: kept elsewhere, they show that nothing was cut off.
[[nodiscard]] std::string audit_anchor(etl::pg::Connection& connection);

inline constexpr const char* kPushLock =
    "gcmirror push";  // held by whoever plans or sends (pg::try_lock)
// The database with that lock held. Error{locked}.
[[nodiscard]] etl::pg::Connection open_locked_outbox(const etl::Config& config,
                                                     const std::string& purpose);
// Changes whose process ended between the attempt's row and its outcome become unclear. Only for
// the holder of the lock.
void give_up_sending(etl::pg::Connection& connection);

// Days (of creation, in the account's zone) of people and orders whose changes wait for an export:
// first and last, per table.
struct OpenDays {
    std::string table;
    etl::Day from, to;
    std::int64_t changes = 0;
};
[[nodiscard]] std::vector<OpenDays> open_days(etl::pg::Connection& connection,
                                              const etl::Zone& zone);
[[nodiscard]] std::vector<OpenDays> read_days(const etl::pg::Result& found);  // its four columns

}  // namespace jobs
