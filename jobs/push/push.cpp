#include "jobs/push/push.hpp"

#include <fmt/ostream.h>

#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/push/approval.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

void print(Context& context, const etl::pg::Result& result) {
    if (context.json)
        print_json(context.out, result);
    else
        print_table(context.out, result, context.russian);
}

void list_plans(Context& context, etl::pg::Connection& connection) {
    print(context, connection.query(push_sql("list_plans"), {context.config.getcourse.time_zone}));
    if (context.json) return;
    const std::string waiting = connection.value(
        "SELECT count(*) FROM outbox.change WHERE plan_id IS NULL AND state = 'waiting'");
    if (waiting != "0")
        context.out << words::say(context.russian,
                                  "{} rows wait in outbox.change: gcmirror push plan outbox",
                                  waiting)
                    << '\n';
}

}  // namespace

int run_push_approve(Context& context, const PushOptions& options) {
    const std::string plan = std::to_string(options.plan);
    const std::string who = options.by.empty() ? operating_system_user() : options.by;
    etl::pg::Connection connection = open_locked_outbox(context.config, "push approve");
    approve_plan(connection, context.config, options.plan, {who, Approver::Known::by_machine},
                 options.stale_ok);
    context.out << words::say(context.russian, "plan {} approved by {}", plan, who) << '\n'
                << words::say(context.russian, "Next: gcmirror push send {}", plan) << '\n';
    return 0;
}

int run_push_list(Context& context, const PushOptions& options) {
    etl::pg::Connection connection = etl::open_database(context.config, "push list");
    if (options.plan == 0) {
        list_plans(context, connection);
        return 0;
    }
    (void)plan_state(connection, options.plan);
    print(context, connection.query(push_sql("list_changes"), {std::to_string(options.plan)}));
    return 0;
}

int run_push_cancel(Context& context, const PushOptions& options) {
    etl::pg::Connection connection = open_locked_outbox(context.config, "push cancel");
    const std::string plan = std::to_string(options.plan);
    const std::string state = plan_state(connection, options.plan);
    if (state == "done" || state == "cancelled")
        throw Error(Kind::usage, fmt::format("plan {} is {} already", plan, state),
                    "Nothing is left of it to send.");
    const std::string who = options.by.empty() ? operating_system_user() : options.by;
    etl::pg::Transaction transaction(connection);
    give_up_sending(connection);
    const auto cancelled = connection.query(
        "UPDATE outbox.change SET state = 'cancelled', settled_at = clock_timestamp() WHERE "
        "plan_id = $1 AND state = 'planned'",
        {plan});
    connection.query("UPDATE outbox.plan SET state = 'cancelled' WHERE id = $1", {plan});
    write_audit(connection, who, "cancel", options.plan,
                fmt::format("{} changes", cancelled.affected()));
    const std::string open = connection.value(
        "SELECT count(*) FROM outbox.change WHERE plan_id = $1 AND settled_at IS NULL", {plan});
    transaction.commit();
    const bool ru = context.russian;
    context.out << words::say(ru, "plan {} cancelled: {} changes will not be sent", plan,
                              cancelled.affected());
    if (open != "0")
        context.out << words::say(
            ru, "; {} were sent before, and the next sync still reads them back", open);
    context.out << '\n';
    return 0;
}

int run_push_verify(Context& context, const PushOptions& options) {
    etl::pg::Connection connection = etl::open_database(context.config, "push verify");
    if (options.plan != 0) (void)plan_state(connection, options.plan);
    const etl::pg::Param plan =
        options.plan == 0 ? std::nullopt : etl::pg::Param(std::to_string(options.plan));
    const auto counts = connection.query(push_sql("verify_counts"), {plan});
    const auto open =
        connection.query(push_sql("verify_open"), {plan, context.config.getcourse.time_zone});
    const auto breaks = connection.query("SELECT id FROM outbox.audit_breaks");
    if (context.json) {
        context.out << "{\"plans\": ";
        print_json(context.out, counts);
        context.out << ", \"open\": ";
        print_json(context.out, open);
        fmt::print(context.out, ", \"audit_breaks\": {}}}\n", breaks.rows());
    } else {
        const bool ru = context.russian;
        print_table(context.out, counts, ru);
        context.out << '\n' << words::say(ru, "open, or not as wanted:") << '\n';
        print_table(context.out, open, ru);
        const std::string chain = breaks.empty()
                                      ? words::say(ru, "the chain is whole")
                                      : words::say(ru, "BROKEN at line {}", breaks.text(0, 0));
        context.out << '\n'
                    << words::say(ru, "audit: {} lines, {}",
                                  connection.value("SELECT count(*) FROM outbox.audit"), chain)
                    << '\n';
    }
    return breaks.empty() ? 0 : etl::exit_code(Kind::rejects);
}

}  // namespace jobs
