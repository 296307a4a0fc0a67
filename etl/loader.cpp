#include "etl/loader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "etl/error.hpp"
#include "etl/gzip.hpp"
#include "etl/hash_index.hpp"
#include "etl/log.hpp"
#include "etl/normalizer.hpp"
#include "etl/sheet.hpp"
#include "schema/sql.hpp"

namespace etl {
namespace {

using pg::Param;

// A reject beyond this many of one body is counted, not kept: a body of nothing but rejects must
// not fill the journal.
constexpr std::size_t kRejectsKept = 50000;

const schema::Table& table_of(const ExportRow& row) {
    if (row.query.resource == "group_users") return schema::memberships();
    const schema::Table* table = schema::find_table(row.query.resource);
    if (table == nullptr)
        throw Error(Kind::unexpected, "export " + std::to_string(row.id) +
                                          ": no table for resource " + row.query.resource);
    return *table;
}

std::string body_text(Journal& journal, std::int64_t body_id) {
    std::string plain;
    Inflater inflater([&](std::string_view piece) { plain.append(piece); });
    journal.read_body(body_id, [&](std::string_view piece) { inflater.write(piece); });
    return plain;
}

// The fields list known when this export was made: the newest before it, else the newest at all.
std::vector<schema::Field> fields_for(pg::Connection& connection, Journal& journal,
                                      const schema::Table& table, std::int64_t export_id) {
    const auto found = connection.query(
        "SELECT body_id FROM journal.export WHERE resource = 'fields' AND body_id <> 0 ORDER BY "
        "(id <= $1) DESC, id DESC LIMIT 1",
        {std::to_string(export_id)});
    if (found.empty()) return {};
    std::vector<schema::Field> fields = decode_fields(body_text(journal, found.number(0, 0)));
    const std::string context = table.name == "deals" ? "deal" : "user";
    std::erase_if(fields, [&](const schema::Field& field) { return field.context != context; });
    return fields;
}

std::vector<schema::CustomField> registry(pg::Connection& connection, const std::string& table) {
    const auto found = connection.query(
        "SELECT field_id, title, ordinal, name, type FROM mirror.custom_fields WHERE table_name = "
        "$1 ORDER BY position",
        {table});
    std::vector<schema::CustomField> fields;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        schema::CustomField field;
        field.table = table;
        if (found.at(i, 0)) field.field_id = found.number(i, 0);
        field.title = found.text(i, 1);
        field.ordinal = static_cast<int>(found.number(i, 2));
        field.name = found.text(i, 3);
        field.type = found.text(i, 4);
        fields.push_back(std::move(field));
    }
    return fields;
}

// New fields get the next positions; a known name takes the newest title and, once, its field id.
void register_fields(pg::Connection& connection, const Config& config, const schema::Layout& layout,
                     Loaded& loaded) {
    for (const int index : layout.new_custom) {
        const schema::CustomField& field = layout.custom[static_cast<std::size_t>(index)];
        const Param id = field.field_id ? Param(std::to_string(*field.field_id)) : std::nullopt;
        const auto done = connection.query(
            "INSERT INTO mirror.custom_fields AS f (table_name, field_id, title, ordinal, name, "
            "type, position, policy) "
            "SELECT $1, $2, $3, $4, $5, $6, coalesce(max(position), 0) + 1, $7 FROM "
            "mirror.custom_fields WHERE table_name = $1 "
            "ON CONFLICT (table_name, name) DO UPDATE SET title = EXCLUDED.title, ordinal = "
            "EXCLUDED.ordinal, "
            "field_id = coalesce(f.field_id, EXCLUDED.field_id) RETURNING (xmax = 0)",
            {field.table, id, field.title, std::to_string(field.ordinal), field.name, field.type,
             field.table == "deals" ? config.sync.deals_new_fields : config.sync.users_new_fields});
        if (done.flag(0, 0))
            loaded.notes.push_back("new custom field of " + field.table + ": \"" + field.title +
                                   "\" as " + field.name);
    }
}

void remember_layout(pg::Connection& connection, const ExportRow& row, const schema::Layout& layout,
                     Loaded& loaded) {
    const auto known = connection.query(
        "SELECT count(*) FROM journal.heading WHERE table_name = $1", {loaded.table});
    const auto done = connection.query(
        "INSERT INTO journal.heading (table_name, layout, headings, export_id, problems) VALUES "
        "($1, md5($2::text[]::text), $2::text[], $3, $4::text[]) "
        "ON CONFLICT DO NOTHING",
        {loaded.table, pg::array_literal(row.headings), std::to_string(row.id),
         pg::array_literal(layout.problems)});
    if (done.affected() == 0) return;
    if (known.number(0, 0) > 0)
        loaded.notes.push_back("the layout of " + loaded.table +
                               " changed: " + std::to_string(row.headings.size()) + " columns");
    for (const std::string& problem : layout.problems)
        loaded.notes.push_back(loaded.table + ": " + problem);
}

// Exact sums of the money columns by currency and status: of the body on our side, of the table on
// the server's.
class MoneySums {
public:
    struct Line {
        std::string currency, status;
        std::vector<std::int64_t> hundredths;
        std::uint64_t rows = 0;
    };
    void add(const RowMoney& money, std::int64_t sign = 1) {
        Line& line = find(money.currency, money.status, money.amounts.size());
        line.rows += static_cast<std::uint64_t>(sign);
        for (std::size_t i = 0; i < money.amounts.size(); ++i)
            line.hundredths[i] += sign * money.amounts[i].value_or(0);
    }
    void add(const pg::Result& result, std::size_t columns) {  // currency, status, rows, sums
        for (std::size_t r = 0; r < result.rows(); ++r)
            add(result.text(r, 0), result.text(r, 1),
                static_cast<std::uint64_t>(result.number(r, 2)), result, r, 3, columns);
    }
    void add(const std::string& currency, const std::string& status, std::uint64_t rows,
             const pg::Result& result, std::size_t r, std::size_t first, std::size_t columns) {
        Line& line = find(currency, status, columns);
        line.rows += rows;
        for (std::size_t i = 0; i < columns; ++i) {
            const Read<Money> sum = read_money(result.text(r, first + i));
            line.hundredths[i] += sum.value ? sum.value->hundredths : 0;
        }
    }
    void add(const MoneySums& other) {
        for (const Line& theirs : other.lines_) {
            Line& line = find(theirs.currency, theirs.status, theirs.hundredths.size());
            line.rows += theirs.rows;
            for (std::size_t i = 0; i < theirs.hundredths.size(); ++i)
                line.hundredths[i] += theirs.hundredths[i];
        }
    }
    // [{"currency":"RUB","status":"Завершен","rows":3,"cost":"14980.00",…},…], sorted, lines of no
    // rows left out.
    [[nodiscard]] std::string json(const std::vector<std::string>& columns) const {
        std::vector<std::string> texts;
        for (const Line& line : lines_) {
            if (line.rows == 0) continue;
            std::string text = "{\"currency\":" + quoted(line.currency) +
                               ",\"status\":" + quoted(line.status) +
                               ",\"rows\":" + std::to_string(line.rows);
            for (std::size_t i = 0; i < columns.size(); ++i)
                text += ",\"" + columns[i] + "\":\"" + format_money(line.hundredths[i]) + "\"";
            texts.push_back(text + "}");
        }
        std::sort(texts.begin(), texts.end());
        std::string all = "[";
        for (const std::string& text : texts) all += (all.size() > 1 ? "," : "") + text;
        return all + "]";
    }

private:
    static std::string quoted(const std::string& text) {
        static constexpr char kHex[] = "0123456789abcdef";
        std::string out = "\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            if (static_cast<unsigned char>(c) < 0x20)
                out += std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
            else
                out += c;
        }
        return out + "\"";
    }
    Line& find(std::string_view currency, std::string_view status, std::size_t columns) {
        for (Line& line : lines_)
            if (line.currency == currency && line.status == status) return line;
        lines_.push_back(
            {std::string(currency), std::string(status), std::vector<std::int64_t>(columns), 0});
        return lines_.back();
    }
    std::vector<Line> lines_;
};

