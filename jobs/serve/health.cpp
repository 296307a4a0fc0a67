#include "jobs/serve/health.hpp"

#include <algorithm>

#include "schema/naming.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

std::vector<std::string> texts(const etl::pg::Result& found) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < found.rows(); ++i) out.push_back(found.text(i, 0));
    return out;
}

std::string hours(etl::Micros d) {
    const auto whole = std::chrono::duration_cast<std::chrono::hours>(d).count();
    return whole < 48 ? std::to_string(whole) + " h" : std::to_string(whole / 24) + " d";
}
std::string hours_ru(etl::Micros d) {
    const auto whole = std::chrono::duration_cast<std::chrono::hours>(d).count();
    return whole < 48 ? std::to_string(whole) + " ч" : std::to_string(whole / 24) + " дн.";
}

std::string joined(const std::vector<std::string>& items) {
    std::string all;
    for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), 5); ++i)
        all += (i > 0 ? ", " : "") + items[i];
    return all + (items.size() > 5 ? ", …" : "");
}

// Exports by creation date without a row, where the mirror has rows of those days.
std::vector<std::string> empty_exports(etl::pg::Connection& connection, const std::string& zone) {
    std::vector<std::string> out;
    const auto found = connection.query(
        "SELECT DISTINCT resource, from_day, to_day FROM journal.export WHERE loaded_run_id = "
        "(SELECT max(id) FROM journal.run WHERE job = 'sync' AND loaded_at IS NOT NULL AND state "
        "<> 'rolled_back') "
        "AND rows = 0 AND filter = 'created_at' AND from_day IS NOT NULL AND to_day IS NOT NULL "
        "ORDER BY 1, 2");
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const schema::Table* table = schema::find_table(found.text(i, 0));
        if (table == nullptr || table->created.empty()) continue;
        const std::string created = schema::quoted(table->created);
        if (connection
                .query("SELECT EXISTS (SELECT FROM mirror." + schema::quoted(table->name) +
                           " WHERE missing_since IS NULL AND " + created +
                           " >= $1::date::timestamp AT TIME ZONE $3 AND " + created +
                           " < ($2::date + 1)::timestamp AT TIME ZONE $3)",
                       {found.at(i, 1), found.at(i, 2), zone})
                .flag(0, 0))
            out.push_back(found.text(i, 0) + " " + found.text(i, 1) + ".." + found.text(i, 2));
    }
    return out;
}

// Labels without a code that the certificates of `run` hold and no earlier one does: the account of
// a load names every status.
std::vector<std::string> new_statuses(etl::pg::Connection& connection, const std::string& run) {
    std::vector<std::string> out;
    const auto found = connection.query(
        "WITH label AS (SELECT c.run_id, c.table_name, m ->> 'status' AS label FROM "
        "journal.certificate c CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN "
        "jsonb_typeof(c.money -> 'body') = 'array' THEN c.money -> 'body' ELSE '[]' END) m "
        "WHERE c.table_name IN ('deals', 'payments') AND c.run_id > " +
        run +
        " - 400 AND m ->> 'status' <> '') "
        "SELECT DISTINCT table_name, label FROM label l WHERE run_id = " +
        run +
        " AND NOT EXISTS (SELECT FROM label o WHERE o.table_name = l.table_name AND o.label = "
        "l.label AND o.run_id < l.run_id) ORDER BY 1, 2");
    for (std::size_t i = 0; i < found.rows(); ++i) {
        bool known = false;
        for (const schema::Status& status : schema::statuses(found.text(i, 0)))
            for (const std::string& label : status.labels)
                known = known || schema::fold(label) == schema::fold(found.text(i, 1));
        if (!known) out.push_back(found.text(i, 0) + ": " + found.text(i, 1));
    }
    return out;
}

}  // namespace

std::int64_t foreign_requests(etl::pg::Connection& connection, const etl::Config::Budget& budget) {
    const auto found = connection.query(
        "SELECT $1::int - (SELECT count(*) FROM journal.request r WHERE r.counts AND r.id < q.id "
        "AND r.sent_at > q.sent_at - $2::interval) FROM journal.request q "
        "WHERE q.answer = 'OverLimit' AND q.sent_at > clock_timestamp() - $2::interval ORDER BY "
        "q.id LIMIT 1",
        {std::to_string(budget.limit), etl::format_interval(budget.window)});
    return found.empty() ? 0 : std::max<std::int64_t>(0, found.number(0, 0));
}

