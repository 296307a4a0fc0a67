#include "jobs/cli/simulate.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>

#include "etl/clock.hpp"
#include "etl/error.hpp"
#include "etl/value.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/simulator/simulator.hpp"

namespace jobs {
namespace {

etl::Micros duration(const std::string& text, const char* option) {
    const auto read = etl::parse_duration(text);
    if (!read || read->count() <= 0)
        throw etl::Error(etl::Kind::usage, std::string(option) + " is \"" + text +
                                               "\", expected a duration such as 300ms, 10s or 2h");
    return *read;
}

}  // namespace

int run_simulate(Context& context, const SimulateOptions& options) {
    const auto clock = etl::system_clock();
    const etl::Zone zone(context.config.getcourse.time_zone);
    simulator::SimulatorOptions sim;
    sim.school.users = options.users;
    sim.school.deals = options.deals;
    sim.school.seed = options.seed;
    sim.school.today = simulator::Day{zone.today(clock->now()).time_since_epoch()};
    sim.school.begin = sim.school.today - std::chrono::days{730};
    sim.port = options.port;
    sim.time_zone = zone.name();
    sim.build_median = duration(options.build_median, "--build-median");
    sim.window = duration(options.window, "--window");
    sim.limit = options.limit;
    sim.dir = options.dir.empty() ? context.config.data_dir() / "simulator"
                                  : std::filesystem::path(options.dir);
    simulator::Simulator server(sim);
    const double share = options.import_faults;
    server.set_import_faults({share, share, share, share, share, share, share});
    server.start();
    const std::string settings = "GCMIRROR_GETCOURSE_URL=" + server.url() +
                                 "\nGCMIRROR_GETCOURSE_CA_FILE=" + server.ca_file().string() +
                                 "\nGETCOURSE_KEY=" + sim.key + "\n";
    context.out << "a school of " << options.users << " users and " << options.deals
                << " orders at " << server.url() << "\n\nSettings for gcmirror:\n"
                << settings
                << "\nOnly for gcmirror push send:\nGETCOURSE_WRITE_KEY=" << sim.write_key
                << "\n\nOr by hand:\n  curl --cacert " << server.ca_file().string() << " '"
                << server.url() << "/pl/api/account/groups?key=" << sim.key
                << "'\n\nStop it with Ctrl-C." << std::endl;
    if (!options.ready_file.empty()) {
        std::ofstream(options.ready_file + ".new") << settings;
        std::filesystem::rename(options.ready_file + ".new",
                                options.ready_file);  // whole or not at all
    }
    for (etl::Day today = zone.today(clock->now()); !context.stop.stop_requested();
         today += std::chrono::days{1}) {
        if (!clock->sleep_until(zone.begin_of(today + std::chrono::days{1}), context.stop)) break;
        server.advance_day();
    }
    server.stop();
    return 0;
}

Run declare_simulate(CLI::App& app, const GlobalOptions&) {
    auto options = std::make_shared<SimulateOptions>();
    app.add_option("--users", options->users, "number of users")->check(CLI::Range(1, 100000000));
    app.add_option("--deals", options->deals, "number of orders")->check(CLI::Range(1, 100000000));
    app.add_option("--seed", options->seed, "the same seed gives the same school");
    app.add_option("--port", options->port, "port on 127.0.0.1; default: a free one")
        ->check(CLI::Range(0, 65535));
    app.add_option("--build-median", options->build_median,
                   "usual time an export takes to build; default 300ms");
    app.add_option("--limit", options->limit, "requests per window");
    app.add_option("--window", options->window, "the moving window; default 2h");
    app.add_option("--import-faults", options->import_faults,
                   "share of imports that meet each kind of fault")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--dir", options->dir, "where its certificates are made");
    app.add_option("--ready-file", options->ready_file,
                   "written with the settings once it answers");
    return [options](Context& context) { return run_simulate(context, *options); };
}

}  // namespace jobs
