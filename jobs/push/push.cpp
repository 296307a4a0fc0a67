#include "jobs/push/push.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>
#include <sstream>

#include "embedded_push.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/installation.hpp"
#include "etl/nearest.hpp"
#include "etl/normalizer.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/push/csv.hpp"
#include "jobs/push/no_network.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/send.hpp"
#include "jobs/report/report.hpp"

namespace jobs {
namespace {

namespace fs = std::filesystem;
using etl::Error;
using etl::Kind;

constexpr std::size_t kShownChanges = 10;  // of a plan on the console; push list shows all
constexpr etl::Micros kTypicalAnswer = std::chrono::milliseconds{300};

// One row of the source, and what became of it.
struct Row {
    std::int64_t number = 0;     // in the source, from 1
    std::int64_t change_id = 0;  // of a row that waits in outbox.change; 0: none yet
    Mode mode = Mode::update;
    Wanted wanted;
    Outcome outcome;
};

struct Source {
    std::string name, kind, query;  // kind: query, csv, outbox
    std::string mode;               // of all rows, or mixed
    std::vector<Row> rows;
};

std::string wanted_json(const Wanted& wanted) {
    Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    for (const auto& [column, value] : wanted)
        if (value) object.set(column, *value);
    std::ostringstream text;
    object.stringify(text);
    return text.str();
}

Source from_query(etl::pg::Connection& connection, const etl::Config& config,
                  const WriteBack& query) {
    Source source{query.name, "query", query.sql, std::string(name_of(query.mode)), {}};
    etl::pg::Transaction transaction(connection, "REPEATABLE READ READ ONLY");
    connection.execute("SET LOCAL search_path = report, mirror, history");
    limit_reading(connection, config.database.statement_timeout);
    const auto found = connection.query(query.sql);
    transaction.commit();
    check_columns(found.columns());
    if (static_cast<std::int64_t>(found.rows()) > query.limit)
        throw Error(Kind::usage,
                    "write-back " + query.name + " asks for " + std::to_string(found.rows()) +
                        " changes; its limit is " + std::to_string(query.limit),
                    "No plan was made. Narrow the query, or raise \"limit:\" in its header.");
    for (std::size_t i = 0; i < found.rows(); ++i) {
        Row row{static_cast<std::int64_t>(i) + 1, 0, query.mode, {}, {}};
        for (std::size_t c = 0; c < found.columns().size(); ++c)
            row.wanted.emplace_back(found.columns()[c], found.at(i, c));
        source.rows.push_back(std::move(row));
    }
    return source;
}

Source from_csv(const PushOptions& options) {
    std::ostringstream text;
    if (options.csv == "-") {
        text << std::cin.rdbuf();
    } else {
        std::ifstream file(options.csv, std::ios::binary);
        if (!file)
            throw Error(Kind::usage, "CSV file \"" + options.csv + "\" cannot be read",
                        "No plan was made.");
        text << file.rdbuf();
    }
    const auto mode = mode_of(options.mode);
    if (!mode)
        throw Error(Kind::usage,
                    "--mode \"" + options.mode + "\", expected create, update or upsert",
                    "No plan was made.");
    const Csv csv = parse_csv(text.str());
    check_columns(csv.columns);
    Source source{options.csv == "-" ? "stdin" : fs::path(options.csv).stem().string(),
                  "csv",
                  "",
                  options.mode,
                  {}};
    for (std::size_t i = 0; i < csv.rows.size(); ++i) {
        Row row{static_cast<std::int64_t>(i) + 1, 0, *mode, {}, {}};
        for (std::size_t c = 0; c < csv.columns.size(); ++c)
            row.wanted.emplace_back(csv.columns[c], csv.rows[i][c]);
        source.rows.push_back(std::move(row));
    }
    return source;
}

Source from_outbox(etl::pg::Connection& connection) {
    Source source{"outbox", "outbox", "", "mixed", {}};
    const auto found = connection.query(
        "SELECT id, mode, wanted::text FROM outbox.change WHERE plan_id IS NULL AND state = "
        "'waiting' ORDER BY id");
    for (std::size_t i = 0; i < found.rows(); ++i) {
        Row row{static_cast<std::int64_t>(i) + 1,
                found.number(i, 0),
                mode_of(found.text(i, 1)).value_or(Mode::update),
                {},
                {}};
        Poco::JSON::Parser parser;
        const auto object = parser.parse(found.text(i, 2)).extract<Poco::JSON::Object::Ptr>();
        std::vector<std::string> columns;
        for (const auto& [column, value] : *object) {
            columns.push_back(column);
            row.wanted.emplace_back(column, value.isEmpty()
                                                ? std::nullopt
                                                : std::optional(value.convert<std::string>()));
        }
        try {
            check_columns(columns);
        } catch (const Error& error) {  // one analyst's slip is not the others'
            row.outcome = Refusal{"change " + std::to_string(row.change_id), error.what()};
        }
        source.rows.push_back(std::move(row));
    }
    return source;
}

// Every row against the mirror; two rows for one key are both refused, since nobody can say which
// is meant.
void decide(etl::pg::Connection& connection, const etl::Config& config, bool create_groups,
            std::vector<Row>& rows) {
    const etl::Zone zone(config.getcourse.time_zone);
    const PlanRules rules{config.write_back.order_prefix, create_groups};
    std::vector<std::string> emails, numbers;
    std::vector<std::int64_t> ids;
    std::map<std::string, int> times;
    const auto object_of_row = [](const Row& row) {
        std::vector<std::string> columns;
        for (const auto& [column, value] : row.wanted)
            if (value) columns.push_back(column);
        return object_of(columns);
    };
    for (const Row& row : rows) {
        const Keys keys = keys_of(row.wanted, object_of_row(row), rules);
        emails.push_back(keys.email_key);
        numbers.push_back(keys.deal_number);
        if (keys.user_id != 0) ids.push_back(keys.user_id);
    }
    const jobs::School school = read_school(connection, emails, numbers, ids);
    std::map<std::string, std::string> open;  // key and field -> which plan holds it
    const auto held = connection.query(
        "SELECT c.object || ' ' || c.key || E'\\n' || coalesce(nullif(d ->> 'where', ''), d ->> "
        "'field'), 'change ' || c.id || ' of plan ' || c.plan_id || ' (' || c.state || ')' "
        "FROM outbox.change c CROSS JOIN jsonb_array_elements(c.differences) d WHERE c.settled_at "
        "IS NULL AND c.plan_id IS NOT NULL");
    for (std::size_t i = 0; i < held.rows(); ++i) open[held.text(i, 0)] = held.text(i, 1);
    for (Row& row : rows) {
        if (const auto* refused = std::get_if<Refusal>(&row.outcome);
            refused != nullptr && !refused->reason.empty())
            continue;
        row.outcome = plan_change(row.wanted, row.mode, school, rules, zone);
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr) continue;
        const std::string key = change->object + " " + change->key;
        ++times[key];
        for (const Difference& difference : change->differences) {
            const auto other = open.find(
                key + "\n" + (difference.where.empty() ? difference.field : difference.where));
            if (other == open.end()) continue;
            row.outcome = Refusal{change->key, "another change of its " + difference.field +
                                                   " is open: " + other->second};
            break;
        }
    }
    for (Row& row : rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr) continue;
        if (const int n = times[change->object + " " + change->key]; n > 1)
            row.outcome = Refusal{
                change->key, "stands in " + std::to_string(n) + " rows: two changes for one key"};
    }
}

