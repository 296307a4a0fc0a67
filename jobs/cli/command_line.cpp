#include "jobs/cli/command_line.hpp"

#include <CLI/CLI.hpp>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <ostream>

#include "etl/cluster.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/cli/doctor.hpp"
#include "jobs/cli/explain.hpp"
#include "jobs/cli/simulate.hpp"
#include "jobs/cli/status.hpp"
#include "jobs/output/context.hpp"
#include "jobs/push/push.hpp"
#include "jobs/push/send.hpp"
#include "jobs/report/report.hpp"
#include "jobs/serve/cron.hpp"
#include "jobs/serve/notify.hpp"
#include "jobs/serve/serve.hpp"
#include "jobs/sync/plan_inputs.hpp"
#include "jobs/sync/rebuild.hpp"
#include "jobs/sync/sync.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr const char* kExitCodes =
    "Exit status: 0 done, 1 unexpected, 2 usage or configuration, 3 done with rejects, 4 postponed "
    "by the budget, 5 the service refused,\n"
    "6 database, 7 another process holds the lock, 8 stopped, resumable.";

struct Options {
    std::string config_file;
    bool json = false, verbose = false;
    AskOptions ask;
    std::string from, to;
    ReportOptions report;
    PushOptions push;
    SimulateOptions simulate;
    std::int64_t run = 0;
    std::string since;
    std::string account;
    std::vector<std::string> psql;
    bool offline = false;
};

std::optional<etl::Day> day_option(const std::string& text, const char* option) {
    if (text.empty()) return std::nullopt;
    const auto day = etl::parse_day(text);
    if (!day)
        throw Error(
            Kind::usage,
            std::string(option) + " is \"" + text + "\", expected a day that exists, as YYYY-MM-DD",
            "Nothing was sent.");
    return day;
}

// What a person asks of a sync, checked before anything is sent.
AskOptions ask_options(const Options& options) {
    AskOptions ask = options.ask;
    ask.from = day_option(options.from, "--from");
    ask.to = day_option(options.to, "--to");
    if (ask.full && (ask.from || ask.to))
        throw Error(Kind::usage, "--full goes without --from and --to", "Nothing was sent.");
    if (ask.from && ask.to && *ask.from > *ask.to)
        throw Error(Kind::usage, "--from " + options.from + " lies behind --to " + options.to,
                    "Nothing was sent.");
    for (const std::string& resource : options.ask.resources)
        if (resource != "users" && resource != "deals" && resource != "payments" &&
            resource != "groups")
            throw Error(Kind::usage,
                        "there is no resource \"" + resource +
                            "\"; expected users, deals, payments, groups",
                        "Nothing was sent.");
    return ask;
}

int sync(Context& context, Options& options) {
    SyncOptions sync_options;
    sync_options.ask = ask_options(options);
    sync_options.terminal = context.terminal;
    return run_sync(context.config, sync_options, context.out, context.err, context.stop);
}

int init(Context& context, Options& options) {
    const std::string path = options.config_file.empty() ? "gcmirror.toml" : options.config_file;
    if (std::ifstream(path)) {
        context.out << path << " is there already and stays as it is\n";
    } else {
        std::ofstream(path) << etl::example_config(
            options.account.empty() ? context.config.getcourse.account : options.account);
        context.out << "wrote " << path << " with every key and its default\n";
    }
    (void)etl::open_database(context.config, "init");
    context.out << "database ready: gcmirror db url shows where\nnext: set GETCOURSE_KEY and run "
                   "gcmirror sync\n";
    return 0;
}