Facts read_facts(etl::pg::Connection& connection, const etl::Config& config,
                 etl::Instant service_now) {
    Facts facts;
    facts.now =
        etl::parse_instant(connection.value("SELECT clock_timestamp()")).value_or(service_now);
    for (const std::string& resource : config.sync.resources) {
        // Groups come as a list: their state is that of the newest list.
        const auto found = connection.query(
            resource == "groups"
                ? "SELECT max(coalesce(started_at, received_at)) FROM journal.export WHERE "
                  "resource = $1 AND state = 'loaded'"
                : "SELECT new_rows_as_of FROM journal.freshness WHERE table_name = $1",
            {resource});
        std::optional<etl::Instant> as_of;
        if (!found.empty() && found.at(0, 0)) as_of = etl::parse_instant(found.text(0, 0));
        facts.tables.push_back({resource, as_of});
    }
    const auto last = connection.query(
        "SELECT r.id, r.state, coalesce(r.reason, ''), coalesce((SELECT sum(c.rejects) FROM "
        "journal.certificate c WHERE c.run_id = r.id), 0)::bigint, "
        "coalesce((SELECT bool_and(c.balanced) FROM journal.certificate c WHERE c.run_id = r.id), "
        "true) FROM journal.run r WHERE r.job = 'sync' AND r.state NOT IN ('running', "
        "'rolled_back') ORDER BY r.id DESC LIMIT 1");
    if (!last.empty())
        facts.last_run = RunFacts{last.number(0, 0), last.text(0, 1), last.text(0, 2),
                                  last.number(0, 3), last.flag(0, 4)};
    const std::string service_time = etl::format_instant(service_now);
    const auto overdue = connection.query(
        "SELECT min(due_at) FROM journal.expected_run WHERE state = 'expected' AND due_at + "
        "$2::interval < $1::timestamptz",
        {service_time, etl::format_interval(config.schedule_jitter + config.alert.late_after)});
    if (overdue.at(0, 0)) facts.overdue_since = etl::parse_instant(overdue.text(0, 0));
    const auto expected = connection.query(
        "SELECT state, reason FROM journal.expected_run WHERE state NOT IN ('expected', 'started') "
        "ORDER BY due_at DESC LIMIT 1");
    if (!expected.empty())
        facts.last_expected = expected.text(0, 0), facts.last_expected_reason = expected.text(0, 1);
    facts.missed = std::stoll(
        connection.value("SELECT count(*) FROM journal.expected_run WHERE state IN ('missed', "
                         "'died') AND due_at > coalesce((SELECT max(due_at) FROM "
                         "journal.expected_run WHERE state IN ('done', 'amber')), '-infinity')"));
    facts.foreign_requests = foreign_requests(connection, config.budget);
    // Of the newest run that loaded, and not of the first one, to which everything is new.
    const char* kNewest =
        "(SELECT max(id) FROM journal.run WHERE job = 'sync' AND loaded_at IS NOT NULL AND state "
        "<> 'rolled_back' AND id > (SELECT min(id) FROM journal.run WHERE job = 'sync' AND "
        "loaded_at IS NOT NULL))";
    facts.new_fields = texts(
        connection.query("SELECT f.table_name || ': ' || coalesce(nullif(f.title, ''), f.name) "
                         "FROM mirror.custom_fields f JOIN journal.run r ON r.id = " +
                         std::string(kNewest) + " WHERE f.first_seen >= r.started_at ORDER BY 1"));
    facts.empty = empty_exports(connection, config.getcourse.time_zone);
    facts.new_statuses = new_statuses(connection, kNewest);
    facts.unclear_changes =
        std::stoll(connection.value("SELECT count(*) FROM outbox.change c WHERE c.settled_at IS "
                                    "NULL AND c.state IN ('sending', 'written', 'unclear') "
                                    "AND (SELECT max(a.sent_at) FROM outbox.attempt a WHERE "
                                    "a.change_id = c.id) < clock_timestamp() - interval '3 days'"));
    return facts;
}