struct Figures {
    std::int64_t changes = 0, already = 0, refused = 0, creations = 0, payments = 0;
    std::vector<std::string> warnings;
};

Figures count(const std::vector<Row>& rows) {
    Figures figures;
    for (const Row& row : rows) {
        if (const auto* change = std::get_if<Change>(&row.outcome)) {
            ++figures.changes;
            figures.creations += change->creates;
            figures.payments += change->pays ? 1 : 0;
            for (const std::string& warning : change->warnings)
                if (std::find(figures.warnings.begin(), figures.warnings.end(), warning) ==
                    figures.warnings.end())
                    figures.warnings.push_back(warning);
        } else {
            ++(std::holds_alternative<AlreadySo>(row.outcome) ? figures.already : figures.refused);
        }
    }
    return figures;
}

std::string refusals_json(const std::vector<Row>& rows) {
    Poco::JSON::Array list;
    for (const Row& row : rows) {
        const auto* refusal = std::get_if<Refusal>(&row.outcome);
        if (refusal == nullptr) continue;
        Poco::JSON::Object::Ptr item(new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER));
        item->set("row", row.number);
        item->set("key", refusal->key);
        item->set("reason", refusal->reason);
        list.add(item);
    }
    std::ostringstream text;
    list.stringify(text);
    return text.str();
}

