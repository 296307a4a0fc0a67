// A command of the command line: its words stand in a table, its options beside its code.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "jobs/output/context.hpp"

namespace CLI {
class App;
}

namespace jobs {

// Options that every command takes.
struct GlobalOptions {
    std::string config_file;
    std::string lang;  // en, ru; empty: as LANG says
    bool json = false, verbose = false;
    std::map<std::string, std::string> environment;  // where settings come from beside the file
};

// Does the work with the options that were given; returns the exit code.
using Run = std::function<int(Context&)>;

struct Command {
    const char* name;
    const char* summary;
    const char* details;
    Run (*declare)(CLI::App& app, const GlobalOptions& global);  // adds the command's options
    bool needs_config = true;
    bool needs_schedule = true;    // a schedule that cannot fit ends the command before it begins
    bool needs_write_key = false;  // only push send and push sender: no other command reads it
    const char* alias = "";        // an earlier name that still works
};

// Options that several commands have.
void declare_who(CLI::App& app, std::string& by);
void declare_stale_ok(CLI::App& app, bool& stale_ok);

// One per command, each in the file named after it.
Run declare_init(CLI::App& app, const GlobalOptions& global);
Run declare_sync(CLI::App& app, const GlobalOptions& global);
Run declare_plan(CLI::App& app, const GlobalOptions& global);
Run declare_status(CLI::App& app, const GlobalOptions& global);
Run declare_doctor(CLI::App& app, const GlobalOptions& global);
Run declare_explain(CLI::App& app, const GlobalOptions& global);
Run declare_reconciliation(CLI::App& app, const GlobalOptions& global);
Run declare_replay(CLI::App& app, const GlobalOptions& global);
Run declare_rollback(CLI::App& app, const GlobalOptions& global);
Run declare_report(CLI::App& app, const GlobalOptions& global);
Run declare_serve(CLI::App& app, const GlobalOptions& global);
Run declare_simulate(CLI::App& app, const GlobalOptions& global);
[[nodiscard]] std::string version_line();  // "gcmirror 0.1.0"
Run declare_version(CLI::App& app, const GlobalOptions& global);
Run declare_man(CLI::App& app, const GlobalOptions& global);
Run declare_completion(CLI::App& app, const GlobalOptions& global);

Run declare_db_start(CLI::App& app, const GlobalOptions& global);
Run declare_db_stop(CLI::App& app, const GlobalOptions& global);
Run declare_db_url(CLI::App& app, const GlobalOptions& global);
Run declare_db_adopt(CLI::App& app, const GlobalOptions& global);
Run declare_db_psql(CLI::App& app, const GlobalOptions& global);
Run declare_db_user(CLI::App& app, const GlobalOptions& global);
Run declare_db_connection(CLI::App& app, const GlobalOptions& global);
Run declare_db_dump(CLI::App& app, const GlobalOptions& global);
Run declare_db_restore(CLI::App& app, const GlobalOptions& global);
Run declare_dbt_init(CLI::App& app, const GlobalOptions& global);
Run declare_mcp(CLI::App& app, const GlobalOptions& global);
Run declare_export_list(CLI::App& app, const GlobalOptions& global);
Run declare_export_drop(CLI::App& app, const GlobalOptions& global);
Run declare_export_retry(CLI::App& app, const GlobalOptions& global);
Run declare_alert_test(CLI::App& app, const GlobalOptions& global);
Run declare_push_plan(CLI::App& app, const GlobalOptions& global);
Run declare_push_approve(CLI::App& app, const GlobalOptions& global);
Run declare_push_send(CLI::App& app, const GlobalOptions& global);
Run declare_push_sender(CLI::App& app, const GlobalOptions& global);
Run declare_push_list(CLI::App& app, const GlobalOptions& global);
Run declare_push_cancel(CLI::App& app, const GlobalOptions& global);
Run declare_push_verify(CLI::App& app, const GlobalOptions& global);
Run declare_fleet_list(CLI::App& app, const GlobalOptions& global);
Run declare_fleet_status(CLI::App& app, const GlobalOptions& global);
Run declare_fleet_add(CLI::App& app, const GlobalOptions& global);
Run declare_fleet_remove(CLI::App& app, const GlobalOptions& global);
Run declare_fleet_check(CLI::App& app, const GlobalOptions& global);
Run declare_fleet_views(CLI::App& app, const GlobalOptions& global);
Run declare_segment_add(CLI::App& app, const GlobalOptions& global);
Run declare_segment_list(CLI::App& app, const GlobalOptions& global);
Run declare_segment_run(CLI::App& app, const GlobalOptions& global);
Run declare_segment_drop(CLI::App& app, const GlobalOptions& global);

}  // namespace jobs
