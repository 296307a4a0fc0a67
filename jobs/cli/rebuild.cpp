// gcmirror reconciliation, replay and rollback: a run's balanced account, and what is kept made
// anew.
#include <CLI/CLI.hpp>

#include <memory>

#include "jobs/cli/command.hpp"
#include "jobs/cli/option_errors.hpp"
#include "jobs/sync/reconciliation.hpp"
#include "jobs/sync/replay.hpp"
#include "jobs/sync/rollback.hpp"

namespace jobs {

Run declare_reconciliation(CLI::App& app, const GlobalOptions&) {
    auto run = std::make_shared<std::int64_t>(0);
    app.add_option("run", *run, "number of the run; default: the newest that loaded")
        ->check(whole_number(1, INT64_MAX));
    return [run](Context& context) { return run_reconciliation(context, *run); };
}

Run declare_replay(CLI::App& app, const GlobalOptions&) {
    auto since = std::make_shared<std::string>();
    app.add_option("--since", *since, "only runs since this day, YYYY-MM-DD");
    return [since](Context& context) { return run_replay(context, *since); };
}

Run declare_rollback(CLI::App& app, const GlobalOptions&) {
    auto run = std::make_shared<std::int64_t>(0);
    app.add_option("run", *run, "number of the run")->required()->check(whole_number(1, INT64_MAX));
    return [run](Context& context) { return run_rollback(context, *run); };
}

}  // namespace jobs