void copy_changes(etl::pg::Connection& connection, const Source& source) {
    connection.execute(
        "CREATE TEMPORARY TABLE new_change (change_id bigint, row_no bigint, mode text, wanted "
        "jsonb, object text, key text, email_key text, deal_number text, creates integer, pays "
        "boolean, "
        "differences jsonb, document text) ON COMMIT DROP");
    etl::pg::CopyIn copy(connection, "COPY new_change FROM STDIN");
    for (const Row& row : source.rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr) continue;
        std::string line = std::to_string(row.change_id) + '\t' + std::to_string(row.number) +
                           '\t' + std::string(name_of(row.mode));
        for (const std::string& text : {wanted_json(row.wanted), change->object, change->key,
                                        change->email_key, change->deal_number}) {
            line += '\t';
            etl::append_copy_text(line, text);
        }
        line += '\t' + std::to_string(change->creates) + (change->pays ? "\tt\t" : "\tf\t");
        etl::append_copy_text(line, differences_json(change->differences));
        line += '\t';
        etl::append_copy_text(line, change->document);
        copy.write(line + "\n");
    }
    copy.finish();
}

// The plan with its changes; rows of the outbox that are not sent get their verdict at once.
// Returns the plan's number; 0: nothing to send.
std::int64_t keep_plan(etl::pg::Connection& connection, const etl::Config& config,
                       const Source& source, const Figures& figures, const std::string& who) {
    etl::pg::Transaction transaction(connection);
    std::vector<NewVerdict> verdicts;
    for (const Row& row : source.rows) {
        if (row.change_id == 0 || std::holds_alternative<Change>(row.outcome)) continue;
        const auto* refusal = std::get_if<Refusal>(&row.outcome);
        verdicts.push_back({row.change_id,
                            refusal != nullptr ? "refused" : "confirmed",
                            true,
                            refusal != nullptr ? "not sent: " + refusal->reason
                                               : "the mirror shows it already; nothing was sent",
                            {}});
    }
    give_verdicts(connection, verdicts, std::nullopt);
    std::int64_t plan = 0;
    if (figures.changes > 0) {
        std::string object;
        for (const Row& row : source.rows)
            if (const auto* change = std::get_if<Change>(&row.outcome))
                object = object.empty() || object == change->object ? change->object : "mixed";
        plan = std::stoll(connection.value(
            "INSERT INTO outbox.plan (name, source, object, mode, query, made_by, expires_at, "
            "requests, creations, payments, already_so, refused, refusals, warnings) "
            "VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::interval, $8, $9, $10, $11, "
            "$12, $13::jsonb, to_jsonb($14::text[])) RETURNING id",
            {source.name, source.kind, object, source.mode, source.query, who,
             etl::format_interval(config.write_back.plan_expiry), std::to_string(figures.changes),
             std::to_string(figures.creations), std::to_string(figures.payments),
             std::to_string(figures.already), std::to_string(figures.refused),
             refusals_json(source.rows), etl::pg::array_literal(figures.warnings)}));
        copy_changes(connection, source);
        connection.query(
            "UPDATE outbox.change c SET plan_id = $1, state = 'planned', row_no = n.row_no, object "
            "= n.object, key = n.key, email_key = n.email_key, deal_number = n.deal_number, "
            "creates = n.creates, "
            "pays = n.pays, differences = n.differences, document = n.document FROM new_change n "
            "WHERE n.change_id = c.id",
            {std::to_string(plan)});
        connection.query(
            "INSERT INTO outbox.change (plan_id, state, mode, wanted, row_no, object, key, "
            "email_key, deal_number, creates, pays, differences, document) "
            "SELECT $1, 'planned', mode, wanted, row_no, object, key, email_key, deal_number, "
            "creates, pays, differences, document FROM new_change WHERE change_id = 0 ORDER BY "
            "row_no",
            {std::to_string(plan)});
        connection.query("UPDATE outbox.plan SET hash = outbox.plan_hash(id) WHERE id = $1",
                         {std::to_string(plan)});
        write_audit(connection, who, "plan", plan,
                    source.name + ": " + std::to_string(figures.changes) + " changes, " +
                        std::to_string(figures.creations) + " creations, " +
                        std::to_string(figures.payments) + " payments, hash " +
                        connection.value("SELECT hash FROM outbox.plan WHERE id = $1",
                                         {std::to_string(plan)}));
    }
    transaction.commit();
    return plan;
}

