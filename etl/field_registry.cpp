#include "etl/field_registry.hpp"

#include <fmt/format.h>

#include <fmt/core.h>

#include <map>
#include <utility>

#include "etl/api.hpp"
#include "etl/gzip.hpp"

namespace etl {
namespace {

// The fields list known when this export was made: the newest before it, else the newest at all.
std::vector<schema::Field> fields_for(const LoadTask& task) {
    const auto found = task.connection.query(
        "SELECT body_id FROM journal.export WHERE resource = 'fields' AND body_id <> 0 ORDER BY "
        "(id <= $1) DESC, id DESC LIMIT 1",
        {std::to_string(task.row.id)});
    if (found.empty()) return {};
    std::vector<schema::Field> fields = decode_fields(kept_body(task.journal, found.number(0, 0)));
    const std::string context = task.table.name == "deals" ? "deal" : "user";
    std::erase_if(fields, [&](const schema::Field& field) { return field.context != context; });
    return fields;
}

// An absent column is amber for so long; afterwards the account is one that does not have it.
constexpr std::chrono::days kAbsentSaid{7};

using Titles = std::map<std::string, std::string>;  // column or custom name -> heading as met

// A body before this one, of the same kind: the newest, or the newest with a heading.
struct Earlier {
    Instant state{};
    std::vector<std::string> headings;
};
std::optional<Earlier> earlier_body(const LoadTask& task, const std::string& heading) {
    const auto found = task.connection.query(
        "SELECT to_char(coalesce(started_at, received_at, intended_at) AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), headings FROM journal.export WHERE resource = $1 "
        "AND state = 'loaded' AND NOT repeated AND id <> $2 AND ($3 = '' OR $3 = ANY (headings)) "
        "ORDER BY coalesce(started_at, received_at, intended_at) DESC LIMIT 1",
        {task.row.query.resource, std::to_string(task.row.id), heading});
    if (found.empty()) return std::nullopt;
    return Earlier{parse_instant(found.text(0, 0)).value_or(Instant{}),
                   pg::parse_array(found.text(0, 1))};
}

bool said_in_this_run(const LoadTask& task) {
    return !task.connection
                .query(
                    "SELECT 1 FROM journal.export WHERE loaded_run_id = $1 AND state = 'loaded' "
                    "AND NOT repeated "
                    "AND resource = $2 AND headings = $3::text[] AND id <> $4",
                    {std::to_string(task.run_id), task.row.query.resource,
                     pg::array_literal(task.row.headings), std::to_string(task.row.id)})
                .empty();
}

std::string sentence_of_absent(const LoadTask& task, const std::string& name,
                               const std::string& title, Instant state) {
    if (name == "groups")
        return fmt::format("{}: no column of groups (\"{}\"); memberships stay as of {}",
                           task.table.name, title, task.local(state));
    return fmt::format("{}: no column \"{}\"; {} stays as of {}", task.table.name, title, name,
                       task.local(state));
}

std::vector<schema::CustomField> registry(const LoadTask& task) {
    const auto found = task.connection.query(
        "SELECT field_id, title, ordinal, name, type, source FROM mirror.custom_fields WHERE "
        "table_name = $1 ORDER BY position",
        {task.table.name});
    std::vector<schema::CustomField> fields;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        schema::CustomField field;
        field.table = task.table.name;
        if (found.at(i, 0)) field.field_id = found.number(i, 0);
        field.title = found.text(i, 1);
        field.ordinal = static_cast<int>(found.number(i, 2));
        field.name = found.text(i, 3);
        field.type = found.text(i, 4);
        field.source = found.text(i, 5);
        if (!field.source.empty()) field.ordinal = 0;  // no heading is this one: its name is taken
        fields.push_back(std::move(field));
    }
    return fields;
}

// Reads headings as the school's columns stand now.
class Columns {
public:
    explicit Columns(const LoadTask& task) : task_(task), registry_(registry(task)) {
        if (task.table.has_custom) fields_ = fields_for(task);
        const auto extra = task.config.headings.find(task.table.name);
        if (extra != task.config.headings.end()) extra_ = extra->second;
    }
    [[nodiscard]] schema::Layout layout(const std::vector<std::string>& headings) const {
        return schema::assign(task_.table, headings, fields_, registry_, extra_);
    }
    [[nodiscard]] Titles titles(const std::vector<std::string>& headings) const {
        const schema::Layout read = layout(headings);
        Titles titles;
        for (std::size_t i = 0; i < read.slots.size(); ++i) {
            const schema::Slot& slot = read.slots[i];
            if (slot.kind == schema::Slot::Kind::column)
                titles[task_.table.columns[static_cast<std::size_t>(slot.column)].name] =
                    headings[i];
            if (slot.kind == schema::Slot::Kind::custom && task_.table.has_custom)
                titles[read.custom[static_cast<std::size_t>(slot.custom)].name] = headings[i];
        }
        return titles;
    }
    // Every column that a body of this table ever had.
    [[nodiscard]] Titles known() const {
        const auto layouts = task_.connection.query(
            "SELECT headings FROM journal.heading WHERE table_name = $1 ORDER BY first_seen",
            {task_.table.name});
        Titles all;
        for (std::size_t i = 0; i < layouts.rows(); ++i)
            for (const auto& [name, title] : titles(pg::parse_array(layouts.text(i, 0))))
                all[name] = title;
        return all;
    }

private:
    const LoadTask& task_;
    std::vector<schema::Field> fields_;
    std::vector<schema::CustomField> registry_;
    std::vector<std::pair<std::string, std::string>> extra_;
};

}  // namespace

