#include "jobs/sync/group_queries.hpp"

#include <algorithm>

#include "jobs/sync/sql.hpp"
#include "schema/naming.hpp"

namespace jobs {
namespace {

using etl::ExportRow;
using etl::ExportState;

bool lacks(const schema::Layout& layout, const char* column) {
    return std::find(layout.absent.begin(), layout.absent.end(), column) != layout.absent.end();
}

// Whether people come without their groups for good: tonight's readable bodies lack the column,
// and none that was loaded within the sweep's time had it. A body that will be refused, or a column
// that is away for a night, is not taken at its word.
enum class Groups { unknown, with, without };
Groups groups_of_people(const GroupInputs& inputs) {
    Groups seen = Groups::unknown;
    for (const ExportRow& row : inputs.journal.exports({ExportState::received})) {
        if (row.query.resource != "users") continue;
        const schema::Layout layout = schema::assign(schema::users(), row.headings, {}, {});
        if (!layout.missing_required.empty()) continue;
        if (!lacks(layout, "groups")) return Groups::with;
        seen = Groups::without;
    }
    if (seen != Groups::without) return seen;
    const auto before = inputs.connection.query(
        sync_sql("people_headings"),
        {etl::format_instant(inputs.journal.now() - inputs.config.sync.sweep)});
    for (std::size_t i = 0; i < before.rows(); ++i)
        if (!lacks(schema::assign(schema::users(), etl::pg::parse_array(before.text(i, 0)), {}, {}),
                   "groups"))
            return Groups::unknown;
    return Groups::without;
}

PlannedQuery members_of(const etl::Group& group, std::string why) {
    PlannedQuery planned;
    planned.query.resource = "group_users";
    planned.query.group_id = group.id;
    planned.why = std::move(why);
    return planned;
}

// When the members of a group, or the people of whom they are, were last read.
std::optional<etl::Instant> last_read(const GroupInputs& inputs, std::string_view statement,
                                      std::int64_t group_id) {
    const auto found = inputs.connection.query(sync_sql(statement), {std::to_string(group_id)});
    return etl::parse_instant(found.text(0, 0));
}

}  // namespace

std::vector<PlannedQuery> group_queries(const GroupInputs& inputs) {
    std::optional<ExportRow> list;
    for (const ExportRow& row : inputs.journal.exports({ExportState::received}))
        if (row.query.resource == "groups") list = row;
    const Groups people = groups_of_people(inputs);
    if (!list || people == Groups::unknown) return {};
    const etl::Instant swept = inputs.journal.now() - inputs.config.sync.sweep;
    // Every person has been read since: by the first reading, or by the sweep.
    const auto first = last_read(inputs, "people_first_read", 0);
    if (people == Groups::with && !first) return {};
    std::vector<std::pair<etl::Instant, PlannedQuery>> due;
    for (const etl::Group& group :
         etl::decode_groups(etl::kept_body(inputs.journal, list->body_id))) {
        const auto added = etl::read_timestamp(group.last_added_at, inputs.zone);
        if (!added.value) continue;  // nobody ever joined
        // The moment is cut to its second, so a read within it may have come before.
        const etl::Instant after = *added.value + std::chrono::seconds{1};
        const auto read = last_read(inputs, "group_last_read", group.id);
        if (people == Groups::without) {
            if (!read || *read <= std::max(after, swept))
                due.emplace_back(after, members_of(group,
                                                   "users came without their groups; somebody "
                                                   "joined since this one was last read"));
            continue;
        }
        const etl::Instant since = std::max({*first, swept, read.value_or(*first)});
        if (since > after) continue;
        PlannedQuery moved = members_of(
            group, "somebody joined group \"" + group.name + "\" since its members were last read");
        moved.query.filter = "added_at";
        moved.query.to = inputs.day_of(inputs.journal.now());
        moved.query.from = std::min(inputs.day_of(since) - std::chrono::days{1}, *moved.query.to);
        due.emplace_back(after, std::move(moved));
    }
    std::sort(due.begin(), due.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    if (people == Groups::with && due.size() > std::size_t{kMovedGroups}) due.resize(kMovedGroups);
    std::vector<PlannedQuery> out;
    for (auto& [at, planned] : due) out.push_back(std::move(planned));
    return out;
}

}  // namespace jobs
