#include "etl/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "etl/error.hpp"
#include "etl/field_registry.hpp"
#include "etl/gzip.hpp"
#include "etl/load_account.hpp"
#include "etl/missing.hpp"
#include "etl/passing_groups.hpp"
#include "etl/raw_rows.hpp"
#include "etl/row_feeder.hpp"
#include "schema/sql.hpp"

namespace etl {
namespace {

using Feed = std::function<void(RowFeeder&)>;  // sends every row of the body through the feeder
using Progress = std::function<void(std::uint64_t rows)>;

const schema::Table& table_of(const ExportRow& row) {
    if (row.query.resource == "group_users") return schema::memberships();
    const schema::Table* table = schema::find_table(row.query.resource);
    if (table == nullptr)
        throw Error(Kind::unexpected,
                    fmt::format("export {}: no table for resource {}", row.id, row.query.resource));
    return *table;
}

Constants constants(const ExportRow& row) {
    if (row.query.resource != "group_users") return {};
    return {{"group_id", std::to_string(row.query.group_id)}};
}

void mark_loaded(pg::Connection& connection, std::int64_t run_id, std::int64_t export_id) {
    connection.query(
        "UPDATE journal.export SET state = 'loaded', loaded_at = coalesce(loaded_at, "
        "clock_timestamp()), loaded_run_id = $1 WHERE id = $2",
        {std::to_string(run_id), std::to_string(export_id)});
}

// The service gave an export again that is loaded already: nothing of it is new, and it says
// nothing about now.
bool known_body(const LoadTask& task, Loaded& loaded) {
    const ExportRow& row = task.row;
    const std::string again =
        fmt::format("the service gave the export of {} again at {}", task.local(task.state),
                    task.local(row.received_at.value_or(row.intended_at)));
    const bool known =
        !task.connection
             .query(
                 "SELECT 1 FROM journal.export e JOIN journal.body b ON b.id = e.body_id JOIN "
                 "journal.body own ON own.id = $1 AND own.hash = b.hash WHERE e.service_id = $2 "
                 "AND e.id <> $3 AND e.state = 'loaded'",
                 {std::to_string(row.body_id), row.service_id, std::to_string(row.id)})
             .empty();
    loaded.notes.push_back(task.table.name + ": " + again +
                           (known ? "; its rows are in the tables, nothing was loaded"
                                  : "; its rows are taken as of then"));
    task.connection.query("UPDATE journal.export SET reason = $1 WHERE id = $2",
                          {again, std::to_string(row.id)});
    if (known) mark_loaded(task.connection, task.run_id, row.id);
    return known;
}

// The load of one export: layout first, then its rows, straight into an empty table or by the
// stage.
class Load {
public:
    Load(const LoadTask& task, const Progress& progress) : task_(task), progress_(progress) {
        loaded_.export_id = task.row.id;
        loaded_.table = task.table.name;
    }

    void groups();
    void sheet();
    void refuse(std::string reason) {
        loaded_.red = true;
        loaded_.reason = std::move(reason);
    }
    // Nothing of the body is in the tables: its reason, its rejects and its rows are kept.
    void keep_refused();
    [[nodiscard]] Loaded& loaded() { return loaded_; }

private:
    // One reading of the body: the columns it brings, and what became of its rows.
    struct Pass {
        Pass(Load& load)
            : normalizer(
                  load.task_.table, load.layout_, load.task_.zone,
                  [&load](Reject reject) { load.rejects_.add(std::move(reject)); },
                  constants(load.task_.row), load.quarantined_),
              raw_rows(load.task_, normalizer.reading()) {
            load.rejects_ = Rejects();
            money.columns = normalizer.money_columns();
            money.kept = !money.columns.empty() || has_labels(normalizer.present());
        }
        MoneyAccount money;
        Normalizer normalizer;
        RawRows raw_rows;
        std::optional<PassingGroups> groups;  // of people who go straight into their table
        std::uint64_t replaced = 0;
        std::vector<std::string> contradicting, nobodies;
        bool repeated = false, skipped_again = false;
        std::uint64_t copied = 0;
    };