Judgement judge(const Facts& facts, const etl::Config& config) {
    Judgement judgement;
    const auto add = [&](const char* code, const std::string& about, Level level, std::string en,
                         std::string ru) {
        judgement.reasons.push_back({code, about, level, std::move(en), std::move(ru)});
    };
    for (const TableFacts& table : facts.tables) {
        if (!table.as_of) {
            add("never", table.name, Level::red, table.name + " has never been read",
                table.name + ": ещё ни разу не читалось");
        } else if (const etl::Micros age = facts.now - *table.as_of;
                   age > config.alert.fresh_within) {
            add("stale", table.name, Level::red,
                table.name + " is " + hours(age) + " old, wanted within " +
                    hours(config.alert.fresh_within),
                table.name + ": данным " + hours_ru(age) + ", нужно не старше " +
                    hours_ru(config.alert.fresh_within));
        }
    }
    if (facts.overdue_since)
        add("late", "", Level::red,
            "the run of " +
                etl::format_instant(*facts.overdue_since).substr(0, 16).replace(10, 1, " ") +
                " UTC has not begun",
            "запуск " +
                etl::format_instant(*facts.overdue_since).substr(0, 16).replace(10, 1, " ") +
                " UTC не начался");
    if (facts.missed > 0)
        add("missed", "", Level::amber,
            std::to_string(facts.missed) + " runs never came since the last good one",
            "после последнего удачного запуска не состоялось: " + std::to_string(facts.missed));
    // A run whose database went away could not write its own end; the schedule's row knows.
    const bool run_failed =
        facts.last_run && (facts.last_run->state == "failed" || facts.last_run->state == "died");
    if (facts.last_expected == "failed" && !run_failed)
        add("failed", "", Level::red,
            "the last run of the schedule failed: " + facts.last_expected_reason,
            "последний запуск по расписанию не удался: " + facts.last_expected_reason);
    if (facts.last_run) {
        const RunFacts& run = *facts.last_run;
        const std::string number = std::to_string(run.id),
                          why = run.reason.empty() ? "" : ": " + run.reason;
        if (run.state == "failed" || run.state == "died")
            add("failed", "", Level::red, "run " + number + " " + run.state + why,
                "запуск " + number + " не удался" + why);
        else if (run.state == "partial" || run.state == "postponed" || run.state == "stopped")
            add("partial", "", Level::amber, "run " + number + " is " + run.state + why,
                "запуск " + number + " выполнен не полностью" + why);
        else if (run.state == "amber")
            add("amber", "", Level::amber,
                "run " + number + ": " + std::to_string(run.rejects) +
                    " cells or rows could not be read",
                "запуск " + number +
                    ": не прочитано ячеек и строк: " + std::to_string(run.rejects));
        if (!run.balanced)
            add("unbalanced", "", Level::red,
                "a certificate of run " + number + " does not balance",
                "сверка запуска " + number + " не сходится");
    }
    if (!facts.empty.empty())
        add("empty", "", Level::amber, "no rows where the mirror has some: " + joined(facts.empty),
            "пустые выгрузки там, где строки были: " + joined(facts.empty));
    if (facts.foreign_requests > 0)
        add("foreign_budget", "", Level::amber,
            "other tools of the account used about " + std::to_string(facts.foreign_requests) +
                " of " + std::to_string(config.budget.limit) + " requests",
            "другие программы израсходовали около " + std::to_string(facts.foreign_requests) +
                " из " + std::to_string(config.budget.limit) + " запросов");
    if (facts.unclear_changes > 0)
        add("unclear_changes", "", Level::amber,
            std::to_string(facts.unclear_changes) +
                " changes were sent over three days ago and no export has shown them",
            "изменений отправлено более трёх дней назад и не подтверждено: " +
                std::to_string(facts.unclear_changes));
    for (const std::string& field : facts.new_fields)
        add("new_field", field, Level::event, "new custom field, " + field, "новое поле, " + field);
    for (const std::string& status : facts.new_statuses)
        add("new_status", status, Level::event, "new status, " + status, "новый статус, " + status);
    for (const Judgement::Reason& reason : judgement.reasons)
        if (reason.level != Level::event) judgement.level = std::max(judgement.level, reason.level);
    return judgement;
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::green:
            return "green";
        case Level::amber:
            return "amber";
        case Level::red:
            return "red";
        case Level::event:
            break;
    }
    return "event";
}

}  // namespace jobs