schema::Layout layout_of(const LoadTask& task, const std::vector<std::string>& headings) {
    return Columns(task).layout(headings);
}

void register_fields(const LoadTask& task, const schema::Layout& layout, Loaded& loaded) {
    const Config::Sync& sync = task.config.sync;
    for (const int index : layout.new_custom) {
        const schema::CustomField& field = layout.custom[static_cast<std::size_t>(index)];
        const pg::Param id =
            field.field_id ? pg::Param(std::to_string(*field.field_id)) : std::nullopt;
        const auto done = task.connection.query(
            "INSERT INTO mirror.custom_fields AS f (table_name, field_id, title, ordinal, name, "
            "type, position, policy) "
            "SELECT $1, $2, $3, $4, $5, $6, coalesce(max(position), 0) + 1, $7 FROM "
            "mirror.custom_fields WHERE table_name = $1 "
            "ON CONFLICT (table_name, name) DO UPDATE SET title = EXCLUDED.title, ordinal = "
            "EXCLUDED.ordinal, "
            "field_id = coalesce(f.field_id, EXCLUDED.field_id) RETURNING (xmax = 0)",
            {field.table, id, field.title, std::to_string(field.ordinal), field.name, field.type,
             field.table == "deals" ? sync.deals_new_fields : sync.users_new_fields});
        if (done.flag(0, 0))
            loaded.notes.push_back("new custom field of " + field.table + ": \"" + field.title +
                                   "\" as " + field.name);
    }
}

void announce_absent(const LoadTask& task, const std::vector<std::string>& headings,
                     Loaded& loaded) {
    if (task.row.headings.empty() || task.row.repeated) return;
    const std::optional<Earlier> before = earlier_body(task, {});
    if (!before || before->state > task.state || said_in_this_run(task)) return;
    const Columns columns(task);
    const Titles now = columns.titles(headings), last = columns.titles(before->headings);
    for (const auto& [name, title] : columns.known()) {
        if (now.contains(name)) {
            if (!last.contains(name))
                loaded.notes.push_back(
                    fmt::format("{}: the column \"{}\" is back", task.table.name, now.at(name)));
            continue;
        }
        const std::optional<Earlier> had = earlier_body(task, title);
        if (!had || task.state - had->state > kAbsentSaid) continue;
        loaded.warn(sentence_of_absent(task, name, title, had->state));
    }
}

void remember_layout(const LoadTask& task, const schema::Layout& layout, Loaded& loaded) {
    const std::string& table = task.table.name;
    const auto known = task.connection.query(
        "SELECT count(*) FROM journal.heading WHERE table_name = $1", {table});
    const auto done = task.connection.query(
        "INSERT INTO journal.heading (table_name, layout, headings, export_id, problems) VALUES "
        "($1, md5($2::text[]::text), $2::text[], $3, $4::text[]) "
        "ON CONFLICT DO NOTHING",
        {table, pg::array_literal(task.row.headings), std::to_string(task.row.id),
         pg::array_literal(layout.problems)});
    if (done.affected() == 0) return;
    if (known.number(0, 0) > 0)
        loaded.notes.push_back(
            fmt::format("the layout of {} changed: {} columns", table, task.row.headings.size()));
    for (const std::string& problem : layout.problems)
        loaded.notes.push_back(table + ": " + problem);
}

