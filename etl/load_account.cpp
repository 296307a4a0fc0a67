#include "etl/load_account.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "etl/error.hpp"
#include "etl/json.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

bool has_column(const schema::Present& present, const char* name) {
    return std::find(present.columns.begin(), present.columns.end(), name) != present.columns.end();
}

// Currency and status as the account groups them; a column that the body lacks groups nothing.
std::string label_sql(const schema::Present& present, const std::string& alias) {
    const auto column = [&](const char* name) {
        return has_column(present, name) ? "coalesce(" + alias + "." + name + ", '')"
                                         : std::string("''::text");
    };
    return column("currency") + ", " + column("status");
}

std::string amounts_sql(const std::vector<std::string>& columns, const std::string& alias) {
    std::string sql;
    for (const std::string& column : columns)
        sql += ", coalesce(sum(" + alias + "." + schema::quoted(column) + "), 0)";
    return sql;
}

std::string sums_sql(const std::vector<std::string>& columns, const schema::Present& present,
                     const std::string& alias) {
    return "SELECT " + label_sql(present, alias) + ", count(*)" + amounts_sql(columns, alias);
}

void compare(const LoadTask& task, const MoneyAccount& money, const char* one,
             const MoneySums& ours, const char* other, const MoneySums& theirs) {
    const std::string left = ours.json(money.columns), right = theirs.json(money.columns);
    if (left == right) return;
    throw Error(Kind::unexpected,
                fmt::format("export {} ({}): money {} {}, {} {}; nothing was published",
                            task.row.id, describe(task.row.query), one, left, other, right),
                "The body is kept; please report this.");
}

}  // namespace

void MoneySums::add(const RowMoney& money) {
    Line& line = find(money.currency, money.status, money.amounts.size());
    ++line.rows;
    for (std::size_t i = 0; i < money.amounts.size(); ++i)
        line.hundredths[i] += money.amounts[i].value_or(0);
}

void MoneySums::add(const pg::Result& result, std::size_t columns) {
    for (std::size_t r = 0; r < result.rows(); ++r)
        add(result.text(r, 0), result.text(r, 1), static_cast<std::uint64_t>(result.number(r, 2)),
            result, r, 3, columns);
}

void MoneySums::add(const std::string& currency, const std::string& status, std::uint64_t rows,
                    const pg::Result& result, std::size_t row, std::size_t first,
                    std::size_t columns) {
    Line& line = find(currency, status, columns);
    line.rows += rows;
    for (std::size_t i = 0; i < columns; ++i)
        line.hundredths[i] += read(result.text(row, first + i));
}

// A sum as PostgreSQL prints it: "-12.00", or "0" of no rows.
MoneySums::Hundredths MoneySums::read(std::string_view numeric) {
    Hundredths sum = 0;
    for (const char c : numeric)
        if (schema::is_digit(c)) sum = sum * 10 + (c - '0');
    if (numeric.find('.') == std::string_view::npos) sum *= 100;
    return numeric.starts_with('-') ? -sum : sum;
}