std::string seconds(etl::Micros time) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return whole < 120 ? std::to_string(whole) + " s" : std::to_string((whole + 59) / 60) + " min";
}

std::string quoted_or_none(const std::string& text) {
    return text.empty() ? "(none)" : "\"" + text + "\"";
}

// One line a reason, since whole groups of rows tend to share one.
void print_refusals(std::ostream& out, const std::vector<Row>& rows) {
    std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
    for (const Row& row : rows) {
        const auto* refusal = std::get_if<Refusal>(&row.outcome);
        if (refusal == nullptr) continue;
        auto at = std::find_if(reasons.begin(), reasons.end(),
                               [&](const auto& known) { return known.first == refusal->reason; });
        if (at == reasons.end()) at = reasons.insert(at, {refusal->reason, {}});
        at->second.push_back("row " + std::to_string(row.number) +
                             (refusal->key.empty() ? "" : " " + refusal->key));
    }
    for (std::size_t i = 0; i < std::min(kShownChanges, reasons.size()); ++i) {
        const auto& [reason, who] = reasons[i];
        out << "  refused, " << who.front();
        if (who.size() > 1) out << " and " << who.size() - 1 << " more";
        out << ": " << reason << '\n';
    }
    if (reasons.size() > kShownChanges)
        out << "  and for " << reasons.size() - kShownChanges
            << " other reasons; --json shows each row\n";
}

void print_plan(Context& context, etl::pg::Connection& connection, const Source& source,
                const Figures& figures, std::int64_t plan) {
    std::ostream& out = context.out;
    const etl::Config::WriteBack& rules = context.config.write_back;
    out << source.name << ": " << source.rows.size() << " rows; " << figures.changes << " changes, "
        << figures.already << " are so already, " << figures.refused << " refused\n";
    std::size_t shown_changes = 0;
    for (const Row& row : source.rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr || ++shown_changes > kShownChanges) continue;
        out << "  " << change->key << '\n';
        for (const Difference& difference : change->differences)
            out << "    " << difference.field << ": "
                << (difference.where.empty() ? "(not exported)" : quoted_or_none(difference.old))
                << " -> " << quoted_or_none(difference.wanted) << '\n';
    }
    if (shown_changes > kShownChanges)
        out << "  and " << shown_changes - kShownChanges << " more: gcmirror push list " << plan
            << '\n';
    print_refusals(out, source.rows);
    for (const std::string& warning : figures.warnings) out << "  note: " << warning << '\n';
    if (plan == 0) {
        out << "Nothing to send; no plan was made.\n";
        return;
    }
    const etl::Zone zone(context.config.getcourse.time_zone);
    const etl::Day today = zone.today(etl::system_clock()->now());
    const std::string used = connection.value(
        "SELECT coalesce(sum(objects) FILTER (WHERE state IN ('reserved', 'made')), 0) FROM "
        "outbox.creation WHERE period = $1",
        {etl::format_day(allowance_period(today, rules.allowance_day))});
    out << "plan " << plan << ": " << figures.changes << " requests, about "
        << seconds((rules.gap + kTypicalAnswer) * figures.changes) << ", "
        << (rules.counts ? "from the budget of exports" : "beside the budget of exports") << '\n';
    if (figures.creations > 0) {
        out << "  creates " << figures.creations << " people and orders; " << used
            << " were created since "
            << etl::format_day(allowance_period(today, rules.allowance_day));
        if (rules.monthly_allowance == 0)
            out << " (the allowance is not known: [write_back] monthly_allowance)\n";
        else if (std::stoll(used) + figures.creations > rules.monthly_allowance)
            out << " of " << rules.monthly_allowance << ": the rest waits until "
                << etl::format_day(next_allowance_period(today, rules.allowance_day)) << '\n';
        else
            out << " of " << rules.monthly_allowance << '\n';
    }
    if (figures.payments > 0)
        out << "  completes " << figures.payments
            << " orders; the service makes a payment for each\n";
    out << "Nothing was sent. Next: gcmirror push approve " << plan << " --by NAME, within "
        << etl::format_duration(rules.plan_expiry) << '\n';
}

