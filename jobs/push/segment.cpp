#include "jobs/push/segment.hpp"

#include <fmt/ostream.h>

#include <algorithm>
#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/push/allowance.hpp"
#include "jobs/push/approval.hpp"
#include "jobs/push/no_network.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/plan_text.hpp"
#include "jobs/push/segment_rows.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using etl::pg::Connection;

std::string who(const SegmentOptions& options) {
    return options.by.empty() ? operating_system_user() : options.by;
}

bool good_name(const std::string& name) {
    return !name.empty() && name.size() <= 60 &&
           std::all_of(name.begin(), name.end(), [](unsigned char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
           });
}

void require_segment(const std::string& name, std::size_t found) {
    if (found == 0)
        throw Error(Kind::usage, "there is no segment \"" + name + "\"",
                    "gcmirror segment list shows them.");
}

// A plan of yesterday that nobody approved speaks of yesterday's mirror.
void replace_waiting_plans(Connection& connection, const std::string& name) {
    etl::pg::Transaction transaction(connection);
    const auto replaced = connection.query(push_sql("replace_segment_plans"), {name});
    for (std::size_t i = 0; i < replaced.rows(); ++i)
        write_audit(connection, operating_system_user(), "cancel", replaced.number(i, 0),
                    "a newer plan of segment " + name + " takes its place");
    transaction.commit();
}

// A query that finds nobody at all is rather a slip than a night on which everybody left.
bool approves_itself(const etl::Config& config, const SegmentFigures& seen,
                     const PlanFigures& figures) {
    return seen.rows > 0 && figures.changes > 0 &&
           figures.changes <= config.write_back.auto_approve && figures.creations == 0 &&
           figures.payments == 0;
}

void record_night(Connection& connection, const std::string& name, const std::string& words) {
    connection.query(
        "UPDATE outbox.segment SET last_run_at = clock_timestamp(), last_said = $2 WHERE name = $1",
        {name, words});
}

std::string said(const SegmentFigures& seen, const PlanFigures& figures, std::int64_t plan) {
    std::string text = fmt::format("{} rows, {} as they were last sent", seen.rows, seen.unchanged);
    if (seen.open > 0) text += fmt::format(", {} wait in a plan already", seen.open);
    if (seen.left > 0) text += fmt::format(", {} left the query", seen.left);
    text += fmt::format("; {} to send", figures.changes);
    if (figures.refused > 0) text += fmt::format(", {} refused", figures.refused);
    return text + (plan == 0 ? ""
                             : fmt::format(": plan {}{}", plan,
                                           figures.approved ? ", which approved itself" : ""));
}

int run_one(Context& context, Connection& connection, const std::string& name,
            const std::string& query_name, bool stale_ok) {
    const etl::Config& config = context.config;
    const PushQuery query = find_push_query(config, query_name);
    const MirrorState state = read_mirror_state(connection, config);
    check_fresh(state, config, stale_ok);
    PushSource source = read_query(connection, config, query);
    source.name = name;
    source.kind = "segment";
    replace_waiting_plans(connection, name);
    const PlanRules rules{config.write_back.order_prefix, false};
    const SegmentFigures seen =
        keep_what_changed(source, read_segment_memory(connection, name), query.leave, rules);
    decide(connection, config, false, source.rows);
    PlanFigures figures = count(source.rows);
    const std::int64_t plan = keep_plan(
        connection, config, source, figures, state, operating_system_user(),
        [&](std::int64_t number) { remember(connection, name, number, source, seen, rules); });
    figures.approved = plan != 0 && approves_itself(config, seen, figures);
    if (figures.approved)
        approve_plan(connection, config, plan, {"segment " + name, Approver::Known::by_limit},
                     stale_ok);
    const std::string line = said(seen, figures, plan);
    record_night(connection, name, line);
    if (context.json) {
        print_plan_json(context, source, figures, plan, state);
    } else {
        context.out << words::say(context.russian, "segment {} (query {}): {}", name, query_name,
                                  line)
                    << '\n';
        if (!source.rows.empty())
            print_plan(context, source, figures, plan, created_this_month(connection, config),
                       state);
    }
    return figures.refused > 0 ? etl::exit_code(Kind::rejects) : 0;
}

}  // namespace

int run_segment_add(Context& context, const SegmentOptions& options) {
    if (!good_name(options.name))
        throw Error(Kind::usage,
                    "segment \"" + options.name +
                        "\": expected a name of letters a to z, digits, - and _, 60 at most",
                    "Nothing was added.");
    (void)find_push_query(context.config, options.query);
    Connection connection = open_locked_outbox(context.config, "segment add");
    etl::pg::Transaction transaction(connection);
    const auto added = connection.query(
        "INSERT INTO outbox.segment (name, query, made_by) VALUES ($1, $2, $3) ON CONFLICT DO "
        "NOTHING",
        {options.name, options.query, who(options)});
    if (added.affected() == 0)
        throw Error(Kind::usage, "there is a segment \"" + options.name + "\" already",
                    "gcmirror segment drop " + options.name + " forgets it.");
    write_audit(connection, who(options), "segment add", 0,
                options.name + " of query " + options.query);
    transaction.commit();
    context.out << words::say(context.russian,
                              "segment {} added: serve compares it after each good sync; now: "
                              "gcmirror segment run {}",
                              options.name, options.name)
                << '\n';
    return 0;
}

int run_segment_list(Context& context) {
    Connection connection = etl::open_database(context.config, "segment list");
    const auto found = connection.query(push_sql("segments"), {context.config.getcourse.time_zone});
    if (context.json)
        print_json(context.out, found);
    else
        print_table(context.out, found, context.russian);
    return 0;
}

int run_segment_drop(Context& context, const SegmentOptions& options) {
    Connection connection = open_locked_outbox(context.config, "segment drop");
    etl::pg::Transaction transaction(connection);
    const auto dropped =
        connection.query("DELETE FROM outbox.segment WHERE name = $1", {options.name});
    require_segment(options.name, dropped.affected());
    write_audit(connection, who(options), "segment drop", 0, options.name);
    transaction.commit();
    context.out << words::say(context.russian,
                              "segment {} dropped; its plans stay as they are: gcmirror push list",
                              options.name)
                << '\n';
    return 0;
}

int run_segment_run(Context& context, const SegmentOptions& options) {
    Connection connection = open_locked_outbox(context.config, "segment run");
    const auto segments = connection.query(
        "SELECT name, query FROM outbox.segment WHERE $1 = '' OR name = $1 ORDER BY name",
        {options.name});
    if (!options.name.empty()) require_segment(options.name, segments.rows());
    int worst = 0;
    for (std::size_t i = 0; i < segments.rows(); ++i) {
        const std::string name = segments.text(i, 0);
        try {
            worst = std::max(worst, without_network([&] {
                                 return run_one(context, connection, name, segments.text(i, 1),
                                                options.stale_ok);
                             }));
        } catch (const Error& error) {
            if (!options.name.empty() || connection.broken()) throw;
            const std::string words = etl::log::redacted(error.what());
            context.out << words::say(context.russian, "segment {}: not compared, {}", name, words)
                        << '\n';
            record_night(connection, name, "not compared: " + words);
            worst = std::max(worst, etl::exit_code(error.kind()));
        }
    }
    return worst;
}

}  // namespace jobs
