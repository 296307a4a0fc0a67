#include "etl/field_registry.hpp"

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

std::vector<schema::CustomField> registry(const LoadTask& task) {
    const auto found = task.connection.query(
        "SELECT field_id, title, ordinal, name, type FROM mirror.custom_fields WHERE table_name = "
        "$1 ORDER BY position",
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
        fields.push_back(std::move(field));
    }
    return fields;
}

}  // namespace

schema::Layout layout_of(const LoadTask& task, const std::vector<std::string>& headings) {
    std::vector<schema::Field> fields;
    if (task.table.has_custom) fields = fields_for(task);
    const auto extra = task.config.headings.find(task.table.name);
    return schema::assign(task.table, headings, fields, registry(task),
                          extra == task.config.headings.end()
                              ? std::vector<std::pair<std::string, std::string>>{}
                              : extra->second);
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
        loaded.notes.push_back("the layout of " + table + " changed: " +
                               std::to_string(task.row.headings.size()) + " columns");
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

void settle_types(const LoadTask& task, const schema::Layout& layout) {
    for (const int index : layout.new_custom) {
        const schema::CustomField& field = layout.custom[static_cast<std::size_t>(index)];
        if (field.type == "text") continue;
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

}  // namespace etl
