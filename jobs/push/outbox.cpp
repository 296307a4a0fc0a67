#include "jobs/push/outbox.hpp"

#include <fmt/format.h>

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/installation.hpp"
#include "etl/normalizer.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

OutboxChange read_change(const etl::pg::Result& found, std::size_t row) {
    OutboxChange change;
    change.id = found.number(row, 0);
    change.plan_id = found.number(row, 1);
    change.object = found.text(row, 2);
    change.key = found.text(row, 3);
    change.email_key = found.text(row, 4);
    change.deal_number = found.text(row, 5);
    change.state = found.text(row, 6);
    change.document = found.text(row, 7);
    change.creates = static_cast<int>(found.number(row, 8));
    change.pays = found.flag(row, 9);
    change.differences = parse_differences(found.text(row, 10));
    change.attempts = static_cast<int>(found.number(row, 11));
    change.cost = found.text(row, 12);
    return change;
}

std::vector<OutboxChange> read_rows(const etl::pg::Result& found) {
    std::vector<OutboxChange> changes;
    changes.reserve(found.rows());
    for (std::size_t i = 0; i < found.rows(); ++i) changes.push_back(read_change(found, i));
    return changes;
}

void copy_verdicts(etl::pg::Connection& connection, const std::vector<ChangeVerdict>& verdicts) {
    etl::pg::CopyIn copy(connection, "COPY new_verdict FROM STDIN");
    for (const ChangeVerdict& verdict : verdicts) {
        std::string line = fmt::format("{}\t{}\t{}\t", verdict.change_id, verdict.verdict,
                                       verdict.final ? 't' : 'f');
        etl::append_copy_text(line, verdict.message);
        line += '\t';
        etl::append_copy_text(line, differences_json(verdict.shown));
        copy.write(line + '\n');
    }
    copy.finish();
}

}  // namespace

std::vector<OutboxChange> read_changes(etl::pg::Connection& connection,
                                       std::optional<std::int64_t> plan,
                                       const std::vector<std::string>& states) {
    const auto found = connection.query(
        push_sql("changes"), {plan ? etl::pg::Param(std::to_string(*plan)) : std::nullopt,
                              etl::pg::array_literal(states)});
    return read_rows(found);
}

std::vector<OutboxChange> read_confirmed_changes(etl::pg::Connection& connection,
                                                 std::int64_t plan) {
    return read_rows(connection.query(push_sql("confirmed_changes"), {std::to_string(plan)}));
}

School read_school(etl::pg::Connection& connection, const std::vector<OutboxChange>& changes) {
    std::vector<std::string> emails, numbers;
    for (const OutboxChange& change : changes) {
        emails.push_back(change.email_key);
        numbers.push_back(change.deal_number);
    }
    return read_school(connection, emails, numbers, {});
}

std::vector<Shown> shown(const OutboxChange& change, const School& school, const etl::Zone& zone) {
    const auto people = school.users.find(change.email_key);
    const auto orders = school.deals.find(change.deal_number);
    const MirrorUser* user = people == school.users.end() ? nullptr : &people->second.front();
    const MirrorDeal* deal = change.deal_number.empty() || orders == school.deals.end()
                                 ? nullptr
                                 : &orders->second.front();
    std::vector<Shown> all;
    for (const Difference& difference : change.differences)
        all.push_back(shown(difference, user, deal, school, zone));
    return all;
}

void give_verdicts(etl::pg::Connection& connection, const std::vector<ChangeVerdict>& verdicts,
                   std::optional<std::int64_t> run_id) {
    if (verdicts.empty()) return;
    connection.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS new_verdict (change_id bigint, verdict text, final "
        "boolean, message text, shown jsonb) ON COMMIT DROP");
    copy_verdicts(connection, verdicts);
    connection.query(
        "INSERT INTO outbox.verdict (change_id, verdict, final, message, shown, run_id) SELECT "
        "change_id, verdict, final, message, shown, $1::bigint FROM new_verdict ORDER BY change_id",
        {run_id ? etl::pg::Param(std::to_string(*run_id)) : std::nullopt});
    connection.execute(push_sql("apply_verdicts"));
}

void write_audit(etl::pg::Connection& connection, const std::string& who, const std::string& what,
                 std::int64_t plan_id, const std::string& detail) {
    connection.query(
        "INSERT INTO outbox.audit (who, what, plan_id, detail) VALUES ($1, $2, nullif($3::bigint, "
        "0), $4)",
        {who, what, std::to_string(plan_id),
         fmt::format("{} (user {})", detail, operating_system_user())});
}

std::string audit_anchor(etl::pg::Connection& connection) {
    const auto found =
        connection.query("SELECT id, hash FROM outbox.audit ORDER BY id DESC LIMIT 1");
    return found.empty() ? "audit: no line yet"
                         : fmt::format("audit: line {}, {}", found.text(0, 0), found.text(0, 1));
}

std::string operating_system_user() {
    passwd entry{}, *found = nullptr;
    std::vector<char> names(1 << 14);
    getpwuid_r(geteuid(), &entry, names.data(), names.size(), &found);
    return found == nullptr ? fmt::format("user {}", geteuid()) : found->pw_name;
}

etl::pg::Connection open_locked_outbox(const etl::Config& config, const std::string& purpose) {
    etl::pg::Connection connection = etl::open_database(config, purpose);
    etl::require_own_database(connection, config);
    etl::pg::lock_or_throw(connection, kPushLock, "another gcmirror push is at work on this school",
                           "Wait until it ends; gcmirror push list shows how far it is.");
    return connection;
}

void give_up_sending(etl::pg::Connection& connection) {
    connection.execute(push_sql("give_up_sending"));
}

std::vector<OpenDays> open_days(etl::pg::Connection& connection, const etl::Zone& zone) {
    return read_days(connection.query(push_sql("open_days"), {zone.name()}));
}

std::vector<OpenDays> read_days(const etl::pg::Result& found) {
    std::vector<OpenDays> days;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const auto from = etl::parse_day(found.text(i, 1)), to = etl::parse_day(found.text(i, 2));
        if (from && to) days.push_back({found.text(i, 0), *from, *to, found.number(i, 3)});
    }
    return days;
}

}  // namespace jobs
