#include "jobs/cli/command_table.hpp"

namespace jobs {
namespace {

constexpr Command kCommands[] = {
    {"init", "write gcmirror.toml and make the database",
     "Writes a configuration file with every key and its default, unless there is one, and "
     "prepares the database.",
     declare_init},
    {"sync", "mirror what is new or changed",
     "Asks the service within its budget of requests, keeps what comes, and publishes all "
     "tables at once.\n"
     "Without options: new rows, the look-back, late changes, one slice of the sweep; the "
     "first time, everything.",
     declare_sync},
    {"plan", "what a sync would ask now, what it costs, whether it fits",
     "Takes the options of sync. Sends nothing.", declare_plan},
    {"status", "last runs, freshness, budget, open exports",
     "Reads only the database; sends nothing.", declare_status},
    {.name = "doctor",
     .summary = "is everything in place for tonight?",
     .details = "Configuration, database, roles, disk, zone, schedule, freshness, and with one "
                "request key and clock; each finding with its cure.",
     .declare = declare_doctor,
     .needs_schedule = false},
    {"explain", "each request of a run: why, and what it brought",
     "Reads only the database; sends nothing.", declare_explain},
    {.name = "reconciliation",
     .summary = "the balanced account of a run's loads",
     .details =
         "Rows and money of each body against the tables, and the days covered. Sends nothing.",
     .declare = declare_reconciliation,
     .alias = "certificate"},
    {"replay", "rebuild the tables from the kept bodies",
     "Sends nothing. All or nothing: readers see the old state until it is done.", declare_replay},
    {"rollback", "restore the state before a run",
     "Mirror and history as they stood before it; later runs go, too. Bodies are kept. Sends "
     "nothing.",
     declare_rollback},
    {"report", "answer a question from the tables",
     "Without a name: lists the reports; \"all\" with --out: every report as page and CSV. "
     "Reads only the database.",
     declare_report},
    {"serve", "sync by the schedule until stopped",
     "[schedule] sync in the account's zone; each expected run is a row of "
     "journal.expected_run. SIGHUP reads the configuration again, SIGTERM\nstops; the run "
     "under way is resumed by the next start.",
     declare_serve},
    {.name = "mcp",
     .summary = "let an assistant read: Model Context Protocol over stdin and stdout",
     .details =
         "Reports, definitions, tables, freshness and read-only SQL with limits; people stay "
         "hidden unless --role reader. Sends\nnothing to the school.",
     .declare = declare_mcp,
     .needs_schedule = false},
    {"simulate", "run a school to try things on: GetCourse in miniature over HTTPS",
     "Follows the export API: budget, one export at a time, slow files. Sends nothing.",
     declare_simulate},
    {.name = "version",
     .summary = "print the version",
     .details = "",
     .declare = declare_version,
     .needs_config = false},
    {.name = "man",
     .summary = "print the manual, as man reads it",
     .details = "gcmirror man | man -l -",
     .declare = declare_man,
     .needs_config = false},
    {.name = "completion",
     .summary = "print what a shell needs to complete commands and options",
     .details = "source <(gcmirror completion bash). The package has it in its place already.",
     .declare = declare_completion,
     .needs_config = false},
};

constexpr Command kDatabase[] = {
    {.name = "start",
     .summary = "start the private PostgreSQL",
     .details = "",
     .declare = declare_db_start,
     .needs_schedule = false},
    {.name = "stop",
     .summary = "stop it",
     .details = "",
     .declare = declare_db_stop,
     .needs_schedule = false},
    {.name = "url",
     .summary = "print the database's address",
     .details = "",
     .declare = declare_db_url,
     .needs_schedule = false},
    {.name = "adopt",
     .summary = "let this account and installation go on with a database of another, or a copy",
     .details = "A database belongs to one account and one installation, so that a copy sends and "
                "counts nothing a second time. After this it belongs to this one.",
     .declare = declare_db_adopt,
     .needs_schedule = false},
    {.name = "psql",
     .summary = "open psql on it; arguments behind -- are psql's",
     .details = "",
     .declare = declare_db_psql,
     .needs_schedule = false},
    {.name = "user",
     .summary = "let a login read: the account's zone, limits, a schema of its own to create in",
     .details = "A new login gets a password, which is shown once.",
     .declare = declare_db_user,
     .needs_schedule = false},
    {.name = "connection",
     .summary = "what to paste into Metabase, DataLens, Superset, Grafana, Power BI, DBeaver, psql",
     .details = "",
     .declare = declare_db_connection,
     .needs_schedule = false},
    {.name = "dump",
     .summary = "write the whole database into a file: rows, history, bodies, ledger, roles",
     .details = "It holds people's data: only its owner can read it. - is stdout.",
     .declare = declare_db_dump,
     .needs_schedule = false},
    {.name = "restore",
     .summary = "make the database anew from such a file",
     .details = "Into an empty database, of the same or a newer PostgreSQL; roles and rights come "
                "back, too.",
     .declare = declare_db_restore,
     .needs_schedule = false},
};

constexpr Command kExport[] = {
    {.name = "list",
     .summary = "exports that are open, and bodies that were refused",
     .details = "Reads only the database; sends nothing.",
     .declare = declare_export_list,
     .needs_schedule = false},
    {.name = "drop",
     .summary = "give an open export up",
     .details = "It is neither polled nor loaded any more; what it was to read is asked for anew "
                "where it is due. Sends nothing.",
     .declare = declare_export_drop,
     .needs_schedule = false},
    {.name = "retry",
     .summary = "let the next sync take a refused export up again",
     .details = "Its kept body is loaded, or its id is polled. Sends nothing.",
     .declare = declare_export_retry,
     .needs_schedule = false},
};

constexpr Command kAlert[] = {
    {.name = "test",
     .summary = "one message on each configured channel, and whether it arrived",
     .details = "[alert] webhook, Telegram, mail. Alerts themselves are sent by serve.",
     .declare = declare_alert_test,
     .needs_schedule = false},
};

constexpr Command kPush[] = {
    {.name = "plan",
     .summary = "hold what is wanted against the mirror; makes a plan, sends nothing",
     .details =
         "NAME: a query of the program or of [write_back] dir, or outbox: rows inserted into "
         "outbox.change. Without NAME: lists them.\nCannot open a socket, and never sees the key "
         "that may write.",
     .declare = declare_push_plan,
     .needs_schedule = false},
    {.name = "approve",
     .summary = "let a plan go",
     .details = "Bound to the plan's content: what changes afterwards is not sent.",
     .declare = declare_push_approve,
     .needs_schedule = false},
    {.name = "send",
     .summary = "send an approved plan",
     .details = "Needs GETCOURSE_WRITE_KEY or [getcourse] write_key_file. Each attempt is in the "
                "journal before it leaves; an answer that is lost\nis not sent again before the "
                "next sync has read back what happened.",
     .declare = declare_push_send,
     .needs_schedule = false,
     .needs_write_key = true},
    {.name = "sender",
     .summary = "wait for approved plans and send them",
     .details = "A process of its own beside serve, which approves on the dashboard and has no key "
                "that may write. Until SIGTERM.",
     .declare = declare_push_sender,
     .needs_schedule = false,
     .needs_write_key = true},
    {.name = "list",
     .summary = "all plans, or the changes of one",
     .details = "Sends nothing.",
     .declare = declare_push_list,
     .needs_schedule = false},
    {.name = "cancel",
     .summary = "what has not been sent of a plan never will be",
     .details = "",
     .declare = declare_push_cancel,
     .needs_schedule = false},
    {.name = "verify",
     .summary = "what is open, what became of the rest, whether the audit is whole",
     .details = "Reads only the database; the verdicts themselves come with each sync.",
     .declare = declare_push_verify,
     .needs_schedule = false},
};

constexpr Command kSegment[] = {
    {.name = "add",
     .summary = "keep up with a write-back query",
     .details = "serve compares its rows after each good sync and plans what changed since it was "
                "last sent; a header line\n-- leave: {\"field:Segment\": \"former\"} says what is "
                "wanted of those whose row is gone.",
     .declare = declare_segment_add,
     .needs_schedule = false},
    {.name = "list",
     .summary = "all segments, what became of the last comparison, which plan waits",
     .details = "Sends nothing.",
     .declare = declare_segment_list,
     .needs_schedule = false},
    {.name = "run",
     .summary = "compare now; makes a plan, sends nothing",
     .details = "In place of a plan of the segment that nobody has approved. Without NAME: all.",
     .declare = declare_segment_run,
     .needs_schedule = false},
    {.name = "drop",
     .summary = "keep up no longer, and forget what was sent",
     .details = "Its plans stay.",
     .declare = declare_segment_drop,
     .needs_schedule = false},
};

constexpr Command kDbt[] = {
    {.name = "init",
     .summary = "write a dbt project: sources with descriptions, tests and freshness, a model",
     .details = "Its models go to schema analytics. Nothing that is there is overwritten.",
     .declare = declare_dbt_init,
     .needs_schedule = false},
};

constexpr Command kFleet[] = {
    {.name = "list",
     .summary = "the schools of the folder: account, database, whether the file is in order",
     .details = "Reads only the files.",
     .declare = declare_fleet_list,
     .needs_schedule = false},
    {.name = "status",
     .summary = "each school: can its numbers be trusted, newest run, budget; the worst first",
     .details =
         "Reads each school's database for a few seconds at most; one that is down is named. "
         "Sends nothing.",
     .declare = declare_fleet_status,
     .needs_schedule = false},
    {.name = "add",
     .summary = "write the file of a further school",
     .details = "With a free port for its dashboard; nothing that is there is overwritten. A fleet "
                "that runs takes it up by itself.",
     .declare = declare_fleet_add,
     .needs_schedule = false},
    {.name = "remove",
     .summary = "take a school's file out of the folder; its database stays",
     .details = "",
     .declare = declare_fleet_remove,
     .needs_schedule = false},
    {.name = "check",
     .summary = "doctor --offline of each school, with its own key alone",
     .details = "Sends nothing to GetCourse.",
     .declare = declare_fleet_check,
     .needs_schedule = false},
    {.name = "views",
     .summary = "make or refresh the overview: all schools as partitions of one table per thing",
     .details = "Foreign tables only: of a school, a login that reads its published views and the "
                "views it reads are made,\nnothing else is touched. A school that is down is left "
                "out and named in fleet.schools. Sends nothing.",
     .declare = declare_fleet_views,
     .needs_schedule = false},
};

constexpr CommandGroup kGroups[] = {
    {"db",
     "the private PostgreSQL, who may read, dumps: start, stop, url, adopt, psql, user, "
     "connection, dump, restore",
     kDatabase},
    {"dbt", "a dbt project over this mirror: init", kDbt},
    {"export", "exports that are open or were refused: list, drop, retry", kExport},
    {"alert", "what people are sent: test", kAlert},
    {"push",
     "write-back: reviewed changes go to GetCourse, once: plan, approve, send, sender, list, "
     "cancel, verify",
     kPush},
    {"segment", "write-back queries that are compared each night: add, list, run, drop", kSegment},
    {"fleet",
     "many schools, a file each in [fleet] schools: list, status, add, remove, check, "
     "views",
     kFleet},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }
std::span<const CommandGroup> command_groups() { return kGroups; }

}  // namespace jobs
