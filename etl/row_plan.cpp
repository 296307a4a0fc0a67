#include "etl/row_plan.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "etl/json.hpp"

namespace etl {
namespace {

using schema::Slot;
using schema::Type;
using Positions = std::map<std::string, int>;

constexpr std::uint64_t kLayoutSeed = 0x6c61;  // any fixed seed, not that of keys

std::uint64_t seed_of(const std::string& name) { return XXH3_64bits(name.data(), name.size()); }

// A seed's share in the hash of the layout: a sum over these does not depend on their order.
std::uint64_t spread(std::uint64_t seed) {
    return XXH3_64bits_withSeed(&seed, sizeof seed, kLayoutSeed);
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

int place_of(const Positions& positions, const std::string& name) {
    const auto at = positions.find(name);
    return at == positions.end() ? -1 : at->second;
}

RowPlan::Output output_for(const schema::Table& table, const std::string& name,
                           const Positions& positions, const Constants& constants) {
    RowPlan::Output output;
    output.column = schema::find_column(table, name);
    output.seed = seed_of(name);
    output.position = place_of(positions, name);
    output.source = place_of(positions, output.column->source);
    for (const auto& [constant, text] : constants)
        if (constant == name && output.position < 0) output.constant = text;
    for (std::size_t k = 0; k < table.key.size(); ++k)
        if (table.key[k] == name) output.key = static_cast<int>(k);
    output.plain_text = output.column->type == Type::text &&
                        output.column->derive == schema::Derive::none && !output.constant &&
                        output.key < 0;
    output.is_currency = name == "currency";
    output.is_status = name == "status";
    return output;
}

// Where amounts, currency and status come from: a derived one reads what it is made of.
std::vector<bool> money_cells(const RowPlan& plan, const schema::Layout& layout) {
    std::vector<bool> cells(layout.slots.size(), false);
    for (const RowPlan::Output& output : plan.outputs)
        if (output.money >= 0 || output.is_currency || output.is_status)
            for (const int position : {output.position, output.source})
                if (position >= 0) cells[static_cast<std::size_t>(position)] = true;
    while (!cells.empty() && !cells.back()) cells.pop_back();
    return cells;
}

// The zone's rules as they are known here: a newer tzdata reads the same local times anew.
std::string rules_of(const Zone& zone) {
    std::string rules = zone.name();
    for (int year = 2005; year < 2045; ++year)
        for (unsigned month = 1; month <= 12; ++month)
            rules += fmt::format(
                "|{}", zone.begin_of(Day{std::chrono::year{year} / std::chrono::month{month} / 1})
                           .time_since_epoch()
                           .count());
    return rules;
}

std::uint64_t reading_of(const schema::Table& table, const schema::Layout& layout,
                         const RowPlan& plan, const Zone& zone) {
    std::string all = fmt::format("{}|{}|{}|{}|{}", kReadingVersion, table.name,
                                  layout.slots.size(), layout.heading_currency, rules_of(zone));
    bool begins_with_key = false;
    for (const RowPlan::Output& output : plan.outputs) {
        all += fmt::format("|{}={},{},{}", output.column->name, output.position, output.source,
                           output.constant.value_or(""));
        begins_with_key = begins_with_key || (output.key == 0 && output.position == 0);
    }
    for (const RowPlan::Custom& custom : plan.customs)
        all += fmt::format("|{}{}", custom.name_and_colon, custom.position);
    all += fmt::format("|{}", plan.groups_position);
    if (!begins_with_key || table.key.size() != 1) return 0;
    return XXH3_64bits(all.data(), all.size()) | 1U;
}

}  // namespace

RowPlan plan_rows(const schema::Table& table, const schema::Layout& layout,
                  const Constants& constants, const std::vector<std::string>& quarantined,
                  const Zone& zone) {
    RowPlan plan;
    Positions positions;
    for (std::size_t i = 0; i < layout.slots.size(); ++i) {
        const Slot& slot = layout.slots[i];
        if (slot.kind == Slot::Kind::column)
            positions[table.columns[static_cast<std::size_t>(slot.column)].name] =
                static_cast<int>(i);
        if (slot.kind != Slot::Kind::custom || !table.has_custom) continue;
        const schema::CustomField& field = layout.custom[static_cast<std::size_t>(slot.custom)];
        if (holds(quarantined, field.name)) continue;
        plan.customs.push_back(
            {&field, static_cast<int>(i), seed_of(field.name), json_string(field.name) + ':'});
    }
    plan.present = schema::present(table, layout);
    std::erase_if(plan.present.custom_names,
                  [&](const std::string& name) { return holds(quarantined, name); });
    for (const auto& [name, text] : constants)
        if (!holds(plan.present.columns, name)) plan.present.columns.push_back(name);
    for (const std::string& name : plan.present.columns) {
        RowPlan::Output output = output_for(table, name, positions, constants);
        if (output.column->type == Type::money) {
            output.money = static_cast<int>(plan.money_columns.size());
            plan.money_columns.push_back(name);
        }
        plan.outputs.push_back(std::move(output));
    }
    for (const RowPlan::Output& output : plan.outputs) plan.layout_seed += spread(output.seed);
    for (const RowPlan::Custom& custom : plan.customs) plan.layout_seed += spread(custom.seed);
    if (plan.present.groups) plan.layout_seed += spread(1);
    for (const schema::Status& known : schema::statuses(table.name))
        for (const std::string& label : known.labels)
            plan.status_codes[schema::fold(label)] = known.code;
    for (const schema::Column& column : table.columns)
        if (column.type == Type::group_list && place_of(positions, column.name) >= 0) {
            plan.groups_position = place_of(positions, column.name);
            plan.groups_seed = seed_of(column.name);
        }
    plan.money_cells = money_cells(plan, layout);
    plan.reading = reading_of(table, layout, plan, zone);
    return plan;
}

std::string heading_at(const schema::Table& table, const schema::Layout& layout,
                       std::size_t position) {
    if (position < layout.slots.size()) {
        const Slot& slot = layout.slots[position];
        if (slot.kind == Slot::Kind::column) {
            const schema::Column& column = table.columns[static_cast<std::size_t>(slot.column)];
            return column.headings.empty() ? column.name : column.headings.front();
        }
        if (slot.kind == Slot::Kind::custom && slot.custom >= 0)
            return layout.custom[static_cast<std::size_t>(slot.custom)].title;
    }
    return fmt::format("column {}", position + 1);
}

}  // namespace etl