    void load(const std::vector<std::string>& headings, const Feed& feed);
    [[nodiscard]] bool load_direct(const Feed& feed);
    [[nodiscard]] bool load_staged(const Feed& feed, HashIndex& known, bool by_bytes);
    void read(Pass& pass, pg::CopyIn& copy, HashIndex& known, const std::string& tail,
              const Feed& feed);
    [[nodiscard]] bool readable(const Pass& pass);
    void merge(Pass& pass);
    [[nodiscard]] bool any_membership() const;
    void merge_groups(Pass& pass, bool any_known);
    void merge_memberships(bool any_known);
    void join_days();
    void merge_members();
    void close(Pass& pass, const HashIndex& seen, bool direct);
    void describe_rows(const Pass& pass);
    void check_window(const schema::Present& present, const std::string& arrivals);
    void announce_statuses(const schema::Present& present, const std::string& arrivals);

    const LoadTask& task_;
    const Progress& progress_;
    schema::Layout layout_;
    std::vector<std::string> quarantined_;
    Rejects rejects_;  // of the last pass
    bool with_memberships_ = false;
    Loaded loaded_;
};

void Load::groups() {
    const std::vector<Group> groups = decode_groups(kept_body(task_.journal, task_.row.body_id));
    loaded_.counts.rows = groups.size();
    if (groups.empty())
        if (const std::string doubt = doubt_of_empty(task_); !doubt.empty()) return refuse(doubt);
    load({"id", "name", "last_added_at"}, [&](RowFeeder& feeder) {
        std::uint64_t row_no = 0;
        for (const Group& group : groups) {
            const std::string id = std::to_string(group.id);
            const std::array<Cell, 3> cells = {
                group.id == 0 ? Cell{} : Cell{Cell::Kind::number, id},
                Cell{Cell::Kind::text, group.name},
                Cell{group.last_added_at.empty() ? Cell::Kind::null : Cell::Kind::text,
                     group.last_added_at}};
            feeder.cells(++row_no, cells);
        }
    });
}

void Load::sheet() {
    const ExportRow& row = task_.row;
    loaded_.counts.rows = row.rows;
    if (row.rows == 0)
        if (const std::string doubt = doubt_of_empty(task_); !doubt.empty()) return refuse(doubt);
    load(row.headings, [&](RowFeeder& feeder) {
        SheetScanner scanner(&feeder);
        Inflater inflater([&](std::string_view piece) { scanner.feed(piece); });
        task_.journal.read_body(row.body_id,
                                [&](std::string_view piece) { inflater.write(piece); });
        const Envelope envelope = scanner.finish();
        if (!envelope.complete || envelope.rows != row.rows)
            throw Error(Kind::unexpected,
                        fmt::format("body {} of export {} holds {} rows, received were {}",
                                    row.body_id, row.id, envelope.rows, row.rows));
    });
}

void Load::load(const std::vector<std::string>& headings, const Feed& feed) {
    layout_ = layout_of(task_, headings);
    if (!layout_.missing_required.empty()) {
        refuse(fmt::format("the body of {} has no column for {}.{}; {} headings met",
                           describe(task_.row.query), task_.table.name, layout_.missing_required,
                           headings.size()));
        return;
    }
    register_fields(task_, layout_, loaded_);
    announce_absent(task_, headings, loaded_);
    remember_layout(task_, layout_, loaded_);
    quarantined_ = quarantined_fields(task_);
    if (!load_direct(feed)) {
        HashIndex known = known_hashes(task_);
        if (load_staged(feed, known, true)) {
            if (!loaded_.red) mark_missing(task_, known, loaded_);
        } else {  // it repeats keys that were skipped: rare, and simplest to get right by staging
                  // all of it
            HashIndex none;
            (void)load_staged(feed, none, false);
        }
    }
    if (loaded_.red) return;
    write_coverage(task_, with_memberships_);
    mark_loaded(task_.connection, task_.run_id, task_.row.id);
}

// COPY into the table itself, when that is empty. False: not done, the stage has to be used.
bool Load::load_direct(const Feed& feed) {
    if (task_.row.query.resource == "group_users" || !task_.table_is_empty()) return false;
    Pass pass(*this);
    const schema::Present& present = pass.normalizer.present();
    const bool members = present.groups && any_membership();
    if (present.groups) pass.groups.emplace(members);
    const LoadCounts before = loaded_.counts;
    HashIndex met;
    met.reserve(task_.row.rows);
    task_.connection.execute("SAVEPOINT direct");
    {
        pg::CopyIn copy(task_.connection, schema::copy_direct(task_.table, present));
        read(pass, copy, met,
             fmt::format("\t{}\t{}\t{}\n", task_.run_id, task_.row.id, task_.as_of()), feed);
        if (!pass.repeated) pass.copied = static_cast<std::uint64_t>(copy.finish());
    }
    if (pass.repeated) {
        task_.connection.execute("ROLLBACK TO SAVEPOINT direct");
        loaded_.counts = before;
        return false;
    }
    if (!readable(pass)) {
        task_.connection.execute("ROLLBACK TO SAVEPOINT direct");
        return true;
    }
    loaded_.counts.inserted = pass.copied;
    account_direct(task_, present, pass.money);
    if (present.groups) merge_groups(pass, members);
    announce_statuses(present, task_.mirror());
    check_window(present, task_.mirror());
    close(pass, met, true);
    return true;
}

// By a temporary table and a merge; rows that `known` has unchanged are not sent. False: not done,
// since a key came again whose first row had been skipped.
bool Load::load_staged(const Feed& feed, HashIndex& known, bool by_bytes) {
    Pass pass(*this);
    if (by_bytes) pass.raw_rows.recall(known);
    const schema::Present& present = pass.normalizer.present();
    const LoadCounts before = loaded_.counts;
    task_.connection.execute("SAVEPOINT staged; " + schema::create_stage(task_.table, present));
    {
        pg::CopyIn copy(task_.connection, schema::copy_stage(task_.table, present));
        read(pass, copy, known, {}, feed);
        if (!pass.skipped_again) pass.copied = static_cast<std::uint64_t>(copy.finish());
    }
    if (pass.skipped_again || !account_unchanged(task_, present, pass.money)) {
        task_.connection.execute("ROLLBACK TO SAVEPOINT staged");
        loaded_.counts = before;
        return false;
    }
    if (!readable(pass)) {
        task_.connection.execute("ROLLBACK TO SAVEPOINT staged");
        return true;
    }
    merge(pass);
    close(pass, known, false);
    return true;
}

void Load::read(Pass& pass, pg::CopyIn& copy, HashIndex& known, const std::string& tail,
                const Feed& feed) {
    RowFeeder feeder(pass.normalizer, known, &pass.raw_rows, copy, rejects_, loaded_.counts,
                     pass.money, tail, progress_);
    if (pass.groups) feeder.divert_groups(*pass.groups);
    feed(feeder);
    pass.repeated = feeder.repeated();
    pass.skipped_again = feeder.skipped_again();
    pass.replaced = feeder.replaced();
    pass.contradicting = feeder.contradicting();
    pass.nobodies = feeder.nobodies();
}

// Counts what was read; a body of which too many rows could not be is refused whole.
bool Load::readable(const Pass& pass) {
    describe_rows(pass);
    LoadCounts& counts = loaded_.counts;
    counts.rejects = rejects_.count();
    if (counts.rows == 0 || static_cast<double>(counts.set_aside) <=
                                task_.config.sync.red_rejects * static_cast<double>(counts.rows))
        return true;
    refuse(fmt::format("{} of {} rows of {} could not be read", counts.set_aside, counts.rows,
                       describe(task_.row.query)));
    return false;
}

// What people should know of the body's rows beside its rejects.
void Load::describe_rows(const Pass& pass) {
    const std::string& table = task_.table.name;
    if (pass.replaced > 0)
        loaded_.notes.push_back(fmt::format("{}: {} characters that cannot be stored were replaced",
                                            table, pass.replaced));
    if (!pass.nobodies.empty())
        loaded_.notes.push_back(
            fmt::format("{}: {} asked for and no such person: {}{}", table, loaded_.counts.nobody,
                        fmt::join(pass.nobodies, ", "),
                        pass.nobodies.size() < loaded_.counts.nobody ? ", …" : ""));
    if (!pass.contradicting.empty())
        loaded_.notes.push_back(
            fmt::format("{}: rows of one key differ within the body, the last one stands: {}",
                        table, fmt::join(pass.contradicting, ", ")));
}

void Load::merge(Pass& pass) {
    pg::Connection& connection = task_.connection;
    const schema::Table& table = task_.table;
    const schema::Present& present = pass.normalizer.present();
    LoadCounts& counts = loaded_.counts;
    const std::vector<pg::Param> params = task_.parameters();
    // Into an empty table the planner expects one row per probe and reads again and again what the
    // statement itself has written (performance.md 2.5); into a filled one a few changed rows are
    // found by the key.
    if (task_.table_is_empty()) connection.execute("SET LOCAL enable_nestloop = off");
    account_arrivals(task_, present, pass.money);
    const auto affected = [&](const std::string& sql, const std::vector<pg::Param>& values) {
        return static_cast<std::uint64_t>(connection.query(sql, values).affected());
    };
    counts.duplicate += affected(schema::drop_duplicates(table), {});
    connection.execute(schema::analyze_stage(table));
    announce_statuses(present, task_.stage());
    check_window(present, task_.stage());
    counts.changed = affected(schema::merge_changed(table, present), params);
    counts.inserted = affected(schema::merge_new(table, present), params);
    if (task_.row.query.resource == "group_users") join_days();
    if (present.groups) merge_memberships(any_membership());
    // Counted in the table after the merge, not derived from the other figures: this is what the
    // reconciliation balances against.
    const auto rest = connection.query(schema::count_unwritten(table), {params[1], params[2]});
    counts.older = static_cast<std::uint64_t>(rest.number(0, 0));
    counts.unchanged += static_cast<std::uint64_t>(rest.number(0, 1));
    if (rest.number(0, 1) > 0)
        connection.query(schema::merge_rehash(table, present),
                         params);  // equal values under another hash: a layout changed
    account_staged(task_, present, static_cast<std::uint64_t>(rest.number(0, 2)), pass.money);
    merge_members();
    connection.execute("SET LOCAL enable_nestloop = on; DROP TABLE " + task_.stage());
}

bool Load::any_membership() const {
    return task_.connection.query("SELECT EXISTS (SELECT FROM mirror.memberships)").flag(0, 0);
}

// Of people who are in their table already.
void Load::merge_groups(Pass& pass, bool any_known) {
    pass.groups->copy(task_);
    task_.connection.execute("SET LOCAL enable_nestloop = off");
    merge_memberships(any_known);
    task_.connection.execute("SET LOCAL enable_nestloop = on; DROP TABLE " + task_.stage());
}

// Where no membership is known, none is left and none has changed.
void Load::merge_memberships(bool any_known) {
    with_memberships_ = true;
    const std::vector<std::string> statements =
        any_known ? schema::merge_memberships() : std::vector{schema::new_memberships()};
    for (const std::string& sql : statements)
        loaded_.counts.memberships +=
            static_cast<std::uint64_t>(task_.connection.query(sql, task_.parameters()).affected());
}

// The group's export gives the moment of joining, people give the day of it: one and the same.
void Load::join_days() {
    task_.connection.query(
        "UPDATE mirror.memberships SET joined_on = (joined_at AT TIME ZONE $2)::date WHERE "
        "export_id = $1 AND joined_on IS DISTINCT FROM (joined_at AT TIME ZONE $2)::date AND "
        "joined_at IS NOT NULL",
        {std::to_string(task_.row.id), task_.zone.name()});
}

// A group's own complete export: who is not in it has left.
void Load::merge_members() {
    const ExportQuery& query = task_.row.query;
    if (query.resource != "group_users" || !query.filter.empty() || !query.status.empty() ||
        loaded_.counts.set_aside > 0)
        return;
    std::vector<pg::Param> params = task_.parameters();
    params.emplace_back(std::to_string(query.group_id));
    for (const std::string& sql : schema::merge_group_members())
        loaded_.counts.memberships +=
            static_cast<std::uint64_t>(task_.connection.query(sql, params).affected());
}

void Load::close(Pass& pass, const HashIndex& seen, bool direct) {
    loaded_.counts.new_rejects = rejects_.write(task_);
    if (loaded_.counts.new_rejects > 0) {
        loaded_.amber = true;
        loaded_.warnings.push_back(fmt::format("{}: {} cells or rows could not be read",
                                               task_.table.name, loaded_.counts.new_rejects));
    }
    Rejects::close_earlier(task_, seen);
    pass.raw_rows.keep(seen);
    clear_missing(task_, seen);
    const std::vector<FieldValues>& passed = pass.normalizer.field_values();
    settle_types(task_, layout_, direct ? &passed : nullptr);
    count_misfits(task_, passed, loaded_);
    write_reconciliation(task_, loaded_, pass.money);
}

void Load::keep_refused() {
    loaded_.counts.rejects = rejects_.count();
    task_.connection.execute("SAVEPOINT rejects");
    try {
        loaded_.counts.new_rejects = rejects_.write(task_);
    } catch (const Error& error) {  // what PostgreSQL refused may be in the rejects, too
        task_.connection.execute("ROLLBACK TO SAVEPOINT rejects");
        loaded_.notes.push_back(task_.table.name +
                                ": its rejects could not be kept: " + error.what());
    }
    write_refused(task_, loaded_);
    task_.connection.query("UPDATE journal.export SET state = 'refused', reason = $1 WHERE id = $2",
                           {loaded_.reason, std::to_string(task_.row.id)});
}

// The service ignores filters it does not know: rows far outside of the days asked for say that it
// did.
void Load::check_window(const schema::Present& present, const std::string& arrivals) {
    const bool has = std::find(present.columns.begin(), present.columns.end(),
                               task_.table.created) != present.columns.end();
    if (!task_.has_window() || !has) return;
    const std::string created = schema::quoted(task_.table.created);
    const auto found = task_.connection.query(
        "SELECT count(*) FROM " + arrivals + " WHERE " + created + " < $1 OR " + created + " >= $2",
        {task_.window_begin(1), task_.window_end(1)});
    if (found.number(0, 0) == 0) return;
    loaded_.warn(task_.table.name + ": " + found.text(0, 0) +
                 " rows do not obey the filter asked for (" + describe(task_.row.query) + ")");
}

// A label that no code is known for, met for the first time.
void Load::announce_statuses(const schema::Present& present, const std::string& arrivals) {
    if (std::find(present.columns.begin(), present.columns.end(), "status_code") ==
        present.columns.end())
        return;
    const auto found = task_.connection.query(
        "SELECT DISTINCT s.status FROM " + arrivals +
            " s WHERE s.status IS NOT NULL AND s.status_code IS NULL AND NOT EXISTS (SELECT FROM " +
            task_.mirror() +
            " t WHERE t.status = s.status AND t.export_id <> $1) ORDER BY 1 LIMIT 20",
        {std::to_string(task_.row.id)});
    for (std::size_t i = 0; i < found.rows(); ++i)
        loaded_.notes.push_back("a status of " + task_.table.name + " that is not known: \"" +
                                found.text(i, 0) + "\"; kept as text");
}

}  // namespace

Loaded load_export(pg::Connection& connection, Journal& journal, const Config& config,
                   const Zone& zone, std::int64_t run_id, const ExportRow& row,
                   const std::function<void(std::uint64_t rows)>& progress) {
    if (row.query.resource ==
        "fields") {  // read by the loads that follow; nothing of it is a table
        mark_loaded(connection, run_id, row.id);
        Loaded loaded;
        loaded.export_id = row.id;
        loaded.table = "fields";
        return loaded;
    }
    const LoadTask task{connection, journal, config,        zone,
                        run_id,     row,     table_of(row), state_of(connection, zone, row)};
    Load load(task, progress);
    if (row.repeated && known_body(task, load.loaded())) return std::move(load.loaded());
    connection.execute("SAVEPOINT body");
    try {
        if (row.query.resource == "groups")
            load.groups();
        else
            load.sheet();
    } catch (const Error& error) {
        if (!pg::is_bad_body(error)) throw;
        load.refuse(std::string("PostgreSQL cannot store it: ") + error.what());
    }
    if (load.loaded().red) {
        connection.execute("ROLLBACK TO SAVEPOINT body");
        load.keep_refused();
    }
    return std::move(load.loaded());
}

}  // namespace etl