int psql(Context& context, const Options& options) {
    std::vector<std::string> arguments = {"psql", etl::database_url(context.config)};
    arguments.insert(arguments.end(), options.psql.begin(), options.psql.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    context.out.flush();
    sigset_t none;  // psql handles its own interrupts
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp("psql", argv.data());
    throw Error(Kind::unexpected, "psql cannot be started",
                "Install Debian's package postgresql-client.");
}

etl::Cluster private_cluster(const Context& context) {
    if (!context.config.database.url.empty())
        throw Error(Kind::usage,
                    "[database] url names a server of yours; gcmirror starts and stops only its "
                    "private one",
                    "Use your own tools for it, or leave url empty.");
    return etl::Cluster(context.config.data_dir());
}

using Run = std::function<int(Context&, Options&)>;
struct Command {
    const char* name;
    const char* summary;
    const char* details;
    std::function<void(CLI::App&, Options&)> options;
    Run run;
    bool needs_config = true;
    bool needs_schedule = true;    // a schedule that cannot fit ends the command before it begins
    bool needs_write_key = false;  // only push send: no other command ever reads it
};

const std::vector<Command>& commands() {
    static const auto none = [](CLI::App&, Options&) {};
    static const auto asked = [](CLI::App& app, Options& o) {
        app.add_option("resources", o.ask.resources,
                       "users, deals, payments, groups; default: those of the configuration");
        app.add_flag("--full", o.ask.full, "read every day again");
        app.add_option(
            "--from", o.from,
            "only orders and people created from this day on, YYYY-MM-DD; not with --full");
        app.add_option("--to", o.to, "and up to this day");
    };
    static const std::vector<Command> all = {
        {"init", "write gcmirror.toml and make the database",
         "Writes a configuration file with every key and its default, unless there is one, and "
         "prepares the database.",
         [](CLI::App& app, Options& o) {
             app.add_option("--account", o.account, "account: https://ACCOUNT.getcourse.ru");
         },
         init},
        {"sync", "mirror what is new or changed",
         "Asks the service within its budget of requests, keeps what comes, and publishes all "
         "tables at once.\n"
         "Without options: new rows, the look-back, late changes, one slice of the sweep; the "
         "first time, everything.",
         asked, sync},
        {"plan", "what a sync would ask now, what it costs, whether it fits",
         "Takes the options of sync. Sends nothing.", asked,
         [](Context& c, Options& o) { return run_plan(c, ask_options(o)); }},
        {"status", "last runs, freshness, budget, open exports",
         "Reads only the database; sends nothing.", none,
         [](Context& c, Options&) { return run_status(c); }},
        {"doctor", "is everything in place for tonight?",
         "Configuration, database, roles, disk, zone, schedule, freshness, and with one request "
         "key and clock; each finding with its cure.",
         [](CLI::App& app, Options& o) { app.add_flag("--offline", o.offline, "send nothing"); },
         [](Context& c, Options& o) { return run_doctor(c, o.offline); }, true, false},
        {"explain", "each request of a run: why, and what it brought",
         "Reads only the database; sends nothing.",
         [](CLI::App& app, Options& o) {
             app.add_option("run", o.run, "number of the run; default: the newest");
         },
         [](Context& c, Options& o) { return run_explain(c, o.run); }},
        {"certificate", "the balanced account of a run's loads",
         "Rows and money of each body against the tables, and the days covered. Sends nothing.",
         [](CLI::App& app, Options& o) {
             app.add_option("run", o.run, "number of the run; default: the newest that loaded");
         },
         [](Context& c, Options& o) { return run_certificate(c, o.run); }},
        {"replay", "rebuild the tables from the kept bodies",
         "Sends nothing. All or nothing: readers see the old state until it is done.",
         [](CLI::App& app, Options& o) {
             app.add_option("--since", o.since, "only runs since this day, YYYY-MM-DD");
         },
         [](Context& c, Options& o) { return run_replay(c, o.since); }},
        {"rollback", "restore the state before a run",
         "Mirror and history as they stood before it; later runs go, too. Bodies are kept. Sends "
         "nothing.",
         [](CLI::App& app, Options& o) {
             app.add_option("run", o.run, "number of the run")->required();
         },
         [](Context& c, Options& o) { return run_rollback(c, o.run); }},
        {"report", "answer a question from the tables",
         "Without a name: lists the reports; \"all\" with --out: every report as page and CSV. "
         "Reads only the database.",
         [](CLI::App& app, Options& o) {
             app.add_option("name", o.report.name, "name of the report, or all");
             app.add_option("--from", o.report.from, "first day, YYYY-MM-DD");
             app.add_option("--to", o.report.to, "last day, YYYY-MM-DD");
             app.add_option("--by", o.report.by, "day, week or month, where the report has periods")
                 ->check(CLI::IsMember({"day", "week", "month"}));
             app.add_option("--format", o.report.format, "table, csv, json or html")
                 ->check(CLI::IsMember({"table", "csv", "json", "html"}));
             app.add_flag("--excel", o.report.excel,
                          "CSV as a Russian Excel opens it: BOM, semicolons, decimal commas");
             app.add_option(
                 "--as-of", o.report.as_of,
                 "the figures as they stood at the end of that day, or at that moment (UTC)");
             app.add_flag("--rows", o.report.rows, "the rows behind the figures");
             app.add_option("--where", o.report.where,
                            "COLUMN=VALUE, narrows --rows; may be repeated")
                 ->allow_extra_args(false);
             app.add_flag("--explain", o.report.explain, "definition, SQL, state of the data");
             app.add_option("--lang", o.report.lang, "language of the question")
                 ->check(CLI::IsMember({"en", "ru"}));
             app.add_option("--out", o.report.out, "folder for all");
         },
         [](Context& c, Options& o) { return run_report(c, o.report); }},
        {"serve", "sync by the schedule until stopped",
         "[schedule] sync in the account's zone; each expected run is a row of "
         "journal.expected_run. SIGHUP reads the configuration again, SIGTERM\nstops; the run "
         "under way is resumed by the next start.",
         none,
         [](Context& c, Options& o) {
             return run_serve(c, [file = o.config_file] {
                 return etl::load_config(
                     file.empty() ? std::nullopt : std::optional<std::filesystem::path>(file),
                     etl::process_environment());
             });
         }},
        {"simulate", "run a school to try things on: GetCourse in miniature over HTTPS",
         "Follows the export API: budget, one export at a time, slow files. Sends nothing.",
         [](CLI::App& app, Options& o) {
             app.add_option("--users", o.simulate.users, "number of users")
                 ->check(CLI::Range(1, 100000000));
             app.add_option("--deals", o.simulate.deals, "number of orders")
                 ->check(CLI::Range(1, 100000000));
             app.add_option("--seed", o.simulate.seed, "the same seed gives the same school");
             app.add_option("--port", o.simulate.port, "port on 127.0.0.1; default: a free one")
                 ->check(CLI::Range(0, 65535));
             app.add_option("--build-median", o.simulate.build_median,
                            "usual time an export takes to build; default 300ms");
             app.add_option("--limit", o.simulate.limit, "requests per window");
             app.add_option("--window", o.simulate.window, "the moving window; default 2h");
             app.add_option("--import-faults", o.simulate.import_faults,
                            "share of imports that meet each kind of fault")
                 ->check(CLI::Range(0.0, 1.0));
             app.add_option("--dir", o.simulate.dir, "where its certificates are made");
             app.add_option("--ready-file", o.simulate.ready_file,
                            "written with the settings once it answers");
         },
         [](Context& c, Options& o) { return run_simulate(c, o.simulate); }},
        {"version", "print the version", "", none,
         [](Context& c, Options&) {
             c.out << "gcmirror " << GCMIRROR_VERSION << '\n';
             return 0;
         },
         false},
    };
    return all;
}

// Commands below a word of their own.
struct Group {
    const char* name;
    const char* summary;
    std::vector<Command> commands;
};
const std::vector<Group>& groups() {
    static const auto none = [](CLI::App&, Options&) {};
    static const auto plan_number = [](CLI::App& app, Options& o) {
        app.add_option("plan", o.push.plan, "number of the plan")
            ->required()
            ->check(CLI::PositiveNumber);
    };
    static const auto who = [](CLI::App& app, Options& o) {
        app.add_option("--by", o.push.by,
                       "who does it, for the audit; default: your user name here");
    };
    static const std::vector<Group> all = {
        {"db",
         "the private PostgreSQL: start, stop, url, psql",
         {{"start", "start the private PostgreSQL", "", none,
           [](Context& c, Options&) {
               c.out << private_cluster(c).ensure_running() << '\n';
               return 0;
           },
           true, false},
          {"stop", "stop it", "", none,
           [](Context& c, Options&) {
               private_cluster(c).stop();
               return 0;
           },
           true, false},
          {"url", "print the database's address", "", none,
           [](Context& c, Options&) {
               c.out << etl::log::redacted(etl::database_url(c.config)) << '\n';
               return 0;
           },
           true, false},
          {"psql", "open psql on it; arguments behind -- are psql's", "",
           [](CLI::App& app, Options& o) {
               app.add_option("arguments", o.psql, "arguments of psql");
           },
           [](Context& c, Options& o) { return psql(c, o); }, true, false}}},
        {"alert",
         "what people are sent: test",
         {{"test", "one message on each configured channel, and whether it arrived",
           "[alert] webhook, Telegram, mail. Alerts themselves are sent by serve.", none,
           [](Context& c, Options&) { return run_alert_test(c); }, true, false}}},
        {"push",
         "write-back: reviewed changes go to GetCourse, once: plan, approve, send, list, cancel, "
         "verify",
         {{"plan", "hold what is wanted against the mirror; makes a plan, sends nothing",
           "NAME: a query of jobs/write_back or [write_back] dir, or outbox: rows inserted into "
           "outbox.change. Without NAME: lists them.\nCannot open a socket, and never sees the key "
           "that may write.",
           [](CLI::App& app, Options& o) {
               app.add_option("name", o.push.name, "query, or outbox");
               app.add_option("--csv", o.push.csv,
                              "a CSV file instead, - is stdin; its first line names the columns");
               app.add_option("--mode", o.push.mode, "of a CSV")
                   ->check(CLI::IsMember({"create", "update", "upsert"}));
               app.add_flag("--create-groups", o.push.create_groups,
                            "groups that do not exist may be made");
               who(app, o);
           },
           [](Context& c, Options& o) { return run_push_plan(c, o.push); }, true, false},
          {"approve", "let a plan go",
           "Bound to the plan's content: what changes afterwards is not sent.",
           [](CLI::App& app, Options& o) {
               plan_number(app, o);
               who(app, o);
           },
           [](Context& c, Options& o) { return run_push_approve(c, o.push); }, true, false},
          {"send", "send an approved plan",
           "Needs GETCOURSE_WRITE_KEY or [getcourse] write_key_file. Each attempt is in the "
           "journal before it leaves; an answer that is lost\nis not sent again before the next "
           "sync has read back what happened.",
           [](CLI::App& app, Options& o) {
               plan_number(app, o);
               app.add_option("--limit", o.push.limit, "at most so many requests")
                   ->check(CLI::PositiveNumber);
               who(app, o);
           },
           [](Context& c, Options& o) {
               SendOptions send;
               send.plan = o.push.plan;
               send.limit = o.push.limit;
               send.by = o.push.by;
               return run_send(c.config, send, c.out, c.err, c.stop);
           },
           true, false, true},
          {"list", "all plans, or the changes of one", "Sends nothing.",
           [](CLI::App& app, Options& o) {
               app.add_option("plan", o.push.plan, "number of the plan")
                   ->check(CLI::PositiveNumber);
           },
           [](Context& c, Options& o) { return run_push_list(c, o.push); }, true, false},
          {"cancel", "what has not been sent of a plan never will be", "",
           [](CLI::App& app, Options& o) {
               plan_number(app, o);
               who(app, o);
           },
           [](Context& c, Options& o) { return run_push_cancel(c, o.push); }, true, false},
          {"verify", "what is open, what became of the rest, whether the audit is whole",
           "Reads only the database; the verdicts themselves come with each sync.",
           [](CLI::App& app, Options& o) {
               app.add_option("plan", o.push.plan, "number of the plan")
                   ->check(CLI::PositiveNumber);
           },
           [](Context& c, Options& o) { return run_push_verify(c, o.push); }, true, false}}},
    };
    return all;
}

// The word that should be a command, when it is none; CLI11 would only say that one is missing.
std::optional<std::string> unknown_command(const std::vector<std::string>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--config")
            ++i;
        else if (arguments[i].rfind('-', 0) != 0) {
            const auto named = [&](const Command& command) { return arguments[i] == command.name; };
            const auto grouped = [&](const Group& group) { return arguments[i] == group.name; };
            if (std::any_of(groups().begin(), groups().end(), grouped) ||
                std::any_of(commands().begin(), commands().end(), named))
                return std::nullopt;
            return arguments[i];
        }
    }
    return std::nullopt;
}

