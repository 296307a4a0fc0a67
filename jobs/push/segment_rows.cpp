#include "jobs/push/segment_rows.hpp"

#include <Poco/JSON/Array.h>
#include <fmt/core.h>

#include <set>
#include <sstream>

#include "etl/normalizer.hpp"
#include "etl/value.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

constexpr std::size_t kLongestKey = 500;  // bytes, for its index

using Standing = SegmentRow::Standing;

// The person or order of a key, as a row names them.
Wanted named(const std::string& key) {
    const std::size_t blank = key.find(' ');
    const std::string object = key.substr(0, blank), name = key.substr(blank + 1);
    if (object == "deals") return {{"deal_number", name}};
    return {{object == "id" ? "user_id" : "email", name}};
}

void add_those_that_left(PushSource& source, const SegmentMemory& memory,
                         const std::set<std::string>& present, const Wanted& leave,
                         SegmentFigures& figures) {
    std::int64_t number = figures.rows;
    for (const auto& [key, row] : memory) {
        if (present.contains(key)) continue;
        Wanted wanted = named(key);
        wanted.insert(wanted.end(), leave.begin(), leave.end());
        if (!leave.empty() && segment_text(wanted) == row.wanted &&
            row.standing != Standing::unsent)
            continue;  // said already
        ++figures.left;
        if (leave.empty()) {
            figures.forgotten.push_back(key);
            continue;
        }
        source.rows.push_back({++number, 0, Mode::update, std::move(wanted), {}});
    }
}

}  // namespace

std::string segment_key(const Wanted& wanted, const PlanRules& rules) {
    const std::string object = object_of(wanted);
    const Keys keys = keys_of(wanted, object, rules);
    std::string key = object == "deals"         ? "deals " + keys.deal_number
                      : !keys.email_key.empty() ? "users " + keys.email_key
                      : keys.user_id != 0       ? "id " + std::to_string(keys.user_id)
                                                : "";
    if (key == "deals " || key.size() > kLongestKey) key.clear();
    return key;
}

std::string segment_text(const Wanted& wanted) {
    std::map<std::string, std::string> sorted;
    for (const auto& [column, value] : wanted)
        if (value && column != "note")
            sorted[column] = column == "email" ? etl::email_key(*value) : *value;
    Poco::JSON::Array list;
    for (const auto& [column, value] : sorted) {
        list.add(column);
        list.add(value);
    }
    std::ostringstream text;
    list.stringify(text);
    return text.str();
}

SegmentFigures keep_what_changed(PushSource& source, const SegmentMemory& memory,
                                 const Wanted& leave, const PlanRules& rules) {
    SegmentFigures figures;
    figures.rows = static_cast<std::int64_t>(source.rows.size());
    std::map<std::string, int> times;
    for (const PlanRow& row : source.rows) ++times[segment_key(row.wanted, rules)];
    std::set<std::string> present;
    std::vector<PlanRow> changed;
    for (PlanRow& row : source.rows) {
        const std::string key = segment_key(row.wanted, rules);
        present.insert(key);
        if (!key.empty() && times[key] > 1)
            row.outcome =
                Refusal{key.substr(key.find(' ') + 1),
                        fmt::format("stands in {} rows: two changes for one key", times[key])};
        const auto known = memory.find(key);
        const bool same = !key.empty() && times[key] == 1 && known != memory.end() &&
                          known->second.wanted == segment_text(row.wanted);
        if (same && known->second.standing == Standing::sent)
            ++figures.unchanged;
        else if (same && known->second.standing == Standing::open)
            ++figures.open;
        else
            changed.push_back(std::move(row));
    }
    source.rows = std::move(changed);
    add_those_that_left(source, memory, present, leave, figures);
    return figures;
}

SegmentMemory read_segment_memory(etl::pg::Connection& connection, const std::string& segment) {
    const auto found = connection.query(push_sql("segment_memory"), {segment});
    SegmentMemory memory;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const std::string standing = found.text(i, 2);
        memory[found.text(i, 0)] = {found.text(i, 1), standing == "sent"   ? Standing::sent
                                                      : standing == "open" ? Standing::open
                                                                           : Standing::unsent};
    }
    return memory;
}

void remember(etl::pg::Connection& connection, const std::string& segment, std::int64_t plan,
              const PushSource& source, const SegmentFigures& figures, const PlanRules& rules) {
    connection.execute(
        "CREATE TEMPORARY TABLE new_segment_row (key text, wanted text, row_no bigint) ON COMMIT "
        "DROP");
    etl::pg::CopyIn copy(connection, "COPY new_segment_row FROM STDIN");
    for (const PlanRow& row : source.rows) {
        const std::string key = segment_key(row.wanted, rules);
        if (key.empty() || std::holds_alternative<Refusal>(row.outcome)) continue;
        std::string line;
        etl::append_copy_text(line, key);
        line += '\t';
        etl::append_copy_text(line, segment_text(row.wanted));
        copy.write(fmt::format("{}\t{}\n", line,
                               std::holds_alternative<Change>(row.outcome) ? row.number : 0));
    }
    copy.finish();
    connection.query(push_sql("segment_remember"), {segment, std::to_string(plan)});
    connection.query("DELETE FROM outbox.segment_row WHERE segment = $1 AND key = ANY ($2::text[])",
                     {segment, etl::pg::array_literal(figures.forgotten)});
}

}  // namespace jobs
