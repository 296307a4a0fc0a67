#include "jobs/cli/status.hpp"

#include <fmt/format.h>

#include <map>
#include <ostream>

#include "etl/database.hpp"
#include "etl/journal_pg.hpp"
#include "etl/pacing.hpp"
#include "etl/value.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/sql.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/serve/cron.hpp"
#include "jobs/serve/health.hpp"
#include "jobs/serve/schedule_words.hpp"

namespace jobs {
namespace {

void print_budget(Context& context, etl::pg::Connection& connection) {
    const etl::Config::Budget& budget = context.config.budget;
    const bool ru = context.russian;
    const auto journal = etl::pg_journal(connection, etl::rules_of(context.config));
    const etl::Zone zone(context.config.getcourse.time_zone);
    const etl::Instant now = journal->now();
    const etl::SendDecision decision = journal->free_now();
    const auto time = [&](etl::Instant t) { return zone.wall_clock(t, now); };
    const auto say = [&](const char* en, const char* russian, const auto&... values) {
        context.out << fmt::format(fmt::runtime(ru ? russian : en), values...);
    };
    say("budget: {} of {} requests used in the last {}, {} free, {} left for other tools",
        "бюджет: {} из {} запросов израсходовано за последние {}, свободно {}, другим программам "
        "оставлено {}",
        decision.used, budget.limit, words::sentence(etl::format_duration(budget.window), ru),
        decision.free, budget.reserve);
    if (decision.others > 0)
        say("; other tools of the account used about {}",
            "; другие программы аккаунта израсходовали около {}", decision.others);
    if (decision.over_for.count() > 0)
        say("; the service says since {} that all are spent",
            "; с {} сервис говорит, что израсходованы все", time(now - decision.over_for));
    if (decision.busy_for.count() > 0)
        say("; somebody has been building an export since {}; the next start may be tried {}",
            "; кто-то строит выгрузку с {}; следующее начало можно пробовать {}",
            time(now - decision.busy_for),
            decision.busy_wait.count() > 0 ? (ru ? "в " : "at ") + time(now + decision.busy_wait)
                                           : std::string(ru ? "сейчас" : "now"));
    if (!decision.allowed) say("; more at {}", "; ещё в {}", time(now + decision.wait));
    context.out << "\n\n";
}

// Sections by their English titles, which --json keeps.
std::string title_of(const std::string& title, bool russian) {
    static const std::map<std::string, std::string> titles = {
        {"runs", "запуски"},
        {"schedule", "расписание"},
        {"freshness", "свежесть"},
        {"open exports", "открытые выгрузки"},
        {"refused bodies", "отложенные ответы"},
        {"missing rows", "пропавшие строки"},
        {"given again", "выданы повторно"},
        {"write-back", "отправка"}};
    const auto found = titles.find(title);
    return russian && found != titles.end() ? found->second : title;
}

void section(Context& context, const char* title, const etl::pg::Result& result) {
    if (context.json) {
        context.out << "\"" << title << "\": ";
        print_json(context.out, result);
        return;
    }
    context.out << title_of(title, context.russian) << "\n";
    print_table(context.out, result, context.russian);
    context.out << "\n";
}

void print_next_run(Context& context, etl::Instant now) {
    const etl::Zone zone(context.config.getcourse.time_zone);
    const std::string& schedule = context.config.schedule_sync;
    const auto next = Cron(schedule).next(now, zone);
    if (!next) return;
    const auto local = zone.to_local(*next).time_since_epoch();
    const std::string moment =
        etl::format_instant(etl::Instant{local}).substr(0, 16).replace(10, 1, " ");
    if (context.russian)
        context.out << "следующий запуск, " << schedule_words(schedule, true) << ": "
                    << words::said("started", moment, true) << " " << zone.name() << "\n\n";
    else
        context.out << "next run by the schedule \"" << schedule << "\": " << moment << " "
                    << zone.name() << "\n\n";
}

}  // namespace

int run_status(Context& context) {
    etl::pg::Connection connection = etl::open_database(context.config, "status");
    const std::string zone = context.config.getcourse.time_zone;
    if (context.json)
        context.out << "{";
    else
        print_budget(context, connection), print_next_run(context, etl::system_clock()->now());
    section(context, "runs",
            connection.query("SELECT id AS run, job, state, to_char(started_at AT TIME ZONE $1, "
                             "'YYYY-MM-DD HH24:MI:SS') AS started, "
                             "coalesce(round(extract(epoch FROM finished_at - started_at))::text "
                             "|| ' s', doing, '') AS took, "
                             "(SELECT count(*) FROM journal.request q WHERE q.run_id = r.id) AS "
                             "requests, coalesce(reason, '') AS reason "
                             "FROM journal.run r ORDER BY id DESC LIMIT 5",
                             {zone}));
    if (context.json) context.out << ",";
    section(context, "schedule",
            connection.query(
                std::string("SELECT to_char(due_at AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') AS ") +
                    (context.russian && !context.json ? "due_at" : "due") +  // of a schedule
                    ", job, state, run_id AS run, reason FROM journal.expected_run ORDER BY due_at "
                    "DESC LIMIT 5",
                {zone}));
    if (context.json) context.out << ",";
    section(context, "freshness",
            connection.query("SELECT table_name AS table, to_char(new_rows_as_of AT TIME ZONE $1, "
                             "'YYYY-MM-DD HH24:MI:SS') AS new_rows_as_of, "
                             "coalesce(to_char(changes_as_of AT TIME ZONE $1, 'YYYY-MM-DD "
                             "HH24:MI:SS'), '') AS late_changes_as_of, from_day, to_day "
                             "FROM journal.freshness ORDER BY 1",
                             {zone}));
    if (context.json) context.out << ",";
    section(
        context, "open exports",
        connection.query("SELECT id, resource, filter, from_day, to_day, state, service_id, polls "
                         "FROM journal.export "
                         "WHERE state IN ('started', 'waiting', 'late', 'received') ORDER BY id"));
    // What is not in the tables, or no longer at the service: said when there is something to say.
    for (const auto& [title, statement] :
         {std::pair("refused bodies", "refused_bodies"), std::pair("missing rows", "missing_rows"),
          std::pair("given again", "given_again")}) {
        const auto found = connection.query(cli_sql(statement), {zone});
        if (found.empty() && !context.json) continue;
        if (context.json) context.out << ",";
        section(context, title, found);
    }
    if (context.json) context.out << ",";
    section(context, "write-back",
            connection.query(
                "SELECT p.id AS plan, p.name, p.state, count(*) FILTER (WHERE c.state = 'planned') "
                "AS to_send, count(*) FILTER (WHERE c.state IN ('sending', 'written', 'unclear') "
                "AND c.settled_at IS NULL) AS to_read_back, "
                "count(*) FILTER (WHERE c.state = 'confirmed') AS confirmed, count(*) FILTER "
                "(WHERE c.settled_at IS NOT NULL AND c.state <> 'confirmed') AS not_confirmed "
                "FROM outbox.plan p JOIN outbox.change c ON c.plan_id = p.id GROUP BY p.id ORDER "
                "BY p.id DESC LIMIT 5"));
    if (context.json) context.out << "}\n";
    return 0;
}

Run declare_status(CLI::App&, const GlobalOptions&) {
    return [](Context& context) { return run_status(context); };
}

}  // namespace jobs