std::string MoneySums::print(Hundredths sum) {
    std::string digits;
    for (Hundredths rest = sum < 0 ? -sum : sum; rest > 0 || digits.size() < 3; rest /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    digits.insert(digits.size() - 2, ".");
    return (sum < 0 ? "-" : "") + digits;
}

void MoneySums::add(const MoneySums& other) {
    for (const Line& theirs : other.lines_) {
        Line& line = find(theirs.currency, theirs.status, theirs.hundredths.size());
        line.rows += theirs.rows;
        for (std::size_t i = 0; i < theirs.hundredths.size(); ++i)
            line.hundredths[i] += theirs.hundredths[i];
    }
}

std::string MoneySums::json(const std::vector<std::string>& columns) const {
    std::vector<std::string> texts;
    for (const Line& line : lines_) {
        if (line.rows == 0) continue;
        std::string text = "{\"currency\":" + json_string(line.currency) +
                           ",\"status\":" + json_string(line.status) +
                           ",\"rows\":" + std::to_string(line.rows);
        for (std::size_t i = 0; i < columns.size(); ++i)
            text += ",\"" + columns[i] + "\":\"" + print(line.hundredths[i]) + "\"";
        texts.push_back(text + "}");
    }
    std::sort(texts.begin(), texts.end());
    std::string all = "[";
    for (const std::string& text : texts) all += (all.size() > 1 ? "," : "") + text;
    return all + "]";
}

MoneySums::Line& MoneySums::find(std::string_view currency, std::string_view status,
                                 std::size_t columns) {
    for (Line& line : lines_)
        if (line.currency == currency && line.status == status) return line;
    lines_.push_back(
        {std::string(currency), std::string(status), std::vector<Hundredths>(columns), 0});
    return lines_.back();
}

bool has_labels(const schema::Present& present) {
    return has_column(present, "currency") || has_column(present, "status");
}

void account_direct(const LoadTask& task, const schema::Present& present, MoneyAccount& money) {
    money.table.add(
        task.connection.query(sums_sql(money.columns, present, "t") + " FROM " + task.mirror() +
                                  " t WHERE t.export_id = $1 GROUP BY 1, 2",
                              {std::to_string(task.row.id)}),
        money.columns.size());
    compare(task, money, "sent", money.sent, "in the table", money.table);
    money.staged.add(money.sent);
}

void account_arrivals(const LoadTask& task, const schema::Present& present,
                      const MoneyAccount& money) {
    MoneySums arrived;
    arrived.add(task.connection.query(sums_sql(money.columns, present, "s") + " FROM " +
                                      task.stage() + " s GROUP BY 1, 2"),
                money.columns.size());
    compare(task, money, "sent", money.sent, "arrived", arrived);
}

void account_staged(const LoadTask& task, const schema::Present& present, std::uint64_t rows,
                    MoneyAccount& money) {
    if (!money.kept) {
        money.staged.add_rows(rows);
        money.table.add_rows(rows);
        return;
    }
    // One pass over both: grouped by the stage's and the table's own labels, which then are added
    // up apart.
    const std::string group = label_sql(present, "s") + ", " + label_sql(present, "t");
    const auto found = task.connection.query(
        "SELECT " + group + ", count(*)" + amounts_sql(money.columns, "s") +
            amounts_sql(money.columns, "t") + " FROM " + task.stage() + " s JOIN " + task.mirror() +
            " t ON " + schema::key_join(task.table, "t", "s") +
            " WHERE t.valid_from <= $1 GROUP BY 1, 2, 3, 4",
        {task.as_of()});
    const std::size_t columns = money.columns.size();
    for (std::size_t r = 0; r < found.rows(); ++r) {
        const auto joined = static_cast<std::uint64_t>(found.number(r, 4));
        money.staged.add(found.text(r, 0), found.text(r, 1), joined, found, r, 5, columns);
        money.table.add(found.text(r, 2), found.text(r, 3), joined, found, r, 5 + columns, columns);
    }
    compare(task, money, "in the body", money.staged, "in the table", money.table);
}

bool account_unchanged(const LoadTask& task, const schema::Present& present, MoneyAccount& money) {
    if (money.unchanged_keys.empty()) return true;
    task.connection.execute(schema::create_unchanged(task.table));
    pg::CopyIn copy(task.connection, schema::copy_unchanged(task.table));
    copy.write(money.unchanged_keys);
    copy.finish();
    money.unchanged_keys = {};
    MoneySums held;
    held.add(task.connection.query(sums_sql(money.columns, present, "t") + " FROM " +
                                   schema::join_unchanged(task.table) + " GROUP BY 1, 2"),
             money.columns.size());
    task.connection.execute("DROP TABLE unchanged_" + task.table.name);
    if (held.json(money.columns) != money.unchanged.json(money.columns)) return false;
    money.staged.add(money.unchanged);
    money.table.add(held);
    return true;
}

namespace {

void write_line(const LoadTask& task, const LoadCounts& c, std::uint64_t refused,
                const std::string& money) {
    std::vector<pg::Param> figures = {std::to_string(task.run_id), std::to_string(task.row.id),
                                      task.table.name};
    for (const std::uint64_t figure : {c.rows, c.inserted, c.changed, c.unchanged, c.duplicate,
                                       c.set_aside, c.older, c.rejects, c.nobody, refused})
        figures.emplace_back(std::to_string(figure));
    figures.emplace_back(money);
    std::string chained;  // what the hash is over: every figure behind the hash of the one before
    for (const pg::Param& figure : figures) chained += "|" + *figure;
    figures.emplace_back(chained);
    task.connection.query(
        "WITH last AS (SELECT coalesce((SELECT hash FROM journal.certificate ORDER BY id DESC "
        "LIMIT 1), '') AS hash) "
        "INSERT INTO journal.certificate (run_id, export_id, table_name, rows, inserted, changed, "
        "unchanged, duplicate, set_aside, older, rejects, nobody, refused, "
        "money, balanced, previous, hash) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
        "$12, $13, $14::jsonb, true, last.hash, "
        "encode(sha256(convert_to(last.hash || $15::text, 'UTF8')), 'hex') FROM last",
        figures);
}

}  // namespace

void write_reconciliation(const LoadTask& task, const Loaded& loaded, MoneyAccount& money) {
    const LoadCounts& c = loaded.counts;
    const std::uint64_t accounted =
        c.inserted + c.changed + c.unchanged + c.duplicate + c.set_aside + c.older + c.nobody;
    if (accounted != c.rows)
        throw Error(
            Kind::unexpected,
            fmt::format(
                "export {} ({}): {} rows in the body, {} accounted for; nothing was published",
                task.row.id, describe(task.row.query), c.rows, accounted),
            "The body is kept; run gcmirror sync again, and report this if it stays.");
    write_line(task, c, 0,
               "{\"body\":" + money.staged.json(money.columns) +
                   ",\"table\":" + money.table.json(money.columns) + "}");
}

void write_refused(const LoadTask& task, const Loaded& loaded) {
    LoadCounts counts;
    counts.rows = loaded.counts.rows;
    counts.rejects = loaded.counts.rejects;
    write_line(task, counts, counts.rows, "{\"body\":[],\"table\":[]}");
}

void write_coverage(const LoadTask& task, bool with_memberships) {
    const ExportRow& row = task.row;
    const Day today = task.zone.today(task.state);
    const bool complete = !row.repeated && row.query.status.empty();
    for (const std::string& table : {task.table.name, std::string("memberships")})
        if (table == task.table.name || with_memberships)
            task.connection.query(
                "INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, "
                "to_day, as_of, rows, complete) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                {std::to_string(task.run_id), std::to_string(row.id), table, row.query.filter,
                 row.query.from ? format_day(*row.query.from) : "-infinity",
                 format_day(row.query.to.value_or(today)), task.as_of(), std::to_string(row.rows),
                 complete ? "t" : "f"});
}

}  // namespace etl
