#include "jobs/push/settle.hpp"

#include <fmt/core.h>

#include <map>

#include "jobs/push/outbox.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

// Of which tables an export has spoken since a change was attempted.
struct Heard {
    bool user = false, groups = false, deal = false;
    std::string attempted_at;
};

std::map<std::int64_t, Heard> read_heard(etl::pg::Connection& connection, const etl::Zone& zone,
                                         etl::Duration settle_after) {
    const auto found = connection.query(push_sql("settle_heard"),
                                        {zone.name(), etl::format_interval(settle_after)});
    std::map<std::int64_t, Heard> heard;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const auto says = [&](std::size_t column) {
            return found.at(i, column).value_or("f") == "t";
        };
        heard[found.number(i, 0)] = {says(1), says(2), says(3), found.text(i, 4)};
    }
    return heard;
}

// Groups that were read by themselves, and as of when.
std::map<std::string, std::string> read_groups(etl::pg::Connection& connection) {
    const auto found = connection.query(push_sql("settle_groups"));
    std::map<std::string, std::string> read;
    for (std::size_t i = 0; i < found.rows(); ++i) read[found.text(i, 0)] = found.text(i, 1);
    return read;
}

// Whether exports have spoken about everything that a change wants. Pure.
bool all_heard(const OutboxChange& change, const Heard& heard,
               const std::map<std::string, std::string>& groups) {
    for (const Difference& difference : change.differences) {
        if (difference.where.starts_with("group ")) {
            const auto read = groups.find(difference.where.substr(6));
            if (!heard.groups && (read == groups.end() || read->second <= heard.attempted_at))
                return false;
            continue;
        }
        const bool of_deal = difference.where.starts_with("deal") ||
                             (change.object == "deals" && difference.where.empty());
        if (!(of_deal ? heard.deal : heard.user)) return false;
    }
    return true;
}

void count(Settled& settled, const ChangeVerdict& verdict) {
    if (verdict.verdict == "confirmed")
        ++settled.confirmed;
    else if (verdict.verdict == "contradicted")
        ++settled.contradicted;
    else if (verdict.final)
        ++settled.unclear;
    else
        ++settled.again;
}

bool another_push_is_sending(etl::pg::Connection& connection) {
    return !etl::pg::try_lock_here(connection, kPushLock);
}

}  // namespace

ChangeVerdict judge(const OutboxChange& change, const std::vector<Shown>& now, int most_attempts) {
    const bool written = change.state == "written";
    bool some_shown = false, visible = false;
    ChangeVerdict verdict{change.id, "confirmed", true, "", {}};
    for (std::size_t d = 0; d < now.size(); ++d) {
        const Difference& wish = change.differences[d];
        if (wish.where.empty()) continue;
        visible = true;
        if (now[d].same)
            some_shown = some_shown || wish.old != wish.wanted;
        else
            verdict.shown.push_back({wish.field, now[d].text, wish.wanted, wish.where});
    }
    if (!visible) {
        // Final: nothing is repeated unseen (getcourse-api.md 8.4), and there is nothing to see.
        verdict.verdict = "unclear";
        verdict.message = written ? "the service says written; exports do not show these fields"
                                  : "no answer came, and exports do not show these fields";
    } else if (verdict.shown.empty()) {
        return verdict;
    } else if (written || some_shown) {
        verdict.verdict = "contradicted";
        verdict.message = written ? "the service said written; an export shows otherwise"
                                  : "no answer came; an export shows a part of it";
    } else if (change.attempts >= most_attempts) {
        verdict.verdict = "contradicted";
        verdict.message = fmt::format(
            "sent {} times without an answer; an export shows nothing of it", change.attempts);
    } else {
        verdict.verdict = "unclear";
        verdict.final = false;
        verdict.message = "no answer came, and an export shows nothing of it: it may be sent again";
    }
    return verdict;
}

Settled settle(etl::pg::Connection& connection, const etl::Config& config, const etl::Zone& zone,
               std::int64_t run_id) {
    Settled settled;
    // Without a push that holds the lock, what is being sent was given up by a process that died.
    if (!another_push_is_sending(connection)) give_up_sending(connection);
    const std::vector<OutboxChange> changes =
        read_changes(connection, std::nullopt, {"written", "unclear"});
    if (changes.empty()) return settled;
    const auto heard = read_heard(connection, zone, config.write_back.settle_after);
    const auto groups = read_groups(connection);
    const School school = read_school(connection, changes);
    std::vector<ChangeVerdict> verdicts;
    for (const OutboxChange& change : changes) {
        const auto of_change = heard.find(change.id);  // none without an attempt
        if (of_change == heard.end() || !all_heard(change, of_change->second, groups)) {
            ++settled.open;
            continue;
        }
        verdicts.push_back(judge(change, shown(change, school, zone), config.write_back.attempts));
        count(settled, verdicts.back());
    }
    give_verdicts(connection, verdicts, run_id);
    return settled;
}

}  // namespace jobs