void print_plan_json(Context& context, const Source& source, const Figures& figures,
                     std::int64_t plan) {
    Poco::JSON::Object root(Poco::JSON_PRESERVE_KEY_ORDER);
    root.set("plan", plan);
    root.set("name", source.name);
    root.set("rows", source.rows.size());
    root.set("changes", figures.changes);
    root.set("already_so", figures.already);
    root.set("refused", figures.refused);
    root.set("creations", figures.creations);
    root.set("payments", figures.payments);
    Poco::JSON::Parser parser;
    root.set("refusals", parser.parse(refusals_json(source.rows)));
    root.stringify(context.out);
    context.out << '\n';
}

void print_queries(Context& context) {
    std::size_t width = 0;
    const std::vector<WriteBack> queries = write_backs(context.config);
    for (const WriteBack& query : queries) width = std::max(width, query.name.size());
    for (const WriteBack& query : queries)
        context.out << "  " << query.name << std::string(width - query.name.size() + 2, ' ')
                    << query.what << " (" << name_of(query.mode) << ")\n";
    context.out << "  outbox" << std::string(width > 6 ? width - 6 + 2 : 2, ' ')
                << "rows that wait in outbox.change\n"
                << "gcmirror push plan NAME, or --csv FILE.\n";
}

etl::pg::Connection locked_outbox(const etl::Config& config, const std::string& purpose) {
    etl::pg::Connection connection = etl::open_database(config, purpose);
    etl::require_own_database(connection, config);
    etl::pg::lock_or_throw(connection, kPushLock, "another gcmirror push is at work on this school",
                           "Wait until it ends; gcmirror push list shows how far it is.");
    return connection;
}

std::string plan_state(etl::pg::Connection& connection, std::int64_t plan) {
    const auto found = connection.query(
        "SELECT CASE WHEN state IN ('planned', 'approved') AND expires_at < clock_timestamp() THEN "
        "'expired' ELSE state END FROM outbox.plan WHERE id = $1",
        {std::to_string(plan)});
    if (found.empty())
        throw Error(Kind::usage, "there is no plan " + std::to_string(plan),
                    "gcmirror push list shows them.");
    return found.text(0, 0);
}

void print(Context& context, const etl::pg::Result& result) {
    if (context.json)
        print_json(context.out, result);
    else
        print_table(context.out, result);
}

}  // namespace

