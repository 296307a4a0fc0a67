#include "jobs/push/undo.hpp"

#include <fmt/core.h>

#include "etl/error.hpp"
#include "jobs/push/outbox.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// Why a difference cannot be taken back; empty: it can.
std::string obstacle(const Difference& difference, const Shown& now) {
    if (difference.where == "user" || difference.where == "deal")
        return "it was created, and no import deletes";
    if (difference.where.starts_with("group "))
        return fmt::format("group \"{}\" was added, and imports only add", difference.wanted);
    if (difference.where.empty()) return difference.field + " is not exported: nobody saw the old";
    if (!now.same)
        return fmt::format("{} was set to \"{}\" and is \"{}\" by now: somebody changed it since",
                           difference.field, difference.wanted, now.text);
    if (difference.old.empty())
        return difference.field + " was empty, and how to empty a field is not documented";
    return {};
}

// The column and text that bring back what was there.
std::pair<std::string, std::string> reverse(const Difference& difference, const etl::Zone& zone) {
    if (difference.field == "deal_is_paid") return {"deal_status", difference.old};
    if (difference.where == "deal created_at")
        if (const auto instant = etl::parse_instant(difference.old)) {
            const etl::Instant local{zone.to_local(*instant).time_since_epoch()};
            return {difference.field, etl::format_instant(local).substr(0, 19).replace(10, 1, " ")};
        }
    return {difference.field, difference.old};
}

void add_rows(PushSource& source, const OutboxChange& change, const std::vector<Shown>& now,
              const etl::Zone& zone) {
    const auto new_row = [&] {
        return PlanRow{static_cast<std::int64_t>(source.rows.size()) + 1, 0, Mode::update, {}, {}};
    };
    PlanRow row = new_row();
    for (std::size_t d = 0; d < change.differences.size(); ++d) {
        const Difference& difference = change.differences[d];
        if (difference.old == difference.wanted) continue;  // went along unchanged
        const std::string reason = obstacle(difference, now[d]);
        if (reason.empty()) {
            const auto [column, text] = reverse(difference, zone);
            row.wanted.emplace_back(column, text);
            continue;
        }
        PlanRow refused = new_row();
        refused.outcome = Refusal{change.key, reason};
        source.rows.push_back(std::move(refused));
    }
    if (row.wanted.empty()) return;
    if (change.object == "deals")
        row.wanted.emplace_back("deal_number", change.deal_number);
    else
        row.wanted.emplace_back("email", change.email_key);
    row.number = static_cast<std::int64_t>(source.rows.size()) + 1;
    source.rows.push_back(std::move(row));
}

}  // namespace

PushSource read_undo(etl::pg::Connection& connection, const etl::Config& config,
                     std::int64_t plan) {
    const std::vector<OutboxChange> changes = read_confirmed_changes(connection, plan);
    if (changes.empty())
        throw Error(Kind::usage, fmt::format("nothing of plan {} was sent and confirmed", plan),
                    "Only what an export has confirmed is taken back: gcmirror push list shows it; "
                    "a sync reads back what was written.");
    const etl::Zone zone(config.getcourse.time_zone);
    const School school = read_school(connection, changes);
    PushSource source{fmt::format("undo of plan {}", plan), "undo", "", "update", {}};
    for (const OutboxChange& change : changes)
        add_rows(source, change, shown(change, school, zone), zone);
    return source;
}

}  // namespace jobs