int guarded(std::ostream& err, const std::function<int()>& act) {
    try {
        return act();
    } catch (const Error& error) {
        err << "error: " << etl::log::redacted(error.what()) << '\n';
        if (!error.hint().empty()) err << "hint: " << etl::log::redacted(error.hint()) << '\n';
        return etl::exit_code(error.kind());
    } catch (const std::exception& error) {
        err << "error: " << etl::log::redacted(error.what())
            << "\nhint: This is unexpected; please report it with the lines above.\n";
        return etl::exit_code(Kind::unexpected);
    }
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, std::ostream& out,
                     std::ostream& err, bool terminal, std::stop_token stop) {
    Options options;
    CLI::App app("gcmirror mirrors a GetCourse school into PostgreSQL.", "gcmirror");
    app.require_subcommand(1);
    app.footer(kExitCodes);
    app.add_option("--config", options.config_file,
                   "configuration file; default: $GCMIRROR_CONFIG, ./gcmirror.toml, "
                   "/etc/gcmirror/gcmirror.toml");
    app.add_flag("--json", options.json, "results and logs as JSON");
    app.add_flag("--verbose", options.verbose, "log everything");
    const Command* chosen = nullptr;
    const auto add = [&](CLI::App& parent, const Command& command) {
        CLI::App* sub = parent.add_subcommand(command.name, std::string(command.summary));
        sub->footer((*command.details == '\0' ? "" : std::string(command.details) + "\n\n") +
                    kExitCodes);
        sub->fallthrough();
        command.options(*sub, options);
        sub->callback([&chosen, &command] { chosen = &command; });
    };
    for (const Command& command : commands()) add(app, command);
    for (const Group& group : groups()) {
        CLI::App* sub = app.add_subcommand(group.name, group.summary);
        sub->require_subcommand(1);
        sub->fallthrough();
        for (const Command& command : group.commands) add(*sub, command);
    }
    if (const auto unknown = unknown_command(arguments)) {
        std::string names;
        for (const Group& group : groups()) names += std::string(group.name) + ", ";
        for (const Command& command : commands())
            names += (&command == &commands().front() ? "" : ", ") + std::string(command.name);
        err << "error: there is no command \"" << *unknown << "\"; expected one of " << names
            << "\nhint: gcmirror --help tells what each does.\n";
        return etl::exit_code(Kind::usage);
    }
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error, out, err);
        return code == 0 ? 0 : etl::exit_code(Kind::usage);
    }
    return guarded(err, [&] {
        etl::log::set_level(options.verbose ? etl::log::Level::debug : etl::log::Level::warning);
        etl::log::set_json(options.json);
        const std::optional<std::filesystem::path> file =
            options.config_file.empty() ||
                    (!std::filesystem::exists(options.config_file) && app.got_subcommand("init"))
                ? std::nullopt
                : std::optional<std::filesystem::path>(options.config_file);
        Context context{chosen->needs_config ? etl::load_config(file, etl::process_environment(),
                                                                chosen->needs_write_key)
                                             : etl::Config{},
                        out,
                        err,
                        terminal,
                        options.json,
                        stop};
        if (!chosen->needs_write_key)
            unsetenv("GETCOURSE_WRITE_KEY");  // nor does anything that is started from here
        if (chosen->needs_config && chosen->needs_schedule) check_schedule(context.config);
        return chosen->run(context, options);
    });
}

}  // namespace jobs
