#include "jobs/sync/wide_views.hpp"

#include <string>
#include <vector>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

constexpr int kAttempts = 5;

std::vector<schema::CustomField> shown_fields(etl::pg::Connection& connection,
                                              const std::string& table) {
    const auto found = connection.query(
        "SELECT name, type, title, source FROM mirror.custom_fields WHERE table_name = $1 AND "
        "policy = "
        "'evolve' ORDER BY position",
        {table});
    std::vector<schema::CustomField> fields;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        schema::CustomField field;
        field.table = table;
        field.name = found.text(i, 0);
        field.type = found.text(i, 1);
        field.title = found.text(i, 2);
        field.source = found.text(i, 3);
        fields.push_back(std::move(field));
    }
    return fields;
}

// Columns the view has beyond the table's own, in its order: they stay where they are, new ones
// follow.
std::vector<std::string> view_columns(etl::pg::Connection& connection, const std::string& table) {
    const auto found = connection.query(
        "SELECT column_name FROM information_schema.columns v WHERE table_schema = 'mirror' AND "
        "table_name = $1 || '_wide' AND NOT EXISTS "
        "(SELECT FROM information_schema.columns t WHERE t.table_schema = 'mirror' AND "
        "t.table_name = $1 AND t.column_name = v.column_name) ORDER BY ordinal_position",
        {table});
    std::vector<std::string> names;
    for (std::size_t i = 0; i < found.rows(); ++i) names.push_back(found.text(i, 0));
    return names;
}

}  // namespace

void widen_views(etl::pg::Connection& connection) {
    for (const schema::Table* table : schema::tables()) {
        if (!table->has_custom) continue;
        std::vector<schema::CustomField> fields = shown_fields(connection, table->name);
        const std::vector<std::string> shown = view_columns(connection, table->name);
        const auto titles = connection.query(
            "SELECT count(*) FROM mirror.custom_fields f JOIN pg_attribute a ON a.attrelid = "
            "('mirror.' || $1 || '_wide')::regclass AND a.attname = f.name "
            "WHERE f.table_name = $1 AND f.title <> '' AND col_description(a.attrelid, a.attnum) "
            "IS DISTINCT FROM f.title",
            {table->name});
        if (shown.size() == fields.size() && titles.number(0, 0) == 0) continue;
        for (int attempt = 1;; ++attempt) {
            try {
                etl::pg::Transaction transaction(connection);
                connection.execute("SET LOCAL lock_timeout = '100ms'");
                connection.execute(schema::wide_view(*table, fields));
                transaction.commit();
                break;
            } catch (const etl::Error& error) {
                if (error.sqlstate() == "55P03" && attempt < kAttempts)
                    continue;  // a reader holds it: the limit itself is the pause
                etl::log::warning("view not widened",
                                  {{"view", table->name + "_wide"}, {"reason", error.what()}});
                break;
            }
        }
    }
}

}  // namespace jobs