std::vector<WriteBack> write_backs(const etl::Config& config) {
    std::map<std::string, WriteBack> by_name;
    const auto stem = [](std::string_view name) { return name.substr(0, name.size() - 4); };
    for (const embedded::File& file : embedded::embedded_push())
        if (file.name.size() > 4 && file.name.substr(file.name.size() - 4) == ".sql")
            by_name[std::string(stem(file.name))] = parse_write_back(stem(file.name), file.text);
    if (!config.write_back.dir.empty()) {
        std::error_code failed;
        for (fs::directory_iterator it(config.write_back.dir, failed), end; !failed && it != end;
             it.increment(failed)) {
            if (it->path().extension() != ".sql") continue;
            std::ifstream file(it->path(), std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            by_name[it->path().stem().string()] =
                parse_write_back(it->path().stem().string(), text);
        }
        if (failed)
            throw Error(Kind::usage,
                        "[write_back] dir \"" + config.write_back.dir +
                            "\" cannot be read: " + failed.message(),
                        "Name a directory that exists, or leave it empty.");
    }
    std::vector<WriteBack> all;
    for (auto& [name, query] : by_name) all.push_back(std::move(query));
    return all;
}

int run_push_plan(Context& context, const PushOptions& options) {
    if (options.name.empty() && options.csv.empty()) {
        print_queries(context);
        return 0;
    }
    if (!options.name.empty() && !options.csv.empty())
        throw Error(Kind::usage,
                    "a plan is made from \"" + options.name + "\" or from --csv, not from both",
                    "No plan was made.");
    std::optional<WriteBack> query;
    if (!options.name.empty() && options.name != "outbox") {
        std::vector<std::string> names = {"outbox"};
        for (WriteBack& known : write_backs(context.config)) {
            names.push_back(known.name);
            if (known.name == options.name) query = std::move(known);
        }
        if (!query)
            throw Error(Kind::usage,
                        "there is no write-back \"" + options.name + "\"; the nearest are " +
                            etl::nearest_text(options.name, names),
                        "gcmirror push plan lists them all.");
    }
    const std::string who = options.by.empty() ? operating_system_user() : options.by;
    etl::pg::Connection connection = locked_outbox(context.config, "push plan");
    return without_network([&] {
        Source source = query                 ? from_query(connection, context.config, *query)
                        : options.csv.empty() ? from_outbox(connection)
                                              : from_csv(options);
        decide(connection, context.config, options.create_groups, source.rows);
        const Figures figures = count(source.rows);
        const std::int64_t plan = keep_plan(connection, context.config, source, figures, who);
        if (context.json)
            print_plan_json(context, source, figures, plan);
        else
            print_plan(context, connection, source, figures, plan);
        return figures.refused > 0 ? etl::exit_code(Kind::rejects) : 0;
    });
}

int run_push_approve(Context& context, const PushOptions& options) {
    if (options.by.empty())
        throw Error(Kind::usage, "--by is missing: who approves?",
                    "gcmirror push approve " + std::to_string(options.plan) + " --by NAME");
    etl::pg::Connection connection = locked_outbox(context.config, "push approve");
    const std::string plan = std::to_string(options.plan);
    if (const std::string state = plan_state(connection, options.plan); state != "planned")
        throw Error(Kind::usage,
                    "plan " + plan + " is " + state + "; only a planned one can be approved",
                    "gcmirror push list shows them.");
    etl::pg::Transaction transaction(connection);
    if (!connection
             .query("SELECT hash = outbox.plan_hash(id) FROM outbox.plan WHERE id = $1", {plan})
             .flag(0, 0))
        throw Error(Kind::usage, "plan " + plan + " is not what was planned: its content changed",
                    "gcmirror push cancel " + plan + " and plan again.");
    connection.query(
        "INSERT INTO outbox.approval (plan_id, approved_by, hash) SELECT id, $2, hash FROM "
        "outbox.plan WHERE id = $1",
        {plan, options.by});
    connection.query("UPDATE outbox.plan SET state = 'approved' WHERE id = $1", {plan});
    write_audit(connection, options.by, "approve", options.plan,
                "hash " + connection.value("SELECT hash FROM outbox.plan WHERE id = $1", {plan}));
    transaction.commit();
    context.out << "plan " << plan << " approved by " << options.by << "\nNext: gcmirror push send "
                << plan << '\n';
    return 0;
}

int run_push_list(Context& context, const PushOptions& options) {
    etl::pg::Connection connection = etl::open_database(context.config, "push list");
    const std::string zone = context.config.getcourse.time_zone;
    if (options.plan != 0) {
        (void)plan_state(connection, options.plan);
        print(context,
              connection.query(
                  "SELECT c.id AS change, c.object, c.key, (SELECT string_agg((d ->> 'field') || "
                  "': ' || CASE WHEN d ->> 'old' = '' THEN '' ELSE (d ->> 'old') || ' ' END || '-> "
                  "' || (d ->> 'new'), '; ') "
                  "FROM jsonb_array_elements(c.differences) d) AS what, c.state, "
                  "coalesce(r.message, '') AS message FROM outbox.change c JOIN outbox.result r ON "
                  "r.change_id = c.id WHERE c.plan_id = $1 ORDER BY c.id",
                  {std::to_string(options.plan)}));
        return 0;
    }
    print(
        context,
        connection.query(
            "SELECT p.id AS plan, p.name, CASE WHEN p.state IN ('planned', 'approved') AND "
            "p.expires_at < clock_timestamp() THEN 'expired' ELSE p.state END AS state, "
            "to_char(p.made_at AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS made, p.made_by AS by, "
            "count(c.*) AS changes, count(*) FILTER (WHERE c.state = 'planned') AS to_send, "
            "count(*) FILTER (WHERE c.state IN ('sending', 'written', 'unclear') AND c.settled_at "
            "IS NULL) AS open, count(*) FILTER (WHERE c.state = 'confirmed') AS confirmed, "
            "count(*) FILTER (WHERE c.state = 'refused') AS refused, count(*) FILTER (WHERE "
            "c.state = 'contradicted') AS contradicted "
            "FROM outbox.plan p LEFT JOIN outbox.change c ON c.plan_id = p.id GROUP BY p.id ORDER "
            "BY p.id DESC LIMIT 50",
            {zone}));
    if (!context.json) {
        const std::string waiting = connection.value(
            "SELECT count(*) FROM outbox.change WHERE plan_id IS NULL AND state = 'waiting'");
        if (waiting != "0")
            context.out << waiting << " rows wait in outbox.change: gcmirror push plan outbox\n";
    }
    return 0;
}

int run_push_cancel(Context& context, const PushOptions& options) {
    etl::pg::Connection connection = locked_outbox(context.config, "push cancel");
    const std::string plan = std::to_string(options.plan);
    const std::string state = plan_state(connection, options.plan);
    if (state == "done" || state == "cancelled")
        throw Error(Kind::usage, "plan " + plan + " is " + state + " already",
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
                std::to_string(cancelled.affected()) + " changes");
    const std::string open = connection.value(
        "SELECT count(*) FROM outbox.change WHERE plan_id = $1 AND settled_at IS NULL", {plan});
    transaction.commit();
    context.out << "plan " << plan << " cancelled: " << cancelled.affected()
                << " changes will not be sent";
    if (open != "0")
        context.out << "; " << open << " were sent before, and the next sync still reads them back";
    context.out << '\n';
    return 0;
}

int run_push_verify(Context& context, const PushOptions& options) {
    etl::pg::Connection connection = etl::open_database(context.config, "push verify");
    if (options.plan != 0) (void)plan_state(connection, options.plan);
    const std::string plan = std::to_string(options.plan),
                      zone = context.config.getcourse.time_zone;
    const auto counts = connection.query(
        "SELECT plan_id AS plan, state, count(*) AS changes, count(*) FILTER (WHERE settled_at IS "
        "NULL) AS open FROM outbox.change WHERE plan_id IS NOT NULL AND ($1 = '0' OR plan_id = "
        "$1::bigint) "
        "GROUP BY 1, 2 ORDER BY 1 DESC, 2",
        {plan});
    const auto open = connection.query(
        "SELECT c.plan_id AS plan, c.id AS change, c.key, c.state, to_char(a.sent_at AT TIME ZONE "
        "$2, 'YYYY-MM-DD HH24:MI') AS sent, coalesce(nullif(a.message, ''), r.message, '') AS "
        "message, "
        "coalesce((SELECT string_agg((d ->> 'field') || ' shows ' || coalesce(nullif(d ->> 'old', "
        "''), 'nothing') || ', wanted ' || (d ->> 'new'), '; ') FROM jsonb_array_elements(r.shown) "
        "d), '') AS shown "
        "FROM outbox.change c JOIN outbox.result r ON r.change_id = c.id LEFT JOIN LATERAL (SELECT "
        "* FROM outbox.attempt a WHERE a.change_id = c.id ORDER BY a.id DESC LIMIT 1) a ON true "
        "WHERE c.plan_id IS NOT NULL AND ($1 = '0' OR c.plan_id = $1::bigint) AND (c.settled_at IS "
        "NULL OR c.state IN ('contradicted', 'unclear', 'refused')) AND c.state <> 'planned' ORDER "
        "BY c.plan_id DESC, c.id LIMIT 200",
        {plan, zone});
    const auto breaks = connection.query("SELECT id FROM outbox.audit_breaks");
    if (context.json) {
        context.out << "{\"plans\": ";
        print_json(context.out, counts);
        context.out << ", \"open\": ";
        print_json(context.out, open);
        context.out << ", \"audit_breaks\": " << breaks.rows() << "}\n";
    } else {
        print_table(context.out, counts);
        context.out << "\nopen, or not as wanted:\n";
        print_table(context.out, open);
        context.out << "\naudit: " << connection.value("SELECT count(*) FROM outbox.audit")
                    << " lines, "
                    << (breaks.empty() ? "the chain is whole"
                                       : "BROKEN at line " + breaks.text(0, 0))
                    << '\n';
    }
    return breaks.empty() ? 0 : etl::exit_code(Kind::rejects);
}

}  // namespace jobs
