#include "jobs/push/plan_making.hpp"

#include <Poco/JSON/Object.h>
#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "etl/normalizer.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

std::string wanted_json(const Wanted& wanted) {
    Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    for (const auto& [column, value] : wanted)
        if (value) object.set(column, *value);
    std::ostringstream text;
    object.stringify(text);
    return text.str();
}

School school_of(etl::pg::Connection& connection, const std::vector<PlanRow>& rows,
                 const PlanRules& rules) {
    std::vector<std::string> emails, numbers;
    std::vector<std::int64_t> ids;
    for (const PlanRow& row : rows) {
        const Keys keys = keys_of(row.wanted, object_of(row.wanted), rules);
        emails.push_back(keys.email_key);
        numbers.push_back(keys.deal_number);
        if (keys.user_id != 0) ids.push_back(keys.user_id);
    }
    return read_school(connection, emails, numbers, ids);
}

// Object, key and field that an open change holds -> which change.
using Held = std::map<std::string, std::string>;

std::string held_key(const Change& change, const Difference& difference) {
    return fmt::format("{} {}\n{}", change.object, change.key,
                       difference.where.empty() ? difference.field : difference.where);
}

Held read_held(etl::pg::Connection& connection) {
    const auto found = connection.query(push_sql("held_fields"));
    Held held;
    for (std::size_t i = 0; i < found.rows(); ++i) held[found.text(i, 0)] = found.text(i, 1);
    return held;
}

// An open change of the same field would make this one's outcome unreadable.
void refuse_held(PlanRow& row, const Held& held) {
    const auto* change = std::get_if<Change>(&row.outcome);
    if (change == nullptr) return;
    for (const Difference& difference : change->differences) {
        const auto other = held.find(held_key(*change, difference));
        if (other == held.end()) continue;
        row.outcome = Refusal{change->key, fmt::format("another change of its {} is open: {}",
                                                       difference.field, other->second)};
        return;
    }
}

void copy_changes(etl::pg::Connection& connection, const PushSource& source) {
    connection.execute(push_sql("new_change"));
    etl::pg::CopyIn copy(connection, "COPY new_change FROM STDIN");
    for (const PlanRow& row : source.rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr) continue;
        std::string line =
            fmt::format("{}\t{}\t{}\t{}\t{}", row.change_id, row.number, name_of(row.mode),
                        change->creates, change->pays ? 't' : 'f');
        for (const std::string& text :
             {wanted_json(row.wanted), change->object, change->key, change->email_key,
              change->deal_number, differences_json(change->differences), change->document,
              change->cost}) {
            line += '\t';
            etl::append_copy_text(line, text);
        }
        copy.write(line + "\n");
    }
    copy.finish();
}

std::vector<ChangeVerdict> verdicts_of(const std::vector<PlanRow>& rows) {
    std::vector<ChangeVerdict> verdicts;
    for (const PlanRow& row : rows) {
        if (row.change_id == 0 || std::holds_alternative<Change>(row.outcome)) continue;
        const auto* refusal = std::get_if<Refusal>(&row.outcome);
        verdicts.push_back({row.change_id,
                            refusal != nullptr ? "refused" : "confirmed",
                            true,
                            refusal != nullptr ? "not sent: " + refusal->reason
                                               : "the mirror shows it already; nothing was sent",
                            {}});
    }
    return verdicts;
}

std::string object_of(const std::vector<PlanRow>& rows) {
    std::string object;
    for (const PlanRow& row : rows)
        if (const auto* change = std::get_if<Change>(&row.outcome))
            object = object.empty() || object == change->object ? change->object : "mixed";
    return object;
}

std::string insert_plan(etl::pg::Connection& connection, const etl::Config& config,
                        const PushSource& source, const PlanFigures& figures,
                        const MirrorState& state, const std::string& who) {
    return connection.value(
        push_sql("insert_plan"),
        {source.name, source.kind, object_of(source.rows), source.mode, source.query, who,
         etl::format_interval(config.write_back.plan_expiry), std::to_string(figures.changes),
         std::to_string(figures.creations), std::to_string(figures.payments),
         std::to_string(figures.already), std::to_string(figures.refused),
         refusals_json(source.rows), etl::pg::array_literal(figures.warnings), state.as_of,
         operating_system_user()});
}

}  // namespace

void decide(etl::pg::Connection& connection, const etl::Config& config, bool create_groups,
            std::vector<PlanRow>& rows) {
    const etl::Zone zone(config.getcourse.time_zone);
    const PlanRules rules{config.write_back.order_prefix, create_groups};
    const School school = school_of(connection, rows, rules);
    const Held held = read_held(connection);
    std::map<std::string, int> times;  // object and key -> rows
    for (PlanRow& row : rows) {
        if (const auto* refused = std::get_if<Refusal>(&row.outcome);
            refused != nullptr && !refused->reason.empty())
            continue;
        row.outcome = plan_change(row.wanted, row.mode, school, rules, zone);
        if (const auto* change = std::get_if<Change>(&row.outcome))
            ++times[change->object + " " + change->key];
        refuse_held(row, held);
    }
    for (PlanRow& row : rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr) continue;
        if (const int n = times[change->object + " " + change->key]; n > 1)
            row.outcome =
                Refusal{change->key, fmt::format("stands in {} rows: two changes for one key", n)};
    }
}

PlanFigures count(const std::vector<PlanRow>& rows) {
    PlanFigures figures;
    for (const PlanRow& row : rows) {
        const auto* change = std::get_if<Change>(&row.outcome);
        if (change == nullptr) {
            ++(std::holds_alternative<AlreadySo>(row.outcome) ? figures.already : figures.refused);
            continue;
        }
        ++figures.changes;
        figures.creations += change->creates;
        figures.payments += change->pays ? 1 : 0;
        for (const std::string& warning : change->warnings)
            if (std::find(figures.warnings.begin(), figures.warnings.end(), warning) ==
                figures.warnings.end())
                figures.warnings.push_back(warning);
    }
    return figures;
}

std::string refusals_json(const std::vector<PlanRow>& rows) {
    Poco::JSON::Array list;
    for (const PlanRow& row : rows) {
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

std::int64_t keep_plan(etl::pg::Connection& connection, const etl::Config& config,
                       const PushSource& source, const PlanFigures& figures,
                       const MirrorState& state, const std::string& who,
                       const std::function<void(std::int64_t)>& also) {
    etl::pg::Transaction transaction(connection);
    give_verdicts(connection, verdicts_of(source.rows), std::nullopt);
    if (figures.changes == 0) {
        if (also) also(0);
        transaction.commit();
        return 0;
    }
    const std::string plan = insert_plan(connection, config, source, figures, state, who);
    copy_changes(connection, source);
    connection.query(push_sql("plan_waiting_changes"), {plan});
    connection.query(push_sql("plan_new_changes"), {plan});
    const std::string hash = connection.value(
        "UPDATE outbox.plan SET hash = outbox.plan_hash(id) WHERE id = $1 RETURNING hash", {plan});
    write_audit(connection, who, "plan", std::stoll(plan),
                fmt::format("{}: {} changes, {} creations, {} payments, hash {}", source.name,
                            figures.changes, figures.creations, figures.payments, hash));
    if (also) also(std::stoll(plan));
    transaction.commit();
    return std::stoll(plan);
}

}  // namespace jobs
