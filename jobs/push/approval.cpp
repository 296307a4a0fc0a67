#include "jobs/push/approval.hpp"

#include <fmt/core.h>

#include "etl/error.hpp"
#include "jobs/push/mirror_state.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/sql.hpp"
#include "schema/text.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Known = Approver::Known;

void check_unchanged(etl::pg::Connection& connection, const std::string& plan) {
    const auto found = connection.query(
        "SELECT hash = outbox.plan_hash(id) FROM outbox.plan WHERE id = $1", {plan});
    if (!found.flag(0, 0))
        throw Error(Kind::usage, "plan " + plan + " is not what was planned: its content changed",
                    "gcmirror push cancel " + plan + " and plan again.");
}

void check_shown(etl::pg::Connection& connection, const std::string& plan,
                 const std::string& shown) {
    if (shown.empty() ||
        connection.value("SELECT hash FROM outbox.plan WHERE id = $1", {plan}) == shown)
        return;
    throw Error(Kind::usage, "plan " + plan + " is not the one that was shown",
                "Load the page again and read it again.");
}

// Whoever made a plan does not let it go, under no other name either. Where the approver's name is
// proven, it is held against the name given and the user who planned; else user against user.
void check_four_eyes(etl::pg::Connection& connection, const std::string& plan,
                     const Approver& approver) {
    const auto made =
        connection.query("SELECT made_by, os_user FROM outbox.plan WHERE id = $1", {plan});
    const std::string name = schema::fold(approver.name), user = made.text(0, 1);
    const bool same_name = schema::fold(made.text(0, 0)) == name;
    const bool same_user = approver.known == Known::by_password ? schema::fold(user) == name
                                                                : user == operating_system_user();
    if (!same_name && !same_user) return;
    throw Error(
        Kind::usage,
        fmt::format("plan {} was made by {}{}; [write_back] four_eyes wants somebody else "
                    "to approve it",
                    plan, made.text(0, 0), same_name ? "" : ", as the same user of this machine"),
        "Let another person do it, logged in as themselves.");
}

std::string_view how(Known known) {
    return known == Known::by_password ? ", on the dashboard"
           : known == Known::by_limit  ? ", by [write_back] auto_approve"
                                       : "";
}

}  // namespace

std::string plan_state(etl::pg::Connection& connection, std::int64_t plan) {
    const auto found = connection.query(push_sql("plan_state"), {std::to_string(plan)});
    if (found.empty())
        throw Error(Kind::usage, fmt::format("there is no plan {}", plan),
                    "gcmirror push list shows them.");
    return found.text(0, 0);
}

void approve_plan(etl::pg::Connection& connection, const etl::Config& config, std::int64_t number,
                  const Approver& approver, bool stale_ok) {
    const std::string plan = std::to_string(number);
    if (const std::string state = plan_state(connection, number); state != "planned")
        throw Error(Kind::usage,
                    fmt::format("plan {} is {}; only a planned one can be approved", plan, state),
                    "gcmirror push list shows them.");
    check_fresh(read_mirror_state(connection, config), config, stale_ok);
    if (config.write_back.four_eyes) check_four_eyes(connection, plan, approver);
    etl::pg::Transaction transaction(connection);
    check_unchanged(connection, plan);
    check_shown(connection, plan, approver.shown);
    const std::string hash = connection.value(
        "INSERT INTO outbox.approval (plan_id, approved_by, hash, os_user) SELECT id, $2, hash, $3 "
        "FROM outbox.plan WHERE id = $1 RETURNING hash",
        {plan, approver.name, operating_system_user()});
    connection.query("UPDATE outbox.plan SET state = 'approved' WHERE id = $1", {plan});
    write_audit(connection, approver.name, "approve", number,
                fmt::format("hash {}{}", hash, how(approver.known)));
    transaction.commit();
}

}  // namespace jobs