std::vector<std::string> quarantined_fields(const LoadTask& task) {
    std::vector<std::string> names;
    if (!task.table.has_custom) return names;
    const auto found = task.connection.query(
        "SELECT name FROM mirror.custom_fields WHERE table_name = $1 AND policy = 'quarantine'",
        {task.table.name});
    for (std::size_t i = 0; i < found.rows(); ++i) names.push_back(found.text(i, 0));
    return names;
}

namespace {

// Every value of the field that passed reads as the type. False: not known, or not so.
bool all_read(const LoadTask& task, const std::vector<FieldValues>& passed, const std::string& name,
              const std::string& type) {
    bool met = false;
    for (const FieldValues& field : passed) {
        if (field.name() != name) continue;
        if (!field.all_read(task.connection, type)) return false;
        met = true;
    }
    return met;
}

}  // namespace

void settle_types(const LoadTask& task, const schema::Layout& layout,
                  const std::vector<FieldValues>* passed) {
    for (const int index : layout.new_custom) {
        const schema::CustomField& field = layout.custom[static_cast<std::size_t>(index)];
        if (field.type == "text") continue;
        if (passed != nullptr && all_read(task, *passed, field.name, field.type)) continue;
        task.connection.query(
            "UPDATE mirror.custom_fields f SET type = 'text' WHERE f.table_name = $1 AND f.name = "
            "$2 AND f.type <> 'text' AND NOT EXISTS "
            "(SELECT FROM information_schema.columns c WHERE c.table_schema = 'mirror' AND "
            "c.table_name = $1 || '_wide' AND c.column_name = $2) AND EXISTS "
            "(SELECT FROM " +
                task.mirror() + " t WHERE t.custom->>$2 IS NOT NULL AND mirror.as_" + field.type +
                "(t.custom->>$2) IS NULL)",
            {task.table.name, field.name});
    }
}

namespace {

// A column at the end of the wide view with the field's text, unless it has one.
void add_text_column(const LoadTask& task, const std::string& name, const std::string& title) {
    std::vector<std::string> taken;
    for (const schema::CustomField& field : registry(task)) {
        if (field.source == name) return;
        taken.push_back(field.name);
    }
    task.connection.query(
        "INSERT INTO mirror.custom_fields (table_name, title, ordinal, name, type, position, "
        "source) SELECT $1, $2, 1, $3, 'text', max(position) + 1, $4 FROM mirror.custom_fields "
        "WHERE table_name = $1",
        {task.table.name, title + " (text)",
         schema::free_name(name + "_text", std::nullopt, 1, task.table, taken), name});
}

}  // namespace

void count_misfits(const LoadTask& task, const std::vector<FieldValues>& passed, Loaded& loaded) {
    if (!task.table.has_custom || loaded.counts.inserted + loaded.counts.changed == 0) return;
    const auto typed = task.connection.query(
        "SELECT name, type, title, misfits FROM mirror.custom_fields WHERE table_name = $1 AND "
        "type <> 'text' AND policy = 'evolve'",
        {task.table.name});
    for (std::size_t i = 0; i < typed.rows(); ++i) {
        const std::string name = typed.text(i, 0), type = typed.text(i, 1);
        // a row that this load wrote has what passed in the body's fields
        if (typed.number(i, 3) == 0 && all_read(task, passed, name, type)) continue;
        const std::string misfit =
            "t.custom->>$1 IS NOT NULL AND mirror.as_" + type + "(t.custom->>$1) IS NULL";
        const bool now = task.connection
                             .query("SELECT EXISTS (SELECT FROM " + task.mirror() +
                                        " t WHERE t.export_id = $2 AND " + misfit + ")",
                                    {name, std::to_string(task.row.id)})
                             .flag(0, 0);
        if (!now && typed.number(i, 3) == 0) continue;
        const auto all = task.connection.query(
            "UPDATE mirror.custom_fields f SET misfits = (SELECT count(*) FROM " + task.mirror() +
                " t WHERE " + misfit +
                ") WHERE f.table_name = $2 AND f.name = $1 RETURNING misfits",
            {name, task.table.name});
        if (all.number(0, 0) <= typed.number(i, 3)) continue;
        add_text_column(task, name, typed.text(i, 2));
        loaded.warn(fmt::format(
            "{}: {} values of \"{}\" do not read as {}; they are empty in {}_wide.{} and stand as "
            "text in a column beside it",
            task.table.name, all.text(0, 0), typed.text(i, 2), type, task.table.name, name));
    }
}

}  // namespace etl