// The three parts of a body's money: skipped as unchanged, sent to the stage, and (on the server)
// what the table now has of the sent.
struct MoneyAccount {
    std::vector<std::string> columns;
    MoneySums unchanged, sent, staged, table, older;
};

// Currency and status as the account groups them; a column that the body lacks groups nothing.
std::string label_sql(const schema::Present& present, const std::string& alias) {
    const auto column = [&](const char* name) {
        const bool has = std::find(present.columns.begin(), present.columns.end(), name) !=
                         present.columns.end();
        return has ? "coalesce(" + alias + "." + name + ", '')" : std::string("''::text");
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

// Collects what could not be read; written after the rows, since one connection carries one COPY at
// a time.
class Rejects {
public:
    void add(Reject reject) {
        ++count_;
        if (reject.set_aside) ++set_aside_;
        if (kept_.size() < kRejectsKept) kept_.push_back(std::move(reject));
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t set_aside() const { return set_aside_; }

    void write(pg::Connection& connection, std::int64_t run_id, const ExportRow& row,
               const std::string& table) const {
        if (kept_.empty()) return;
        pg::CopyIn copy(connection,
                        "COPY journal.reject (run_id, export_id, table_name, row_no, row_key, "
                        "heading, raw, reason, set_aside) FROM STDIN");
        for (const Reject& reject : kept_) {
            std::string line = std::to_string(run_id) + '\t' + std::to_string(row.id) + '\t' +
                               table + '\t' + std::to_string(reject.row_no) + '\t';
            append_copy_text(line, reject.key);
            line += '\t';
            append_copy_text(line, reject.heading);
            line += '\t';
            append_copy_text(line, reject.raw);
            line += '\t';
            append_copy_text(line, reject.reason);
            line += reject.set_aside ? "\tt\n" : "\tf\n";
            copy.write(line);
        }
        copy.finish();
    }

private:
    std::vector<Reject> kept_;
    std::uint64_t count_ = 0;
    std::uint64_t set_aside_ = 0;
};

// Cuts, parses, normalizes, and sends what is not known to be unchanged.
class Feeder final : public RowHandler {
public:
    Feeder(Normalizer& normalizer, HashIndex& known, pg::CopyIn& copy, Rejects& rejects,
           LoadCounts& counts, MoneyAccount& money, std::string direct_tail,
           const std::function<void(std::uint64_t)>& progress)
        : normalizer_(normalizer),
          known_(known),
          copy_(copy),
          rejects_(rejects),
          counts_(counts),
          money_(money),
          direct_tail_(std::move(direct_tail)),
          progress_(progress) {}

    void row(std::uint64_t row_no, std::string_view raw) override {
        if (!parser_.parse(raw)) {
            rejects_.add({row_no, "", "", std::string(raw.substr(0, 2000)),
                          "not a row: " + parser_.reason(), true});
            ++counts_.set_aside;
            return;
        }
        cells(row_no, parser_.cells());
    }

    void cells(std::uint64_t row_no, std::span<const Cell> cells) {
        line_.clear();
        const RowResult result = normalizer_.row(row_no, cells, line_);
        if (result.outcome == RowResult::Outcome::set_aside) {
            ++counts_.set_aside;
            return;
        }
        switch (known_.see(result.key_hash, result.row_hash)) {
            case HashIndex::Seen::unchanged:
                ++counts_.unchanged;
                money_.unchanged.add(normalizer_.money());
                return;
            case HashIndex::Seen::again_unchanged:  // the row before was skipped: it is the
                                                    // duplicate now, and goes as this one does
                --counts_.unchanged;
                ++counts_.duplicate;
                skipped_again_.push_back(result.key_hash);
                break;
            case HashIndex::Seen::again:
                repeated_ = true;
                break;
            case HashIndex::Seen::differs:
            case HashIndex::Seen::unknown:
                break;
        }
        if (repeated_ && !direct_tail_.empty())
            return;  // the table itself takes no key twice: all of it goes by the stage
        line_ += '\t';
        line_ += std::to_string(result.row_hash);
        if (direct_tail_.empty()) {
            line_ += '\t';
            line_ += std::to_string(row_no);
            line_ += '\n';
        } else {
            line_ += direct_tail_;
        }
        copy_.write(line_);
        money_.sent.add(normalizer_.money());
        if (row_no % 10000 == 0 && progress_) progress_(row_no);
    }

    // Keys whose first row was skipped as unchanged and that came again: their money is in
    // `unchanged` and in `sent`.
    [[nodiscard]] bool skipped_again() const { return !skipped_again_.empty(); }
    [[nodiscard]] bool repeated() const { return repeated_; }

    [[nodiscard]] std::uint64_t replaced() const { return parser_.replaced(); }

private:
    Normalizer& normalizer_;
    HashIndex& known_;
    pg::CopyIn& copy_;
    Rejects& rejects_;
    LoadCounts& counts_;
    MoneyAccount& money_;
    std::string direct_tail_;  // run, export and state behind each row of a direct COPY; empty: the
                               // rows go to the stage
    const std::function<void(std::uint64_t)>& progress_;
    bool repeated_ = false;
    std::vector<std::uint64_t> skipped_again_;
    RowParser parser_;
    std::string line_;
};

// Hashes of the rows the window can hold: only a window over the creation date is bounded by a
// column we have. Days are widened by one, since the service's bounds are not beyond doubt
// (getcourse-api.md 11.9).
HashIndex known_hashes(pg::Connection& connection, const schema::Table& table, const ExportRow& row,
                       const Zone& zone) {
    HashIndex index;
    if (row.query.resource == "group_users")
        return index;  // all of a group is staged: who is not in it has left
    const bool bounded = row.query.filter == "created_at" && row.query.from && row.query.to &&
                         !table.created.empty();
    if (!bounded && !row.query.filter.empty()) return index;
    const std::size_t keys = table.key.size();
    std::string sql = schema::select_hashes(table, bounded);
    if (bounded) {
        const std::string from =
            "'" + format_instant(zone.begin_of(*row.query.from - std::chrono::days{1})) +
            "'::timestamptz";
        const std::string to = "'" +
                               format_instant(zone.begin_of(*row.query.to + std::chrono::days{2})) +
                               "'::timestamptz";
        for (const auto& [mark, text] :
             {std::pair<std::string, std::string>{"$1", from}, {"$2", to}})
            for (auto at = sql.find(mark); at != std::string::npos; at = sql.find(mark))
                sql.replace(at, mark.size(), text);
    }
    std::vector<std::string_view> key;
    connection.stream(sql, [&](const std::vector<std::optional<std::string_view>>& fields) {
        key.clear();
        for (std::size_t i = 0; i < keys; ++i) key.push_back(fields[i].value_or(""));
        if (fields[keys]) index.know(key_hash(key), std::stoll(std::string(*fields[keys])));
    });
    return index;
}

std::string key_join(const schema::Table& table) {
    std::string text;
    for (const std::string& column : table.key)
        text += (text.empty() ? "" : " AND ") +
                ("t." + schema::quoted(column) + " = s." + schema::quoted(column));
    return text;
}

// The service ignores filters it does not know: rows far outside of the days asked for say that it
// did.
void check_window(pg::Connection& connection, const schema::Table& table,
                  const schema::Present& present, const std::string& arrived, const ExportRow& row,
                  const Zone& zone, Loaded& loaded) {
    const bool has = std::find(present.columns.begin(), present.columns.end(), table.created) !=
                     present.columns.end();
    if (row.query.filter != "created_at" || !row.query.from || !row.query.to || !has) return;
    const auto found = connection.query(
        "SELECT count(*) FROM " + arrived + " WHERE " + schema::quoted(table.created) +
            " < $1 OR " + schema::quoted(table.created) + " >= $2",
        {format_instant(zone.begin_of(*row.query.from - std::chrono::days{1})),
         format_instant(zone.begin_of(*row.query.to + std::chrono::days{2}))});
    if (found.number(0, 0) == 0) return;
    loaded.notes.push_back(table.name + ": " + found.text(0, 0) +
                           " rows do not obey the filter asked for (" + describe(row.query) + ")");
    loaded.amber = true;
}

// A label that no code is known for, met for the first time.
void announce_statuses(pg::Connection& connection, const schema::Table& table,
                       const schema::Present& present, const std::string& arrived,
                       const ExportRow& row, Loaded& loaded) {
    if (std::find(present.columns.begin(), present.columns.end(), "status_code") ==
        present.columns.end())
        return;
    const auto found = connection.query(
        "SELECT DISTINCT s.status FROM " + arrived +
            " s WHERE s.status IS NOT NULL AND s.status_code IS NULL AND NOT EXISTS "
            "(SELECT FROM mirror." +
            schema::quoted(table.name) +
            " t WHERE t.status = s.status AND t.export_id <> $1) ORDER BY 1 LIMIT 20",
        {std::to_string(row.id)});
    for (std::size_t i = 0; i < found.rows(); ++i)
        loaded.notes.push_back("a status of " + table.name + " that is not known: \"" +
                               found.text(i, 0) + "\"; kept as text");
}

std::string as_of(const ExportRow& row) {
    return format_instant(row.started_at.value_or(row.received_at.value_or(row.intended_at)));
}

bool table_is_empty(pg::Connection& connection, const schema::Table& table) {
    return !connection
                .query("SELECT EXISTS (SELECT FROM mirror." + schema::quoted(table.name) + ")")
                .flag(0, 0);
}

// What the stage holds and what the table now has of it, rows with a newer state in the table
// apart. Both are asked of the server.
void account_money(pg::Connection& connection, const schema::Table& table,
                   const schema::Present& present, const ExportRow& row, MoneyAccount& money) {
    // One pass over both: grouped by the stage's and the table's own labels, which then are added
    // up apart.
    const std::string group = label_sql(present, "s") + ", " + label_sql(present, "t");
    const auto found =
        connection.query("SELECT " + group + ", count(*)" + amounts_sql(money.columns, "s") +
                             amounts_sql(money.columns, "t") + " FROM stage_" + table.name +
                             " s JOIN mirror." + schema::quoted(table.name) + " t ON " +
                             key_join(table) + " WHERE t.valid_from <= $1 GROUP BY 1, 2, 3, 4",
                         {as_of(row)});
    for (std::size_t r = 0; r < found.rows(); ++r) {
        const auto rows = static_cast<std::uint64_t>(found.number(r, 4));
        money.staged.add(found.text(r, 0), found.text(r, 1), rows, found, r, 5,
                         money.columns.size());
        money.table.add(found.text(r, 2), found.text(r, 3), rows, found, r,
                        5 + money.columns.size(), money.columns.size());
    }
    if (money.staged.json(money.columns) != money.table.json(money.columns))
        throw Error(Kind::unexpected,
                    "export " + std::to_string(row.id) + " (" + describe(row.query) +
                        "): money in the body " + money.staged.json(money.columns) +
                        ", in the table " + money.table.json(money.columns) +
                        "; nothing was published",
                    "The body is kept; please report this.");
}

void merge(pg::Connection& connection, const schema::Table& table, const schema::Present& present,
           std::int64_t run_id, const ExportRow& row, const Zone& zone, MoneyAccount& money,
           Loaded& loaded) {
    LoadCounts& counts = loaded.counts;
    const std::vector<Param> params = {std::to_string(run_id), std::to_string(row.id), as_of(row)};
    // Into an empty table the planner expects one row per probe and reads again and again what the
    // statement itself has written (performance.md 2.5); into a filled one a few changed rows are
    // found by the key.
    if (table_is_empty(connection, table)) connection.execute("SET LOCAL enable_nestloop = off");
    MoneySums arrived;
    arrived.add(connection.query(sums_sql(money.columns, present, "s") + " FROM stage_" +
                                 table.name + " s GROUP BY 1, 2"),
                money.columns.size());
    if (arrived.json(money.columns) != money.sent.json(money.columns))
        throw Error(Kind::unexpected, "export " + std::to_string(row.id) + ": money sent " +
                                          money.sent.json(money.columns) + ", arrived " +
                                          arrived.json(money.columns));
    counts.duplicate +=
        static_cast<std::uint64_t>(connection.query(schema::drop_duplicates(table)).affected());
    std::string key_list;
    for (const std::string& column : table.key)
        key_list += (key_list.empty() ? "" : ", ") + schema::quoted(column);
    connection.execute("ANALYZE stage_" + table.name + " (" + key_list + ")");
    const std::string arrivals = "stage_" + table.name;
    announce_statuses(connection, table, present, arrivals, row, loaded);
    check_window(connection, table, present, arrivals, row, zone, loaded);
    counts.changed = static_cast<std::uint64_t>(
        connection.query(schema::merge_changed(table, present), params).affected());
    counts.inserted = static_cast<std::uint64_t>(
        connection.query(schema::merge_new(table, present), params).affected());
    if (present.groups)
        for (const std::string& sql : schema::merge_memberships()) connection.query(sql, params);
    // Counted in the table after the merge, not derived from the other figures: this is what the
    // certificate balances against.
    const auto rest = connection.query(
        "SELECT count(*) FILTER (WHERE t.valid_from > $2), count(*) FILTER (WHERE t.valid_from <= "
        "$2 AND t.export_id <> $1) "
        "FROM stage_" +
            table.name + " s JOIN mirror." + schema::quoted(table.name) + " t ON " +
            key_join(table),
        {params[1], params[2]});
    counts.older = static_cast<std::uint64_t>(rest.number(0, 0));
    counts.unchanged += static_cast<std::uint64_t>(rest.number(0, 1));
    if (rest.number(0, 1) > 0)
        connection.query(schema::merge_rehash(table, present),
                         params);  // equal values under another hash: a layout changed
    account_money(connection, table, present, row, money);
    const bool whole_group = row.query.resource == "group_users" && row.query.filter.empty() &&
                             row.query.status.empty() && row.rows > 0 && counts.set_aside == 0;
    if (whole_group)
        for (const std::string& sql : schema::merge_group_members())
            connection.query(sql,
                             {params[0], params[1], params[2], std::to_string(row.query.group_id)});
    connection.execute("SET LOCAL enable_nestloop = on; DROP TABLE stage_" + table.name);
}

void certify(pg::Connection& connection, std::int64_t run_id, const ExportRow& row,
             const Loaded& loaded, const std::string& money) {
    const LoadCounts& c = loaded.counts;
    const std::uint64_t accounted =
        c.inserted + c.changed + c.unchanged + c.duplicate + c.set_aside + c.older;
    if (accounted != c.rows)
        throw Error(Kind::unexpected,
                    "export " + std::to_string(row.id) + " (" + describe(row.query) +
                        "): " + std::to_string(c.rows) + " rows in the body, " +
                        std::to_string(accounted) + " accounted for; nothing was published",
                    "The body is kept; run gcmirror sync again, and report this if it stays.");
    const auto text = [](std::uint64_t n) { return std::to_string(n); };
    std::vector<Param> figures = {std::to_string(run_id), std::to_string(row.id), loaded.table,
                                  text(c.rows),           text(c.inserted),       text(c.changed),
                                  text(c.unchanged),      text(c.duplicate),      text(c.set_aside),
                                  text(c.older),          text(c.rejects),        money};
    std::string chained;  // what the hash is over: every figure of this certificate behind the hash
                          // of the one before
    for (const Param& figure : figures) chained += "|" + *figure;
    figures.emplace_back(chained);
    connection.query(
        "WITH last AS (SELECT coalesce((SELECT hash FROM journal.certificate ORDER BY id DESC "
        "LIMIT 1), '') AS hash) "
        "INSERT INTO journal.certificate (run_id, export_id, table_name, rows, inserted, changed, "
        "unchanged, duplicate, set_aside, older, rejects, "
        "money, balanced, previous, hash) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
        "$12::jsonb, true, last.hash, "
        "encode(sha256(convert_to(last.hash || $13::text, 'UTF8')), 'hex') FROM last",
        figures);
}

void cover(pg::Connection& connection, const Config& config, const Zone& zone, std::int64_t run_id,
           const ExportRow& row, const Loaded& loaded) {
    const Day today = zone.today(row.started_at.value_or(row.intended_at));
    const bool complete = !row.repeated && row.query.status.empty() && row.rows > 0;
    connection.query(
        "INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, to_day, "
        "as_of, rows, complete) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {std::to_string(run_id), std::to_string(row.id), loaded.table, row.query.filter,
         format_day(row.query.from.value_or(config.sync.begin)),
         format_day(row.query.to.value_or(today)), as_of(row), std::to_string(row.rows),
         complete ? "t" : "f"});
}

// After a COPY into the empty table itself: what arrived is what the table has; money sent against
// money in the table.
void account_direct(pg::Connection& connection, const schema::Table& table,
                    const schema::Present& present, const ExportRow& row, const Zone& zone,
                    MoneyAccount& money, Loaded& loaded) {
    const std::string arrivals = "mirror." + schema::quoted(table.name);
    money.table.add(connection.query(sums_sql(money.columns, present, "t") + " FROM " + arrivals +
                                         " t WHERE t.export_id = $1 GROUP BY 1, 2",
                                     {std::to_string(row.id)}),
                    money.columns.size());
    if (money.table.json(money.columns) != money.sent.json(money.columns))
        throw Error(Kind::unexpected, "export " + std::to_string(row.id) + ": money sent " +
                                          money.sent.json(money.columns) + ", in the table " +
                                          money.table.json(money.columns));
    money.staged.add(money.sent);
    announce_statuses(connection, table, present, arrivals, row, loaded);
    check_window(connection, table, present, arrivals, row, zone, loaded);
}

// A new field whose values do not read as its type says is shown as text; once the wide view has
// the column its type stays.
void settle_types(pg::Connection& connection, const schema::Table& table,
                  const schema::Layout& layout) {
    for (const int index : layout.new_custom) {
        const schema::CustomField& field = layout.custom[static_cast<std::size_t>(index)];
        if (field.type == "text") continue;
        connection.query(
            "UPDATE mirror.custom_fields f SET type = 'text' WHERE f.table_name = $1 AND f.name = "
            "$2 AND f.type <> 'text' AND NOT EXISTS "
            "(SELECT FROM information_schema.columns c WHERE c.table_schema = 'mirror' AND "
            "c.table_name = $1 || '_wide' AND c.column_name = $2) AND EXISTS "
            "(SELECT FROM mirror." +
                schema::quoted(table.name) + " t WHERE t.custom->>$2 IS NOT NULL AND mirror.as_" +
                field.type + "(t.custom->>$2) IS NULL)",
            {table.name, field.name});
    }
}

// A row that two complete windows lacked, one after the other, is marked as not seen since the
// first. Nothing else proves absence: the window must speak of the creation date, be unfiltered,
// not empty, not repeated, and not lack too many rows at once.
void mark_gone(pg::Connection& connection, const Config& config, const Zone& zone,
               std::int64_t run_id, const ExportRow& row, const schema::Table& table,
               const HashIndex& known, Loaded& loaded) {
    const bool proves = row.query.filter == "created_at" && row.query.from && row.query.to &&
                        row.query.status.empty() && !row.repeated && row.rows > 0 &&
                        !table.created.empty() && loaded.counts.set_aside == 0;
    const bool watched =
        connection
            .query("SELECT EXISTS (SELECT FROM journal.absence WHERE table_name = $1)",
                   {table.name})
            .flag(0, 0);
    if (!proves || (known.unseen() == 0 && !watched)) return;
    const std::string from = format_instant(zone.begin_of(*row.query.from)),
                      to = format_instant(zone.begin_of(*row.query.to + std::chrono::days{1}));
    std::string inside = " FROM mirror." + schema::quoted(table.name) +
                         " WHERE missing_since IS NULL AND valid_from <= '" + as_of(row) +
                         "' AND export_id <> " + std::to_string(row.id) + " AND " +
                         schema::quoted(table.created) + " >= '" + from + "' AND " +
                         schema::quoted(table.created) + " < '" + to + "'";
    std::vector<std::string> lacking, present;
    std::uint64_t held = 0;
    connection.stream("SELECT " + schema::quoted(table.key.front()) + inside,
                      [&](const std::vector<std::optional<std::string_view>>& fields) {
                          ++held;
                          if (fields[0] && known.lacks(key_hash({*fields[0]})))
                              lacking.emplace_back(*fields[0]);
                          else if (watched && fields[0])
                              present.emplace_back(*fields[0]);
                      });
    if (watched)
        connection.query(
            "DELETE FROM journal.absence WHERE table_name = $1 AND row_key = ANY ($2::text[])",
            {table.name, pg::array_literal(present)});  // seen again
    if (lacking.empty()) return;
    if (static_cast<double>(lacking.size()) > config.sync.gone_limit * static_cast<double>(held) &&
        lacking.size() > 1) {
        loaded.notes.push_back(table.name + ": " + std::to_string(lacking.size()) + " of " +
                               std::to_string(held) +
                               " rows were missing at once; that is not believed");
        loaded.amber = true;
        return;
    }
    const std::string keys = pg::array_literal(lacking);
    const std::vector<Param> params = {std::to_string(run_id), std::to_string(row.id), as_of(row),
                                       table.name, keys};
    const auto marked = connection.query(schema::mark_missing(table), params);
    if (marked.affected() > 0)
        loaded.notes.push_back(table.name + ": " + std::to_string(marked.affected()) +
                               " rows have not been seen twice; marked missing, not deleted");
    connection.query(
        "INSERT INTO journal.absence (table_name, row_key, export_id, run_id, as_of) SELECT $1, k, "
        "$2, $3, $4 FROM unnest($5::text[]) AS k "
        "ON CONFLICT (table_name, row_key) DO NOTHING",
        {table.name, params[1], params[0], params[2], keys});
}

void mark_loaded(pg::Connection& connection, std::int64_t run_id, const ExportRow& row) {
    connection.query(
        "UPDATE journal.export SET state = 'loaded', loaded_at = coalesce(loaded_at, "
        "clock_timestamp()), loaded_run_id = $1 WHERE id = $2",
        {std::to_string(run_id), std::to_string(row.id)});
}

// No rows where the mirror has rows in the same days is a fault of the answer, not a result.
bool empty_where_rows_are_known(pg::Connection& connection, const schema::Table& table,
                                const ExportRow& row, const Zone& zone) {
    if (row.rows > 0 || row.query.filter != "created_at" || !row.query.from || !row.query.to ||
        table.created.empty())
        return false;
    const auto found =
        connection.query("SELECT EXISTS (SELECT FROM mirror." + schema::quoted(table.name) +
                             " WHERE " + schema::quoted(table.created) + " >= $1 AND " +
                             schema::quoted(table.created) + " < $2)",
                         {format_instant(zone.begin_of(*row.query.from)),
                          format_instant(zone.begin_of(*row.query.to + std::chrono::days{1}))});
    return found.flag(0, 0);
}

void refuse(Loaded& loaded, std::string reason) {
    loaded.red = true;
    loaded.reason = std::move(reason);
}

std::vector<std::pair<std::string, std::string>> constants(const ExportRow& row) {
    if (row.query.resource != "group_users") return {};
    return {{"group_id", std::to_string(row.query.group_id)}};
}

void load_sheet(pg::Connection& connection, Journal& journal, const Config& config,
                const Zone& zone, std::int64_t run_id, const ExportRow& row,
                const schema::Table& table, const std::vector<std::string>& body_headings,
                const std::function<void(Feeder&)>& feed, Loaded& loaded,
                const std::function<void(std::uint64_t)>& progress) {
    std::vector<schema::Field> fields;
    if (table.has_custom) fields = fields_for(connection, journal, table, row.id);
    const auto extra = config.headings.find(table.name);
    const schema::Layout layout = schema::assign(
        table, body_headings, fields, registry(connection, table.name),
        extra == config.headings.end() ? std::vector<std::pair<std::string, std::string>>{}
                                       : extra->second);
    if (!layout.missing_required.empty()) {
        refuse(loaded, "the body of " + describe(row.query) + " has no column for " + table.name +
                           "." + layout.missing_required + "; " +
                           std::to_string(body_headings.size()) + " headings met");
        return;
    }
    register_fields(connection, config, layout, loaded);
    remember_layout(connection, row, layout, loaded);

    std::vector<std::string> quarantined;
    if (table.has_custom) {
        const auto found = connection.query(
            "SELECT name FROM mirror.custom_fields WHERE table_name = $1 AND policy = 'quarantine'",
            {table.name});
        for (std::size_t i = 0; i < found.rows(); ++i) quarantined.push_back(found.text(i, 0));
    }
    HashIndex known = known_hashes(connection, table, row, zone);
    const LoadCounts before = loaded.counts;
    bool direct = row.query.resource != "group_users" && table_is_empty(connection, table),
         whole_index = true;
    for (bool again = true; again;) {
        Rejects rejects;
        MoneyAccount money;
        Normalizer normalizer(
            table, layout, zone, [&](Reject reject) { rejects.add(std::move(reject)); },
            constants(row), quarantined);
        const schema::Present& present = normalizer.present();
        money.columns = normalizer.money_columns();
        direct = direct && !present.groups;
        connection.execute(direct ? "SAVEPOINT direct"
                                  : "SAVEPOINT staged; " + schema::create_stage(table, present));
        std::int64_t copied = 0;
        {
            pg::CopyIn copy(connection, direct ? schema::copy_direct(table, present)
                                               : schema::copy_stage(table, present));
            const std::string tail = '\t' + std::to_string(run_id) + '\t' + std::to_string(row.id) +
                                     '\t' + as_of(row) + '\n';
            Feeder feeder(normalizer, known, copy, rejects, loaded.counts, money,
                          direct ? tail : std::string(), progress);
            feed(feeder);
            again = direct ? feeder.repeated() : feeder.skipped_again();
            if (!again) copied = copy.finish();
            if (!again && feeder.replaced() > 0)
                loaded.notes.push_back(table.name + ": " + std::to_string(feeder.replaced()) +
                                       " characters that cannot be stored were replaced");
        }
        if (again) {  // a body that repeats keys we sent or skipped: rare, and simplest to get
                      // right by staging all of it
            connection.execute(direct ? "ROLLBACK TO SAVEPOINT direct"
                                      : "ROLLBACK TO SAVEPOINT staged");
            direct = whole_index = false;
            known = HashIndex();
            loaded.counts = before;
            continue;
        }
        loaded.counts.rejects = rejects.count();
        loaded.amber = rejects.count() > 0;
        if (loaded.counts.rows > 0 &&
            static_cast<double>(loaded.counts.set_aside) >
                config.sync.red_rejects * static_cast<double>(loaded.counts.rows)) {
            connection.execute(direct ? "ROLLBACK TO SAVEPOINT direct"
                                      : "ROLLBACK TO SAVEPOINT staged");
            refuse(loaded, std::to_string(loaded.counts.set_aside) + " of " +
                               std::to_string(loaded.counts.rows) + " rows of " +
                               describe(row.query) + " could not be read");
            return;
        }
        if (direct) {
            loaded.counts.inserted = static_cast<std::uint64_t>(copied);
            account_direct(connection, table, present, row, zone, money, loaded);
        } else {
            merge(connection, table, present, run_id, row, zone, money, loaded);
        }
        rejects.write(connection, run_id, row, table.name);
        settle_types(connection, table, layout);
        money.staged.add(money.unchanged);
        money.table.add(money.unchanged);  // equal by their hash, which covers every amount
        certify(connection, run_id, row, loaded,
                "{\"body\":" + money.staged.json(money.columns) +
                    ",\"table\":" + money.table.json(money.columns) + "}");
        if (whole_index) mark_gone(connection, config, zone, run_id, row, table, known, loaded);
    }
}

}  // namespace

Loaded load_export(pg::Connection& connection, Journal& journal, const Config& config,
                   const Zone& zone, std::int64_t run_id, const ExportRow& row,
                   const std::function<void(std::uint64_t rows)>& progress) {
    Loaded loaded;
    loaded.export_id = row.id;
    if (row.query.resource ==
        "fields") {  // read by the loads that follow; nothing of it is a table
        mark_loaded(connection, run_id, row);
        loaded.table = "fields";
        return loaded;
    }
    const schema::Table& table = table_of(row);
    loaded.table = table.name;
    if (row.query.resource == "groups") {
        const std::vector<Group> groups = decode_groups(body_text(journal, row.body_id));
        loaded.counts.rows = groups.size();
        load_sheet(
            connection, journal, config, zone, run_id, row, table, {"id", "name", "last_added_at"},
            [&](Feeder& feeder) {
                std::uint64_t row_no = 0;
                for (const Group& group : groups) {
                    const std::string id = std::to_string(group.id);
                    const std::array<Cell, 3> cells = {
                        Cell{Cell::Kind::number, id}, Cell{Cell::Kind::text, group.name},
                        Cell{group.last_added_at.empty() ? Cell::Kind::null : Cell::Kind::text,
                             group.last_added_at}};
                    feeder.cells(++row_no, cells);
                }
            },
            loaded, progress);
    } else {
        loaded.counts.rows = row.rows;
        if (empty_where_rows_are_known(connection, table, row, zone)) {
            refuse(loaded,
                   "no rows in " + describe(row.query) +
                       ", where the mirror has rows of the same days; the answer is not believed");
            return loaded;
        }
        load_sheet(
            connection, journal, config, zone, run_id, row, table, row.headings,
            [&](Feeder& feeder) {
                SheetScanner scanner(&feeder);
                Inflater inflater([&](std::string_view piece) { scanner.feed(piece); });
                journal.read_body(row.body_id,
                                  [&](std::string_view piece) { inflater.write(piece); });
                const Envelope envelope = scanner.finish();
                if (!envelope.complete || envelope.rows != row.rows)
                    throw Error(Kind::unexpected, "body " + std::to_string(row.body_id) +
                                                      " of export " + std::to_string(row.id) +
                                                      " holds " + std::to_string(envelope.rows) +
                                                      " rows, received were " +
                                                      std::to_string(row.rows));
            },
            loaded, progress);
    }
    if (loaded.red) return loaded;
    cover(connection, config, zone, run_id, row, loaded);
    mark_loaded(connection, run_id, row);
    return loaded;
}

}  // namespace etl
